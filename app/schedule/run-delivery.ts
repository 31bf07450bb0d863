/**
 * One delivery of a job, run at most once to success: what has succeeded is not run again, what is running elsewhere is left to it,
 * and every run leaves a row. The lock is taken before the look and kept until the row is final, so a row that is still 'running'
 * when the lock is free belongs to a program that died.
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import { errorText } from '../../core/error-text.js';
import type { Log } from '../../core/log.js';
import type { JobLocks } from './locks.js';

export interface RunDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly locks: JobLocks;
}

export interface RunnableJob {
  readonly name: string;
  run(): Promise<unknown>;
}

export type DeliveryOutcome<T> =
  { readonly kind: 'done'; readonly report: T } | { readonly kind: 'repeat' } | { readonly kind: 'busy' };

/** Rows of a job that are kept: a month of hours. */
const KEPT_RUNS = 750;

/** @throws what the job throws, after it is recorded. */
export async function runDelivery<T>(
  deps: RunDeps,
  job: { readonly name: string; run(): Promise<T> },
  delivery: string,
): Promise<DeliveryOutcome<T>> {
  const letGo = await deps.locks.take(job.name);
  if (letGo === null) return { kind: 'busy' };
  try {
    const runId = await begin(deps, job.name, delivery);
    if (runId === null) return { kind: 'repeat' };
    return { kind: 'done', report: await record(deps, runId, job) };
  } finally {
    await letGo().catch((error: unknown) => {
      deps.log.warn({ event: 'job-lock-not-released', job: job.name, reason: errorText(error) });
    });
  }
}

/** Null when this delivery has succeeded before. */
async function begin({ pool, clock }: RunDeps, job: string, delivery: string): Promise<bigint | null> {
  await pool.query(
    `UPDATE job_runs SET status = 'lost', finished_at = to_timestamp($2 / 1000.0), reason = 'its program ended'
     WHERE job = $1 AND status = 'running'`,
    [job, clock.now()],
  );
  const { rows } = await pool.query<{ run_id: bigint }>(
    `INSERT INTO job_runs (job, delivery, status, started_at)
     SELECT $1, $2, 'running', to_timestamp($3 / 1000.0)
     WHERE NOT EXISTS (SELECT FROM job_runs WHERE job = $1 AND delivery = $2 AND status = 'succeeded')
     RETURNING run_id`,
    [job, delivery, clock.now()],
  );
  return rows[0]?.run_id ?? null;
}

async function record<T>(
  deps: RunDeps,
  runId: bigint,
  job: { readonly name: string; run(): Promise<T> },
): Promise<T> {
  try {
    const report = await job.run();
    await finish(deps, { runId, job: job.name, reason: null });
    return report;
  } catch (error) {
    const reason = errorText(error);
    deps.log.error({ event: 'job-failed', job: job.name, reason });
    await finish(deps, { runId, job: job.name, reason });
    throw error;
  }
}

interface End {
  readonly runId: bigint;
  readonly job: string;
  /** Null: it succeeded. */
  readonly reason: string | null;
}

async function finish({ pool, clock }: RunDeps, { runId, job, reason }: End): Promise<void> {
  await pool.query(
    `WITH ended AS (
       UPDATE job_runs SET status = CASE WHEN $3::text IS NULL THEN 'succeeded' ELSE 'failed' END,
         finished_at = to_timestamp($4 / 1000.0), reason = $3
       WHERE run_id = $1 AND status = 'running' RETURNING job, finished_at),
     old AS (
       DELETE FROM job_runs WHERE run_id <= (SELECT run_id FROM job_runs WHERE job = $2 ORDER BY run_id DESC
         OFFSET ${KEPT_RUNS} LIMIT 1) AND job = $2)
     INSERT INTO job_totals (job, succeeded, failed, failures_in_row, last_success_at, last_failure_at, last_reason)
     SELECT job, ($3::text IS NULL)::int, ($3::text IS NOT NULL)::int, ($3::text IS NOT NULL)::int,
       CASE WHEN $3::text IS NULL THEN finished_at END, CASE WHEN $3::text IS NOT NULL THEN finished_at END, $3 FROM ended
     ON CONFLICT (job) DO UPDATE SET succeeded = job_totals.succeeded + excluded.succeeded,
       failed = job_totals.failed + excluded.failed,
       failures_in_row = CASE WHEN $3::text IS NULL THEN 0 ELSE job_totals.failures_in_row + 1 END,
       last_success_at = coalesce(excluded.last_success_at, job_totals.last_success_at),
       last_failure_at = coalesce(excluded.last_failure_at, job_totals.last_failure_at),
       last_reason = coalesce(excluded.last_reason, job_totals.last_reason)`,
    [runId, job, reason?.slice(0, REASON_LENGTH) ?? null, clock.now()],
  );
}

const REASON_LENGTH = 500;
