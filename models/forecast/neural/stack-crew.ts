/**
 * Trains several stacks, each on a thread of its own, a few at a time: a thread computes alike however many run beside it. Run
 * from source (as tests are), there is no compiled program for a thread, and they are trained here one after another.
 */
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../core/errors.js';
import { trainStack, type StackParameters, type StackTraining } from './train-stack.js';

export type StackMessage =
  | { readonly kind: 'progress'; readonly done: number }
  | { readonly kind: 'trained'; readonly stages: (StackParameters | null)[] }
  | { readonly kind: 'refused'; readonly message: string };

/** Training steps so far of all. */
export type StackProgress = (done: number, total: number) => void;

const isCompiled = import.meta.url.endsWith('.js');

/** Parameters of each stack after each stage (stacks)(stages). */
export async function trainStacks(
  requests: readonly StackTraining[],
  threads: number,
  onProgress?: StackProgress,
): Promise<(StackParameters | null)[][]> {
  const total = requests.reduce((sum, request) => sum + stepsOf(request), 0);
  const done = requests.map(() => 0);
  const trained: (StackParameters | null)[][] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < requests.length) {
      const k = next++;
      const report = (steps: number): void => {
        done[k] = steps;
        onProgress?.(
          done.reduce((sum, one) => sum + one, 0),
          total,
        );
      };
      trained[k] = await (isCompiled ? onThread(requests[k]!, report) : trainStack(requests[k]!, report));
    }
  };
  await Promise.all(Array.from({ length: isCompiled ? threads : 1 }, work));
  return trained;
}

function stepsOf({ firstSteps, laterSteps, stages }: StackTraining): number {
  return firstSteps + (stages.length - 1) * laterSteps;
}

function onThread(
  request: StackTraining,
  report: (steps: number) => void,
): Promise<(StackParameters | null)[]> {
  const worker = new Worker(new URL('./stack-worker.js', import.meta.url), { workerData: request });
  return new Promise<(StackParameters | null)[]>((resolve, reject) => {
    worker.on('message', (message: StackMessage) => {
      switch (message.kind) {
        case 'progress':
          report(message.done);
          return;
        case 'trained':
          resolve(message.stages);
          return;
        case 'refused':
          reject(new AppError('bad-input', 'diverged', message.message));
          return;
        default:
          message satisfies never;
      }
    });
    worker.on('error', reject);
    // Only matters when nothing was answered: a promise settles once.
    worker.on('exit', (code) =>
      reject(
        new AppError('internal', 'training-ended', `a stack's thread ended with code ${code} and no stack`),
      ),
    );
  }).finally(() => worker.terminate());
}
