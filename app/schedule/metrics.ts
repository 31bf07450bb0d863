/**
 * What Prometheus reads of scheduled jobs. The numbers are those of the database, the same in every program on it: take the
 * maximum over programs, not the sum.
 */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { JobTotals } from './store.js';

export interface JobMetricsDeps {
  readonly jobTotals: () => Promise<readonly JobTotals[]>;
}

/** Without the database they have no value and the rest is still told. */
export function registerJobMetrics(registry: Registry, { jobTotals }: JobMetricsDeps): void {
  const registers = [registry];
  const read = (): Promise<readonly JobTotals[]> => jobTotals().catch(() => []);
  new Counter({
    name: 'job_runs_total',
    help: 'Finished runs of scheduled jobs, by job and outcome.',
    labelNames: ['job', 'outcome'],
    registers,
    async collect() {
      this.reset();
      for (const { job, succeeded, failed } of await read()) {
        this.inc({ job, outcome: 'succeeded' }, succeeded);
        this.inc({ job, outcome: 'failed' }, failed);
      }
    },
  });
  new Gauge({
    name: 'job_last_success_timestamp',
    help: 'Unix time of the last successful run, by job, in seconds.',
    labelNames: ['job'],
    registers,
    async collect() {
      this.reset();
      for (const { job, lastSuccessAt } of await read())
        if (lastSuccessAt !== null) this.set({ job }, lastSuccessAt / 1000);
    },
  });
  new Gauge({
    name: 'job_failures_in_row',
    help: 'Failed runs since the last success, by job.',
    labelNames: ['job'],
    registers,
    async collect() {
      this.reset();
      for (const { job, failuresInRow } of await read()) this.set({ job }, failuresInRow);
    },
  });
}
