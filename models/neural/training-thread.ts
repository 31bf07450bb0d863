/**
 * One training on a thread of its own: the thread reports progress, answers once and ends. Both sides of what they say to each other;
 * an error of ours arrives as the same error.
 */
import { parentPort, type Worker } from 'node:worker_threads';
import { AppError, type ErrorKind } from '../../core/errors.js';
import type { FitProgress } from '../contract.js';

type Message<T> =
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  | { readonly kind: 'trained'; readonly trained: T }
  | {
      readonly kind: 'refused';
      readonly error: {
        readonly kind: ErrorKind;
        readonly code: string;
        readonly message: string;
        readonly details: Readonly<Record<string, unknown>>;
      };
    };

/** @returns what the thread trained; it has ended then. @throws AppError its own, or `training-ended` when it died. */
export function trainedOn<T>(worker: Worker, onProgress?: FitProgress): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    worker.on('message', (message: Message<T>) => {
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

/** On the thread: trains and answers. */
export async function answerTraining<T>(train: (onProgress: FitProgress) => Promise<T>): Promise<void> {
  const post = (message: Message<T>): void => parentPort?.postMessage(message);
  try {
    post({
      kind: 'trained',
      trained: await train((done, total) => post({ kind: 'progress', done, total })),
    });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { kind, code, message, details } = error;
    post({ kind: 'refused', error: { kind, code, message, details } });
  }
}
