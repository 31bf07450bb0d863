/**
 * Trains a net on a thread of its own, so that the event loop of a server goes on turning. The table goes there as shared
 * memory, copied once. Run from source (as tests are), there is no compiled program for a thread, and it trains here.
 */
import { Worker } from 'node:worker_threads';
import { AppError, type ErrorKind } from '../../core/errors.js';
import type { FitProgress, Frame } from '../contract.js';
import type { Trained, TrainingRequest } from './train.js';

export type TrainingMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'trained'; readonly trained: Trained }
  | {
      readonly kind: 'refused';
      readonly error: {
        readonly kind: ErrorKind;
        readonly code: string;
        readonly message: string;
        readonly details: Readonly<Record<string, unknown>>;
      };
    };

const isCompiled = import.meta.url.endsWith('.js');

export async function startTraining(request: TrainingRequest, onProgress?: FitProgress): Promise<Trained> {
  if (isCompiled) return trainOnThread(request, onProgress);
  const { train } = await import('./train.js');
  return train(request, onProgress);
}

function trainOnThread(request: TrainingRequest, onProgress?: FitProgress): Promise<Trained> {
  const { frame, y, validation } = request;
  const worker = new Worker(new URL('./training-worker.js', import.meta.url), {
    workerData: {
      ...request,
      frame: shareFrame(frame),
      y: y.slice(),
      weights: request.weights?.slice() ?? null,
      validation: validation && { frame: shareFrame(validation.frame), y: validation.y.slice() },
    } satisfies TrainingRequest,
  });
  return new Promise<Trained>((resolve, reject) => {
    worker.on('message', (message: TrainingMessage) => {
      switch (message.kind) {
        case 'progress':
          onProgress?.(message.done, message.total);
          return;
        case 'trained':
          resolve(message.trained);
          return;
        case 'refused': {
          const { kind, code, message: text, details } = message.error;
          reject(new AppError(kind, code, text, { details }));
          return;
        }
        default:
          message satisfies never;
      }
    });
    worker.on('error', reject);
    // Only matters when nothing was answered: a promise settles once.
    worker.on('exit', (code) =>
      reject(
        new AppError('internal', 'training-ended', `the training thread ended with code ${code} and no net`),
      ),
    );
  }).finally(() => worker.terminate());
}

/** Columns that are one array stay one array; a column of another's buffer is copied alone. */
function shareFrame(frame: Frame): Frame {
  const shared = new Map<string, Float32Array>();
  const buffers = new Map<ArrayBufferLike, number>();
  const columns = frame.columns.map((column) => {
    if (!buffers.has(column.buffer)) buffers.set(column.buffer, buffers.size);
    const key = `${buffers.get(column.buffer)}:${column.byteOffset}:${column.length}`;
    const known = shared.get(key);
    if (known !== undefined) return known;
    const copy = new Float32Array(new SharedArrayBuffer(column.byteLength));
    copy.set(column);
    shared.set(key, copy);
    return copy;
  });
  return { ...frame, columns };
}
