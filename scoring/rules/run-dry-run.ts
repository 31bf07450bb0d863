/** Carries out a dry run that was asked for and keeps its end, whichever it is, in its record. */
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { dryRun } from './dry-run.js';
import type { DryRunDeps } from './dry-run.js';
import { finishDryRun, reportProgress, requireDryRun } from './dry-runs.js';
import type { RecordedDryRun } from './dry-runs.js';

/** How often the record says how far it is. */
const PROGRESS_EVERY_MS = 1000;

/** @throws what the run throws, after it was recorded as failed. */
export async function runDryRun(
  deps: DryRunDeps & { readonly clock: Clock },
  dryRunId: string,
): Promise<RecordedDryRun> {
  const { pool, clock } = deps;
  const run = await requireDryRun(pool, dryRunId);
  const startedAt = clock.now();
  let reportedAt = startedAt;
  let reports: Promise<void> = Promise.resolve();
  const onProgress = (done: number, total: number): void => {
    deps.onProgress(done, total);
    if (clock.now() < reportedAt + PROGRESS_EVERY_MS) return;
    reportedAt = clock.now();
    reports = reports.then(() => reportProgress(pool, dryRunId, done, total));
  };
  try {
    const result = await dryRun({ ...deps, onProgress }, run, startedAt);
    await reports;
    await finishDryRun(pool, dryRunId, { at: clock.now(), result });
  } catch (error) {
    const failure = error instanceof AppError ? error.message : 'the dry run failed; the log says why';
    await finishDryRun(pool, dryRunId, { at: clock.now(), failure });
    throw error;
  }
  return requireDryRun(pool, dryRunId);
}
