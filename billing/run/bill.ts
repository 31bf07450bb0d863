/**
 * The billing run: every subscription that the calendar has something for by an instant, in keyset batches by (next billing, id). Runs
 * may be late, repeated, interrupted or at once: what was done moved the subscription on in the same transaction, what another
 * run holds is skipped, and a period has one invoice by a unique index. A batch that fails is taken again one by one, so
 * that one faulty subscription fails alone; after some failures it is parked for a person. A dry run rolls everything back.
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import { DAY_MS } from '../../core/days.js';
import { errorText } from '../../core/error-text.js';
import { AppError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { inTransaction } from '../../core/transaction.js';
import { markOverdue } from '../invoices/arrears.js';
import { lockSubscriptions } from '../subscriptions/subscription.js';
import { isPassing, noteFailure } from './failures.js';
import { BILLING } from './settings.js';
import { takeTurns } from './turn.js';
import type { Taken, Turn } from './turn.js';

export interface BillingDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BillingOptions {
  /** What is due by then, UTC epoch ms; by default now. */
  readonly at?: number;
  readonly dryRun?: boolean;
  /** Subscriptions looked at, of about so many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface BillingReport {
  readonly at: number;
  readonly dryRun: boolean;
  /** Whose turn it was. */
  readonly subscriptions: number;
  readonly invoices: number;
  /** Invoiced, in minor units, by currency. */
  readonly totals: Readonly<Record<string, bigint>>;
  readonly debits: number;
  /** Steps other than new periods, by kind. */
  readonly steps: Readonly<Record<string, number>>;
  readonly failed: number;
  readonly parked: number;
  /** Have more to catch up than one run does. */
  readonly deferred: number;
  /** Invoices that fell due unpaid. */
  readonly overdue: number;
  /** When something is due next, of those that are not parked; null: never as it stands. */
  readonly nextDueAt: number | null;
  /** The first steps of a dry run; otherwise empty. */
  readonly listed: readonly Taken[];
}

/** @throws AppError `billing-too-far-ahead`. */
export async function runBilling(deps: BillingDeps, options: BillingOptions = {}): Promise<BillingReport> {
  const { pool, clock } = deps;
  const present = clock.now();
  const { at = present, dryRun = false, onProgress } = options;
  requireNear(at, present);
  // Nothing is known before it is done, also when a run looks ahead.
  const run: Run = { ...deps, at, now: Math.max(at, present), dryRun };
  const total = await countDue(pool, at);
  const tally = openTally(dryRun);
  for (let after: Key | null = null; ;) {
    const batch: readonly Key[] = await takeBatch(run, after, tally);
    onProgress?.(tally.subscriptions(), total);
    after = batch.at(-1) ?? null;
    if (after === null) break;
  }
  const overdue = dryRun ? 0 : await markOverdue(pool, run.now);
  return { at, dryRun, overdue, nextDueAt: await nextDue(pool, at), ...tally.sum() };
}

function requireNear(at: number, present: number): void {
  if (at <= present + BILLING.maxDaysAhead * DAY_MS) return;
  const message = `a billing run looks at most ${BILLING.maxDaysAhead} days ahead: choose an earlier instant`;
  throw new AppError('bad-input', 'billing-too-far-ahead', message);
}

interface Run extends BillingDeps {
  readonly at: number;
  readonly now: number;
  readonly dryRun: boolean;
}

/** Place in the order of the run. */
interface Key {
  readonly subscription_id: string;
  /** Text: JavaScript's instants lack the microseconds that PostgreSQL's may have. */
  readonly due: string;
}

async function countDue(pool: Pool, at: number): Promise<number> {
  const { rows } = await pool.query<{ count: bigint }>(
    `SELECT count(*) FROM subscriptions WHERE next_billing_at <= to_timestamp($1 / 1000.0) AND parked_reason IS NULL`,
    [at],
  );
  return Number(rows[0]?.count ?? 0n);
}

async function nextDue(pool: Pool, after: number): Promise<number | null> {
  const { rows } = await pool.query<{ at: number | null }>(
    `SELECT min(next_billing_at) AS at FROM subscriptions
     WHERE next_billing_at > to_timestamp($1 / 1000.0) AND parked_reason IS NULL`,
    [after],
  );
  return rows[0]?.at ?? null;
}

/** Answers the batch; an empty one ends the run. */
async function takeBatch(run: Run, after: Key | null, tally: Tally): Promise<readonly Key[]> {
  let keys: readonly Key[] = [];
  try {
    const turn = await inRun(run, async (client) => {
      keys = await selectDue(client, run.at, after, tally.deferred);
      return turnOf(
        client,
        keys.map(({ subscription_id: id }) => id),
        run,
      );
    });
    tally.add(keys.length, turn);
  } catch (error) {
    if (isPassing(error) || keys.length === 0) throw error;
    for (const { subscription_id: id } of keys) await takeOne(run, id, tally);
  }
  return keys;
}

/** A turn that succeeds forgets the failures before it. */
async function turnOf(client: PoolClient, ids: readonly string[], run: Run): Promise<Turn> {
  const subscriptions = await lockSubscriptions(client, ids);
  return takeTurns(
    client,
    subscriptions.map((one) => ({ ...one, billingErrors: 0 })),
    run,
  );
}

/** Those that nobody holds, in order, behind the last one. Never waits, so that the order of its locks harms nobody. */
async function selectDue(
  client: PoolClient,
  at: number,
  after: Key | null,
  deferred: ReadonlySet<string>,
): Promise<readonly Key[]> {
  const { rows } = await client.query<Key>(
    `SELECT subscription_id, next_billing_at::text AS due FROM subscriptions
     WHERE next_billing_at <= to_timestamp($1 / 1000.0) AND parked_reason IS NULL
       AND ($2::timestamptz IS NULL OR (next_billing_at, subscription_id) > ($2::timestamptz, $3))
       AND subscription_id <> ALL($4)
     ORDER BY next_billing_at, subscription_id LIMIT $5 FOR UPDATE SKIP LOCKED`,
    [at, after?.due ?? null, after?.subscription_id ?? '', [...deferred], BILLING.batch],
  );
  return rows;
}

/** In a transaction of its own. */
async function takeOne(run: Run, subscriptionId: string, tally: Tally): Promise<void> {
  try {
    const turn = await inRun(run, (client) => turnOf(client, [subscriptionId], run));
    tally.add(1, turn);
  } catch (error) {
    if (isPassing(error)) throw error;
    const reason = errorText(error);
    run.log.warn({ event: 'subscription-not-billed', subject: subscriptionId, reason });
    const isParked = !run.dryRun && (await noteFailure(run.pool, subscriptionId, reason, run.now));
    tally.fail(isParked);
  }
}

/** A dry run does the same and keeps nothing of it. */
async function inRun<T>({ pool, dryRun }: Run, work: (client: PoolClient) => Promise<T>): Promise<T> {
  if (!dryRun) return inTransaction(pool, work);
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    return await work(client);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

interface Tally {
  readonly deferred: ReadonlySet<string>;
  subscriptions(): number;
  add(subscriptions: number, turn: Turn): void;
  fail(isParked: boolean): void;
  sum(): Omit<BillingReport, 'at' | 'dryRun' | 'overdue' | 'nextDueAt'>;
}

/** Holds no more for a million subscriptions than for one, but for those that have too much to catch up. */
function openTally(dryRun: boolean): Tally {
  const deferred = new Set<string>();
  const counts = { subscriptions: 0, invoices: 0, debits: 0, failed: 0, parked: 0 };
  const totals: Record<string, bigint> = {};
  const steps: Record<string, number> = {};
  const listed: Taken[] = [];
  return {
    deferred,
    subscriptions: () => counts.subscriptions,
    add: (subscriptions, turn) => {
      counts.subscriptions += subscriptions;
      counts.debits += turn.debits;
      for (const id of turn.deferred) deferred.add(id);
      for (const one of turn.taken) {
        if (one.totalPaise === null) steps[one.step] = (steps[one.step] ?? 0) + 1;
        else {
          counts.invoices += 1;
          totals[one.currency] = (totals[one.currency] ?? 0n) + one.totalPaise;
        }
        if (dryRun && listed.length < BILLING.maxListed) listed.push(one);
      }
    },
    fail: (isParked) => {
      counts.subscriptions += 1;
      counts.failed += 1;
      if (isParked) counts.parked += 1;
    },
    sum: () => ({ ...counts, totals, steps, deferred: deferred.size, listed }),
  };
}
