/** What is known of recurring work: totals and runs of each job. */
import type { Pool } from 'pg';

export interface JobTotals {
  readonly job: string;
  readonly succeeded: number;
  readonly failed: number;
  /** Failures since the last success. */
  readonly failuresInRow: number;
  readonly lastSuccessAt: number | null;
  readonly lastFailureAt: number | null;
  /** Of the last failure. */
  readonly lastReason: string | null;
}

export async function jobTotals(pool: Pool): Promise<JobTotals[]> {
  const { rows } = await pool.query<JobTotals>(
    `SELECT job, succeeded::float8 AS succeeded, failed::float8 AS failed, failures_in_row AS "failuresInRow",
       last_success_at AS "lastSuccessAt", last_failure_at AS "lastFailureAt", last_reason AS "lastReason"
     FROM job_totals ORDER BY job`,
  );
  return rows;
}

export interface JobRun {
  readonly runId: string;
  readonly job: string;
  readonly delivery: string;
  readonly status: 'running' | 'succeeded' | 'failed' | 'lost';
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly reason: string | null;
}

/** Newest first. @param job null: of all jobs. */
export async function jobRuns(pool: Pool, job: string | null, limit: number): Promise<JobRun[]> {
  const { rows } = await pool.query<JobRun>(
    `SELECT run_id::text AS "runId", job, delivery, status, started_at AS "startedAt", finished_at AS "finishedAt", reason
     FROM job_runs WHERE $1::text IS NULL OR job = $1 ORDER BY run_id DESC LIMIT $2`,
    [job, limit],
  );
  return rows;
}

/** When the newest run of each job began, by order of the runs, not of their instants: clocks go back. */
export async function newestStarts(pool: Pool): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ job: string; started_at: number }>(
    'SELECT DISTINCT ON (job) job, started_at FROM job_runs ORDER BY job, run_id DESC',
  );
  return new Map(rows.map(({ job, started_at: startedAt }) => [job, startedAt]));
}
