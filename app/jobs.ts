/**
 * What the server does beside answering, as a table: move facts to the lake, refresh the warehouse, watch, take up a promoted
 * model and changed rules, report verdicts that are due. Every job takes its first turn at once. A job that is still running is not started again; a failure is logged
 * and the next turn tries anew.
 */
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { flushFacts } from '../scoring/flush.js';
import { refreshIfStale } from './refresh-warehouse.js';
import { runWatch } from './run-watch.js';
import type { Server } from './server.js';
import type { Stores } from './stores.js';

interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
}

interface JobDeps {
  readonly stores: Stores;
  readonly server: Pick<Server, 'refreshModel' | 'refreshRules' | 'reportVerdicts'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Jobs that need nothing but the stores: any process may run them, also beside a running server. */
export const STORE_JOBS = {
  'flush-facts': { everyMs: 15_000, does: 'moves durable facts from the live log to the lake' },
  'refresh-warehouse': { everyMs: 60_000, does: 'builds the marts when the lake has moved on' },
  watch: { everyMs: 900_000, does: 'compares what is served with what trained' },
} as const;

/** In the order of the table. */
export function storeJobs({ stores, clock }: Pick<JobDeps, 'stores' | 'clock'>): Job[] {
  const runs: Readonly<Record<keyof typeof STORE_JOBS, () => Promise<unknown>>> = {
    'flush-facts': () => flushFacts(stores.pool, stores.lake),
    'refresh-warehouse': () => refreshIfStale(stores, clock),
    watch: () => runWatch(stores, clock),
  };
  return (['flush-facts', 'refresh-warehouse', 'watch'] as const).map((name) => ({
    name,
    everyMs: STORE_JOBS[name].everyMs,
    run: async () => void (await runs[name]()),
  }));
}

function jobTable({ stores, server, clock }: JobDeps): Job[] {
  return [
    ...storeJobs({ stores, clock }),
    { name: 'report-verdicts', everyMs: 15_000, run: () => server.reportVerdicts() },
    { name: 'refresh-model', everyMs: 15_000, run: () => server.refreshModel() },
    // One query for two numbers: whoever changes a rule elsewhere should not wait for it to take effect here.
    { name: 'refresh-rules', everyMs: 1_000, run: () => server.refreshRules() },
  ];
}

export interface Jobs {
  /** Waits for the jobs that are running; starts no more. */
  stop(): Promise<void>;
}

export function startJobs(deps: JobDeps): Jobs {
  const running = new Map<string, Promise<void>>();
  const turn = ({ name, run }: Job): void => {
    if (running.has(name)) return;
    const done = run()
      .catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        deps.log.error({ event: 'job-failed', job: name, reason });
      })
      .finally(() => running.delete(name));
    running.set(name, done);
  };
  const timers = jobTable(deps).map((job) => {
    turn(job);
    return setInterval(() => turn(job), job.everyMs);
  });
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(running.values());
    },
  };
}
