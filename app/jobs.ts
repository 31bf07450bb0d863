/**
 * What the server does beside answering, as a table. Business that must not run twice at a time is scheduled: the queue hands each
 * turn to one program (schedule/), what was missed is made up once, a failure is recorded and tried again. The rest is of local concern: every
 * program does it for itself, first at once; a turn that is still running is not started again, a failure is logged and the next
 * turn tries anew.
 */
import type { Clock } from '../core/clock.js';
import { errorText } from '../core/error-text.js';
import type { Log } from '../core/log.js';
import type { Gateway } from '../core/ports/gateway.js';
import type { Queue } from '../core/ports/queue.js';
import { flushGatewayFacts } from '../billing/payments/facts.js';
import { sweepGateway } from '../billing/payments/sweep.js';
import { settleInvoices } from '../billing/invoices/settle.js';
import { planDunning } from '../billing/dunning/plan.js';
import { requireSoundLedger } from '../billing/ledger/check.js';
import { runBilling } from '../billing/run/bill.js';
import { renewSubscriptionReports } from '../reporting/subscription-store.js';
import { deliverEvents } from '../billing/notices/deliver-events.js';
import { deliverNotices } from '../billing/notices/deliver-notices.js';
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
import { openJobLocks } from './schedule/locks.js';
import type { ListedJob } from './schedule/routes.js';
import { startScheduler } from './schedule/scheduler.js';
import type { Outbound } from './outbound.js';
import type { Server } from './server.js';
import type { Stores } from './stores.js';

/** How one turn is to be taken. */
export interface JobTurn {
  /** As of which instant, UTC epoch milliseconds. */
  readonly at: number;
  /** Says what it would do and does nothing. */
  readonly isDryRun: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

interface Job {
  readonly name: string;
  readonly everyMs: number;
  readonly isScheduled?: boolean;
  /** Answers what it did, for people. */
  run(turn: JobTurn): Promise<unknown>;
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
    | 'feedFold'
    | 'followInstalments'
    | 'takeDunning'
    | 'followPayments'
    | 'progressDebits'
    | 'repairPayments'
    | 'repairFold'
  >;
  readonly clock: Clock;
  readonly log: Log;
  /** Read at every turn of the guardrails: switching them off needs no restart. */
  readonly policyFile: string | null;
  readonly env: Environment;
  /** Closed with the jobs. */
  readonly outbound: Outbound;
  /** Closed with the jobs. */
  readonly queue: Queue;
  /** Null: nobody takes payments in this run. */
  readonly gateway: Pick<Gateway, 'payments' | 'refunds' | 'settlements' | 'disputes' | 'customers'> | null;
}

type StoreJobDeps = Omit<JobDeps, 'server' | 'env' | 'gateway' | 'queue'>;

export interface JobEntry {
  readonly everyMs: number;
  readonly does: string;
  readonly isScheduled?: true;
  /** Which parts of a turn it heeds: `hasivu jobs run` refuses the others. */
  readonly heeds?: readonly ('at' | 'dry-run')[];
}

/** Jobs that need nothing but the stores: any process may run them, also beside a running server. */
export const STORE_JOBS = {
  // An idle turn is one look at an empty index.
  'apply-webhooks': { everyMs: 1_000, does: 'applies the events of the inbox to payments and ledger' },
  'settle-invoices': { everyMs: 5_000, does: 'sets what was paid, or went back, against invoices' },
  billing: {
    everyMs: 3_600_000,
    does: 'moves subscriptions along the calendar and invoices their periods',
    isScheduled: true,
    heeds: ['at', 'dry-run'],
  },
  dunning: {
    everyMs: 21_600_000,
    does: 'looks at everybody in arrears: what is to be said, withheld or offered',
    isScheduled: true,
    heeds: ['at', 'dry-run'],
  },
  'flush-facts': { everyMs: 15_000, does: 'moves durable facts from the live log to the lake' },
  'flush-gateway-facts': { everyMs: 60_000, does: 'moves what the gateway told of payments to the lake' },
  'refresh-warehouse': { everyMs: 60_000, does: 'builds the marts when the lake has moved on' },
  watch: { everyMs: 900_000, does: 'compares what is served with what trained' },
  guardrails: { everyMs: 60_000, does: 'returns to the former champion when the present one goes wrong' },
  'forecast-revenue': {
    everyMs: 3_600_000,
    does: 'forecasts revenue once a day, and scores what has come',
    isScheduled: true,
  },
  'report-subscriptions': {
    everyMs: 3_600_000,
    does: 'counts recurring revenue, churn and cohorts',
    isScheduled: true,
  },
  'score-churn': { everyMs: 3_600_000, does: 'says once a day who may leave, and why', isScheduled: true },
  'compare-models': { everyMs: 900_000, does: 'compares the challenger in shadow with the champion' },
  'snapshot-fold': { everyMs: 600_000, does: 'keeps the live state in a file, so that a start reads it' },
  'forget-webhooks': { everyMs: 3_600_000, does: 'empties the bodies of webhooks applied 45 days ago' },
  reconcile: {
    everyMs: 21_600_000,
    does: 'compares what was settled with the books and the bank',
    isScheduled: true,
  },
  'deliver-notices': { everyMs: 15_000, does: 'sends what is to be said to payers', isScheduled: true },
  'deliver-events': { everyMs: 5_000, does: 'tells event endpoints what happened', isScheduled: true },
  'ledger-check': {
    everyMs: 86_400_000,
    does: 'checks every hash, entry and balance of the ledger',
    isScheduled: true,
  },
} as const satisfies Readonly<Record<string, JobEntry>>;

/** Jobs that need the running server. */
const SERVER_JOBS = {
  'report-verdicts': { everyMs: 15_000, does: 'reports verdicts that a crash left unreported' },
  'feed-fold': { everyMs: 1_000, does: "shows the fold what the gateway told of others' payments" },
  'follow-payments': { everyMs: 2_000, does: 'does what follows from changed payments' },
  'follow-instalments': { everyMs: 60_000, does: 'asks for instalments that fall due' },
  'progress-debits': {
    everyMs: 60_000,
    does: 'announces, makes and resolves debits, and looks after mandates',
    isScheduled: true,
  },
  'take-dunning': { everyMs: 60_000, does: 'takes the steps of dunning that are due, clears who has paid' },
  'repair-payments': { everyMs: 30_000, does: 'settles with the gateway what crashes left open' },
  'sweep-gateway': { everyMs: 900_000, does: 'asks the gateway what webhooks may not have told' },
  'repair-fold': { everyMs: 5_000, does: 'commits what other programs left of the shared fold' },
  'refresh-model': {
    everyMs: 15_000,
    does: 'takes up what is in production and in shadow, and the newest churn scores',
  },
  // One query for two numbers: whoever changes a rule elsewhere should not wait for it to take effect here.
  'refresh-rules': { everyMs: 1_000, does: 'takes up rules and lists that another program changed' },
} as const satisfies Readonly<Record<string, JobEntry>>;

/** For people: what runs, how often, and whether one program does it for all. */
export const LISTED_JOBS: readonly ListedJob[] = Object.entries<JobEntry>({
  ...STORE_JOBS,
  ...SERVER_JOBS,
}).map(([name, { everyMs, does, isScheduled = false }]) => ({ name, everyMs, does, isScheduled }));

/** A program that only applies lets nothing in. */
const NOBODY_POSTS = { webhookSecrets: [], webhookMaxAgeDays: 0 };

/** In the order of the table. */
export function storeJobs({ stores, clock, log, policyFile, outbound }: StoreJobDeps): Job[] {
  const runs: Readonly<Record<keyof typeof STORE_JOBS, Job['run']>> = {
    'apply-webhooks': () => openWebhooks({ pool: stores.pool, clock, log, config: NOBODY_POSTS }).drain(),
    'settle-invoices': () => settleInvoices({ pool: stores.pool, clock }),
    billing: ({ at, isDryRun: dryRun, onProgress }) =>
      runBilling({ pool: stores.pool, clock, log }, { at, dryRun, ...(onProgress && { onProgress }) }),
    dunning: ({ at, isDryRun: dryRun, onProgress }) =>
      planDunning(stores.pool, { at, dryRun, ...(onProgress && { onProgress }) }),
    'flush-facts': () => flushFacts(stores.pool, stores.lake),
    'flush-gateway-facts': () => flushGatewayFacts(stores.pool, stores.lake),
    'refresh-warehouse': () => refreshIfStale(stores, clock),
    watch: () => runWatch(stores, clock),
    guardrails: async () => runGuardrails({ stores, clock, log, settings: await readGuardrails(policyFile) }),
    'forecast-revenue': () => runForecast(stores, { clock, log }),
    'report-subscriptions': () => renewSubscriptionReports(stores.pool, clock.now()),
    'score-churn': () => scoreChurnNow(stores, clock),
    'compare-models': () => runComparison(stores, clock),
    'snapshot-fold': () => renewSnapshot(snapshotDeps(stores, { clock, log })),
    'forget-webhooks': () => forgetBodies(stores.pool, clock.now()),
    reconcile: () => runReconciliation(stores.pool, clock, null),
    'deliver-notices': () => deliverNotices({ pool: stores.pool, clock, ...outbound, gateway: null }),
    'deliver-events': () => deliverEvents({ pool: stores.pool, clock, ...outbound }),
    'ledger-check': () => requireSoundLedger(stores.pool),
  };
  return jobsOf(STORE_JOBS, runs);
}

function jobsOf<Name extends string>(
  entries: Readonly<Record<Name, JobEntry>>,
  runs: Readonly<Record<Name, Job['run']>>,
): Job[] {
  return (Object.keys(entries) as Name[]).map((name) => ({ name, ...entries[name], run: runs[name] }));
}

function jobTable({ stores, server, env, gateway, ...deps }: Omit<JobDeps, 'queue'>): Job[] {
  // The fold is snapshot, models are compared and revenue is forecast by programs of their own; events are counted by the server's own inbox.
  const own: Readonly<Record<string, Pick<Job, 'run' | 'stop'>>> = {
    'snapshot-fold': { run: () => server.snapshots.renew(), stop: () => server.snapshots.stop() },
    'apply-webhooks': { run: () => server.drainWebhooks() },
    'compare-models': createComparer(stores, env),
    'score-churn': createChurnScorer(stores, deps.clock, env),
    'forecast-revenue': createForecaster(stores, env),
    reconcile: { run: () => runReconciliation(stores.pool, deps.clock, gateway) },
    'deliver-notices': {
      run: () => deliverNotices({ pool: stores.pool, clock: deps.clock, ...deps.outbound, gateway }),
    },
  };
  const runs: Readonly<Record<keyof typeof SERVER_JOBS, Job['run']>> = {
    'report-verdicts': () => server.reportVerdicts(),
    'feed-fold': () => server.feedFold(),
    'follow-payments': () => server.followPayments(),
    'follow-instalments': () => server.followInstalments(),
    'progress-debits': () => server.progressDebits(),
    'take-dunning': () => server.takeDunning(),
    'repair-payments': () => server.repairPayments(),
    'sweep-gateway': () => sweep(stores.pool, deps.clock, gateway),
    'repair-fold': () => server.repairFold(),
    'refresh-model': () => server.refreshModel(),
    'refresh-rules': () => server.refreshRules(),
  };
  return [
    ...storeJobs({ stores, ...deps }).map((job) => ({ ...job, ...own[job.name] })),
    ...jobsOf(SERVER_JOBS, runs),
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

/** How often what is overdue is looked for. */
const OVERDUE_MS = 60_000;

export async function startJobs(deps: JobDeps): Promise<Jobs> {
  const { clock, log, queue, stores } = deps;
  const jobs = jobTable(deps);
  const atNow = (): JobTurn => ({ at: clock.now(), isDryRun: false });
  const locks = openJobLocks(stores.pool, log);
  const askForOverdue = await startScheduler(
    { pool: stores.pool, clock, log, locks, queue },
    jobs
      .filter(({ isScheduled }) => isScheduled)
      .map((job) => ({ name: job.name, everyMs: job.everyMs, run: () => job.run(atNow()) })),
  );
  const loops = startLoops(
    [
      ...jobs.filter(({ isScheduled }) => !isScheduled),
      { name: 'ask-for-overdue', everyMs: OVERDUE_MS, run: askForOverdue },
    ],
    { log, atNow },
  );
  return {
    stop: async () => {
      loops.stop();
      for (const job of jobs) job.stop?.();
      await Promise.all([loops.idle(), queue.close()]);
      locks.close();
      deps.outbound.close();
    },
  };
}

function startLoops(
  jobs: readonly Job[],
  { log, atNow }: { readonly log: Log; readonly atNow: () => JobTurn },
): { stop(): void; idle(): Promise<unknown> } {
  const running = new Map<string, Promise<unknown>>();
  const turn = ({ name, run }: Job): void => {
    if (running.has(name)) return;
    const done = run(atNow())
      .catch((error: unknown) => {
        const reason = errorText(error);
        log.error({ event: 'job-failed', job: name, reason });
      })
      .finally(() => running.delete(name));
    running.set(name, done);
  };
  const timers = jobs.map((job) => {
    turn(job);
    return setInterval(() => turn(job), job.everyMs);
  });
  return {
    stop: () => timers.forEach((timer) => clearInterval(timer)),
    idle: () => Promise.all(running.values()),
  };
}
