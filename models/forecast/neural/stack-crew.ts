/**
 * Trains several stacks, each on a thread of its own, a few at a time: a thread computes alike however many run beside it. Run
 * from source (as tests are), there is no compiled program for a thread, and they are trained here one after another.
 */
import { Worker } from 'node:worker_threads';
import { trainedOn } from '../../neural/training-thread.js';
import { trainStack, type StackParameters, type StackTraining } from './train-stack.js';

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
  return trainedOn(worker, report);
}
