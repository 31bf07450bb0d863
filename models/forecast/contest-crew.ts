/**
 * Holds the contests of many series on worker threads, a few series a message: histories go there and paths come back by
 * transfer, in whatever order, and are put in theirs. Run from source (as tests are), or for few series, they are held here.
 */
import { Worker } from 'node:worker_threads';
import { AppError } from '../../core/errors.js';
import type { SeriesDates } from './calendar.js';
import { holdContest, type Contest } from './contest.js';

/** Series done so far of all. */
export type ContestProgress = (done: number, total: number) => void;

export interface ContestRequest {
  readonly h: number;
  readonly season: number;
}

export interface ContestBatch extends ContestRequest {
  readonly series: readonly Float64Array[];
  readonly dates: readonly (SeriesDates | null)[];
}

interface CrewRequest extends ContestRequest {
  readonly threads: number;
  readonly dates?: readonly (SeriesDates | null)[];
  readonly onProgress?: ContestProgress;
}

const isCompiled = import.meta.url.endsWith('.js');
/** Series a message: enough that messages cost nothing, few enough that threads end together. */
const BATCH = 8;
/** Fewer are done before a thread has started. */
const WORTH_STARTING = 32;

export async function holdContests(
  series: readonly Float64Array[],
  { h, season, threads, dates = series.map(() => null), onProgress }: CrewRequest,
): Promise<Contest[]> {
  if (!isCompiled || threads < 2 || series.length < WORTH_STARTING) {
    return series.map((y, i) => {
      const contest = holdContest(y, { season, h, dates: dates[i]! });
      onProgress?.(i + 1, series.length);
      return contest;
    });
  }
  const contests = new Array<Contest>(series.length);
  let next = 0;
  let done = 0;
  const workOn = async (worker: Worker): Promise<void> => {
    while (next < series.length) {
      const from = next;
      next += BATCH;
      const batch = series.slice(from, next);
      const held = await ask(worker, { h, season, series: batch, dates: dates.slice(from, next) });
      for (const [k, contest] of held.entries()) contests[from + k] = contest;
      done += held.length;
      onProgress?.(done, series.length);
    }
  };
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./contest-worker.js', import.meta.url)),
  );
  try {
    await Promise.all(workers.map(workOn));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return contests;
}

function ask(worker: Worker, batch: ContestBatch): Promise<Contest[]> {
  return new Promise((resolve, reject) => {
    const ended = (code: number): void =>
      reject(new AppError('internal', 'forecast-ended', `a forecasting thread ended with code ${code}`));
    const settle = (): void => {
      worker.off('error', reject);
      worker.off('exit', ended);
    };
    worker.once('message', (held: Contest[]) => {
      settle();
      resolve(held);
    });
    worker.once('error', reject);
    worker.once('exit', ended);
    worker.postMessage(batch);
  });
}
