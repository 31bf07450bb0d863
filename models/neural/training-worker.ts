/** The thread on which a net is trained: started by training.ts with one request, answers once and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../../core/errors.js';
import { train, type TrainingRequest } from './train.js';
import type { TrainingMessage } from './training.js';

const post = (message: TrainingMessage): void => parentPort?.postMessage(message);

try {
  const trained = await train(workerData as TrainingRequest, (done, total) =>
    post({ kind: 'progress', done, total }),
  );
  post({ kind: 'trained', trained });
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  const { kind, code, message, details } = error;
  post({ kind: 'refused', error: { kind, code, message, details } });
}
