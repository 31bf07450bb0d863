/**
 * How payments went, from the warehouse: what succeeded and failed by method, bank, hour and reason, what retries won back, and
 * what fees, refunds and disputes cost. Attempts count on the IST day on which they were made, disputes and settlements on their
 * own; one currency at a time, amounts in its minor units.
 */
import { assert } from '../core/errors.js';
import type { Duckdb } from '../core/duckdb.js';
import type { Breakdown, Scope } from './queries.js';

export interface AttemptTotals {
  readonly attempts: number;
  readonly captured: number;
  readonly failed: number;
  /** Authorised, never captured, and given back by the gateway. */
  readonly lapsed: number;
  readonly capturedAmountPaise: bigint;
  readonly failedAmountPaise: bigint;
  /** Captured payments whose fee is known, and the fee with its GST. */
  readonly charged: number;
  readonly chargedAmountPaise: bigint;
  readonly feePaise: bigint;
  readonly gstPaise: bigint;
}

const IN_SCOPE = 'day BETWEEN $1::DATE AND $2::DATE AND currency = $3';
const COUNTS = `
  count(*)::DOUBLE AS attempts,
  count(*) FILTER (status = 'captured')::DOUBLE AS captured,
  count(*) FILTER (status = 'failed')::DOUBLE AS failed,
  coalesce(sum(amount_paise) FILTER (status = 'captured'), 0)::BIGINT AS "capturedAmountPaise"`;

export function readAttemptTotals(db: Duckdb, scope: Scope): Promise<AttemptTotals> {
  return one<AttemptTotals>(
    db,
    `SELECT ${COUNTS},
       count(*) FILTER (status = 'lapsed')::DOUBLE AS lapsed,
       coalesce(sum(amount_paise) FILTER (status = 'failed'), 0)::BIGINT AS "failedAmountPaise",
       count(fee_paise)::DOUBLE AS charged,
       coalesce(sum(amount_paise) FILTER (fee_paise IS NOT NULL), 0)::BIGINT AS "chargedAmountPaise",
       coalesce(sum(fee_paise), 0)::BIGINT AS "feePaise",
       coalesce(sum(tax_paise), 0)::BIGINT AS "gstPaise"
     FROM attempts WHERE ${IN_SCOPE}`,
    scope,
  );
}

export function readAttemptMethods(db: Duckdb, scope: Scope): Promise<Breakdown[]> {
  return readBreakdown(db, scope, `coalesce(method, 'unknown')`, 'true');
}

/** The ten with most attempts; the payer's bank, or the wallet. Cards and UPI payments rarely name one. */
export function readBanks(db: Duckdb, scope: Scope): Promise<Breakdown[]> {
  return readBreakdown(db, scope, 'bank', 'bank IS NOT NULL');
}

function readBreakdown(db: Duckdb, scope: Scope, name: string, where: string): Promise<Breakdown[]> {
  return db.rows<Breakdown>(
    `SELECT ${name} AS name, ${COUNTS} FROM attempts WHERE ${IN_SCOPE} AND ${where}
     GROUP BY 1 ORDER BY attempts DESC, name LIMIT 10`,
    bound(scope),
  );
}

export interface HourOfDay {
  /** 0 to 23, in IST. */
  readonly hour: number;
  readonly attempts: number;
  readonly captured: number;
  readonly failed: number;
}

/** All twenty-four. */
export function readHours(db: Duckdb, scope: Scope): Promise<HourOfDay[]> {
  return db.rows<HourOfDay>(
    `SELECT h.hour::DOUBLE AS hour, count(a.attempt_id)::DOUBLE AS attempts,
       count(*) FILTER (a.status = 'captured')::DOUBLE AS captured,
       count(*) FILTER (a.status = 'failed')::DOUBLE AS failed
     FROM range(24) AS h(hour)
     LEFT JOIN attempts AS a ON a.hour = h.hour AND ${IN_SCOPE}
     GROUP BY h.hour ORDER BY h.hour`,
    bound(scope),
  );
}

export interface FailedFor {
  readonly reason: string;
  /** A debit on a mandate: nobody was there to act. */
  readonly isRecurring: boolean;
  readonly failed: number;
  readonly failedAmountPaise: bigint;
  /** Payments whose first attempt failed so, those tried again, and those captured in the end. */
  readonly payments: number;
  readonly retried: number;
  readonly recovered: number;
  readonly recoveredAmountPaise: bigint;
}

const IS_RECURRING = `coalesce(method IN ('emandate', 'nach'), false)`;

/** Every reason, the most frequent first. */
export function readFailures(db: Duckdb, scope: Scope): Promise<FailedFor[]> {
  return db.rows<FailedFor>(
    `WITH failures AS (
       SELECT failure_reason AS reason, ${IS_RECURRING} AS "isRecurring", count(*)::DOUBLE AS failed,
         sum(amount_paise)::BIGINT AS "failedAmountPaise"
       FROM attempts WHERE status = 'failed' AND ${IN_SCOPE} GROUP BY ALL
     ), retries AS (
       SELECT failure_reason AS reason, ${IS_RECURRING} AS "isRecurring", count(*)::DOUBLE AS payments,
         count(*) FILTER (retries > 0)::DOUBLE AS retried, count(*) FILTER (recovered)::DOUBLE AS recovered,
         sum(recovered_amount_paise)::BIGINT AS "recoveredAmountPaise"
       FROM recoveries WHERE ${IN_SCOPE} GROUP BY ALL
     )
     SELECT failures.*, coalesce(payments, 0) AS payments, coalesce(retried, 0) AS retried,
       coalesce(recovered, 0) AS recovered, coalesce("recoveredAmountPaise", 0)::BIGINT AS "recoveredAmountPaise"
     FROM failures LEFT JOIN retries USING (reason, "isRecurring")
     ORDER BY failed DESC, reason, "isRecurring"`,
    bound(scope),
  );
}

export interface RefundTotals {
  readonly refunds: number;
  readonly refundsAmountPaise: bigint;
}

export function readRefundTotals(db: Duckdb, scope: Scope): Promise<RefundTotals> {
  return one<RefundTotals>(
    db,
    `SELECT count(*)::DOUBLE AS refunds, coalesce(sum(amount_paise), 0)::BIGINT AS "refundsAmountPaise"
     FROM refunds WHERE ${IN_SCOPE}`,
    scope,
  );
}

export interface DisputeTotals {
  readonly disputes: number;
  readonly open: number;
  readonly won: number;
  readonly lost: number;
  readonly disputedAmountPaise: bigint;
  readonly lostAmountPaise: bigint;
}

export function readDisputeTotals(db: Duckdb, scope: Scope): Promise<DisputeTotals> {
  return one<DisputeTotals>(
    db,
    `SELECT count(*)::DOUBLE AS disputes, count(*) FILTER (status = 'open')::DOUBLE AS open,
       count(*) FILTER (status = 'won')::DOUBLE AS won, count(*) FILTER (status = 'lost')::DOUBLE AS lost,
       coalesce(sum(amount_paise), 0)::BIGINT AS "disputedAmountPaise",
       coalesce(sum(amount_paise) FILTER (status = 'lost'), 0)::BIGINT AS "lostAmountPaise"
     FROM disputes WHERE ${IN_SCOPE}`,
    scope,
  );
}

export interface SettlementTotals {
  readonly settlements: number;
  readonly settledAmountPaise: bigint;
}

/** What the gateway paid out; settlements are in INR, whatever was paid in. */
export function readSettlementTotals(db: Duckdb, scope: Scope): Promise<SettlementTotals> {
  return one<SettlementTotals>(
    db,
    `SELECT count(*)::DOUBLE AS settlements, coalesce(sum(amount_paise), 0)::BIGINT AS "settledAmountPaise"
     FROM settlements WHERE day BETWEEN $1::DATE AND $2::DATE AND status = 'processed' AND $3 = 'INR'`,
    scope,
  );
}

async function one<T>(db: Duckdb, sql: string, scope: Scope): Promise<T> {
  const [row] = await db.rows<T & Record<string, unknown>>(sql, bound(scope));
  assert(row !== undefined, 'an aggregate has a row');
  return row;
}

function bound({ from, to, currency }: Scope): string[] {
  return [from, to, currency];
}
