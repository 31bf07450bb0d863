/**
 * Hands the scheduled jobs to the queue and runs what it delivers. The queue may lose its schedule, or wait for an instant that a
 * clock which jumped has put far away: once a minute every job that has not begun for too long is asked for once, under a key that
 * all programs of the same turn share, and the schedule is written anew.
 */
import { errorText } from '../../core/error-text.js';
import type { Queue, Schedule } from '../../core/ports/queue.js';
import { isOverdue } from './overdue.js';
import { runDelivery } from './run-delivery.js';
import type { RunDeps, RunnableJob } from './run-delivery.js';
import { newestStarts } from './store.js';

export interface ScheduledJob extends RunnableJob {
  readonly everyMs: number;
}

export interface SchedulerDeps extends RunDeps {
  readonly queue: Queue;
}

/** What a failed run is worth: three tries while its cause may pass, then the next turn. */
const ATTEMPTS = 3;
const BACKOFF_MS = 30_000;

/** @returns asks for what is overdue: call it every minute. @param retry of failed runs; for tests. */
export async function startScheduler(
  deps: SchedulerDeps,
  jobs: readonly ScheduledJob[],
  retry: { readonly attempts: number; readonly backoffMs: number } = {
    attempts: ATTEMPTS,
    backoffMs: BACKOFF_MS,
  },
): Promise<() => Promise<void>> {
  const { queue, clock, pool } = deps;
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const schedules = jobs.map(({ name, everyMs }): Schedule => ({ name, everyMs, ...retry }));
  await queue.schedule(schedules);
  await queue.work(async ({ name, key }) => {
    const job = byName.get(name);
    // Of another version of the program, which knows it.
    if (job === undefined) return;
    // The queue keeps what it is told of a failure.
    await runDelivery(deps, job, key).catch((error: unknown) => {
      throw new Error(errorText(error));
    });
  });
  const startedAt = clock.now();

  return async () => {
    const now = clock.now();
    const starts = await newestStarts(pool);
    const overdue = schedules.filter(({ name, everyMs }) =>
      isOverdue(starts.get(name) ?? startedAt, everyMs, now),
    );
    for (const schedule of overdue) {
      const turn = Math.floor(now / schedule.everyMs);
      await queue.ask(schedule, `late-${schedule.name}-${turn}`);
    }
    if (overdue.length > 0) await queue.schedule(schedules);
  };
}
