/**
 * What the server does beside answering, as a table: move facts to the lake, refresh the warehouse, watch, take up a promoted
 * model and changed rules, report verdicts that are due. Every job takes its first turn at once. A job that is still running is not started again; a failure is logged
 * and the next turn tries anew.
 */
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { Gateway } from '../core/ports/gateway.js';
import { flushGatewayFacts } from '../billing/payments/facts.js';
import { sweepGateway } from '../billing/payments/sweep.js';
import { requireSoundLedger } from '../billing/ledger/check.js';
import { forgetBodies } from '../ingest/webhooks/inbox.js';
import type { Environment } from '../core/config.js';
import { flushFacts } from '../scoring/flush.js';
import { readGuardrails } from '../scoring/policy-file.js';
import { renewSnapshot } from '../scoring/live-snapshot.js';
import { snapshotDeps } from './live-snapshots.js';
import { openWebhooks } from './webhooks.js';
import { createChurnScorer, scoreChurnNow } from './churn.js';
import { createComparer, runComparison } from './compare-models.js';
import { refreshIfStale } from './refresh-warehouse.js';
import { createForecaster, runForecast } from './run-forecast.js';
import { runGuardrails } from './run-guardrails.js';
import { runReconciliation } from './run-reconciliation.js';
import { runWatch } from './run-watch.js';
import type { Server } from './server.js';
import type { Stores } from './stores.js';

interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
  /** Ends a turn that would take long. */
  stop?(): void;
}

interface JobDeps {
  readonly stores: Stores;
  readonly server: Pick<
    Server,
    | 'refreshModel'
    | 'refreshRules'
    | 'reportVerdicts'
    | 'snapshots'
    | 'drainWebhooks'
    | 'followPayments'
    | 'repairPayments'
    | 'repairFold'
  >;
  readonly clock: Clock;
  readonly log: Log;
  /** Read at every turn of the guardrails: switching them off needs no restart. */
  readonly policyFile: string | null;
  readonly env: Environment;
  /** Null: nobody takes payments in this run. */
  readonly gateway: Pick<Gateway, 'payments' | 'refunds' | 'settlements' | 'disputes'> | null;
}

type StoreJobDeps = Omit<JobDeps, 'server' | 'env' | 'gateway'>;

/** Jobs that need nothing but the stores: any process may run them, also beside a running server. */
export const STORE_JOBS = {
  // An idle turn is one look at an empty index.
  'apply-webhooks': { everyMs: 1_000, does: 'applies the events of the inbox to payments and ledger' },
  'flush-facts': { everyMs: 15_000, does: 'moves durable facts from the live log to the lake' },
  'flush-gateway-facts': { everyMs: 60_000, does: 'moves what the gateway told of payments to the lake' },
  'refresh-warehouse': { everyMs: 60_000, does: 'builds the marts when the lake has moved on' },
  watch: { everyMs: 900_000, does: 'compares what is served with what trained' },
  guardrails: { everyMs: 60_000, does: 'returns to the former champion when the present one goes wrong' },
  'forecast-revenue': { everyMs: 3_600_000, does: 'forecasts revenue once a day, and scores what has come' },
  'score-churn': { everyMs: 3_600_000, does: 'says once a day who may leave, and why' },
  'compare-models': { everyMs: 900_000, does: 'compares the challenger in shadow with the champion' },
  'snapshot-fold': { everyMs: 600_000, does: 'keeps the live state in a file, so that a start reads it' },
  'forget-webhooks': { everyMs: 3_600_000, does: 'empties the bodies of webhooks applied 45 days ago' },
  reconcile: { everyMs: 21_600_000, does: 'compares what was settled with the books and the bank' },
  'ledger-check': { everyMs: 86_400_000, does: 'checks every hash, entry and balance of the ledger' },
} as const;

/** A program that only applies lets nothing in. */
const NOBODY_POSTS = { webhookSecrets: [], webhookMaxAgeDays: 0 };

/** In the order of the table. */
export function storeJobs({ stores, clock, log, policyFile }: StoreJobDeps): Job[] {
  const runs: Readonly<Record<keyof typeof STORE_JOBS, () => Promise<unknown>>> = {
    'apply-webhooks': () => openWebhooks({ pool: stores.pool, clock, log, config: NOBODY_POSTS }).drain(),
    'flush-facts': () => flushFacts(stores.pool, stores.lake),
    'flush-gateway-facts': () => flushGatewayFacts(stores.pool, stores.lake),
    'refresh-warehouse': () => refreshIfStale(stores, clock),
    watch: () => runWatch(stores, clock),
    guardrails: async () => runGuardrails({ stores, clock, log, settings: await readGuardrails(policyFile) }),
    'forecast-revenue': () => runForecast(stores, { clock, log }),
    'score-churn': () => scoreChurnNow(stores, clock),
    'compare-models': () => runComparison(stores, clock),
    'snapshot-fold': () => renewSnapshot(snapshotDeps(stores, { clock, log })),
    'forget-webhooks': () => forgetBodies(stores.pool, clock.now()),
    reconcile: () => runReconciliation(stores.pool, clock, null),
    'ledger-check': () => requireSoundLedger(stores.pool),
  };
  return (Object.keys(STORE_JOBS) as (keyof typeof STORE_JOBS)[]).map((name) => ({
    name,
    everyMs: STORE_JOBS[name].everyMs,
    run: async () => void (await runs[name]()),
  }));
}

function jobTable({ stores, server, env, gateway, ...deps }: JobDeps): Job[] {
  // The fold is snapshot, models are compared and revenue is forecast by programs of their own; events are counted by the server's own inbox.
  const own: Readonly<Record<string, Pick<Job, 'run' | 'stop'>>> = {
    'snapshot-fold': { run: () => server.snapshots.renew(), stop: () => server.snapshots.stop() },
    'apply-webhooks': { run: async () => void (await server.drainWebhooks()) },
    'compare-models': createComparer(stores, env),
    'score-churn': createChurnScorer(stores, deps.clock, env),
    'forecast-revenue': createForecaster(stores, env),
    reconcile: { run: async () => void (await runReconciliation(stores.pool, deps.clock, gateway)) },
  };
  return [
    ...storeJobs({ stores, ...deps }).map((job) => ({ ...job, ...own[job.name] })),
    { name: 'report-verdicts', everyMs: 15_000, run: () => server.reportVerdicts() },
    { name: 'follow-payments', everyMs: 2_000, run: () => server.followPayments() },
    { name: 'repair-payments', everyMs: 30_000, run: () => server.repairPayments() },
    { name: 'sweep-gateway', everyMs: 900_000, run: () => sweep(stores.pool, deps.clock, gateway) },
    { name: 'repair-fold', everyMs: 5_000, run: () => server.repairFold() },
    { name: 'refresh-model', everyMs: 15_000, run: () => server.refreshModel() },
    // One query for two numbers: whoever changes a rule elsewhere should not wait for it to take effect here.
    { name: 'refresh-rules', everyMs: 1_000, run: () => server.refreshRules() },
  ];
}

const DAY_MS = 86_400_000;

/** What webhooks of the last day may not have told. */
async function sweep(pool: Stores['pool'], clock: Clock, gateway: JobDeps['gateway']): Promise<void> {
  if (gateway === null) return;
  const toAt = clock.now();
  await sweepGateway({ pool, clock, gateway }, { fromAt: toAt - DAY_MS, toAt });
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
  const jobs = jobTable(deps);
  const timers = jobs.map((job) => {
    turn(job);
    return setInterval(() => turn(job), job.everyMs);
  });
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      for (const job of jobs) job.stop?.();
      await Promise.all(running.values());
    },
  };
}
