/** The thread on which a stack is trained: started by stack-crew.ts with one request, answers once and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../../../core/errors.js';
import type { StackMessage } from './stack-crew.js';
import { trainStack, type StackTraining } from './train-stack.js';

const post = (message: StackMessage): void => parentPort?.postMessage(message);

try {
  const stages = await trainStack(workerData as StackTraining, (done) => post({ kind: 'progress', done }));
  post({ kind: 'trained', stages });
} catch (error) {
  if (!(error instanceof AppError)) throw error;
  post({ kind: 'refused', message: error.message });
}
