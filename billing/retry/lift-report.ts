/**
 * The measured lift, read from the debits: chains whose first attempt failed for a cause that may be retried, in the arm of their
 * payer, once they have had time to end. The same instant and the same rows give the same report.
 */
import type { Pool } from 'pg';
import { DAY_MS } from '../../core/days.js';
import { declineCause } from '../../core/decline-reasons.js';
import type { PaymentMethod } from '../../core/decline-reasons.js';
import { isOnLadder } from './hold-out.js';
import { liftOf } from './lift.js';
import type { Lift, PayerOutcome } from './lift.js';
import { POLICY } from './settings.js';

/** A chain ends with its cycle; the longest common one is a month. Younger chains would count against whoever waits. */
export const MATURE_MS = 31 * DAY_MS;

/** First failures known in [from, to). */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** How retries of one kind went: by their number, by who chose them, by the hour in Kolkata, by why the one before failed. */
export interface RetryCount {
  readonly by: 'attempt' | 'chosen-by' | 'hour' | 'reason';
  readonly name: string;
  readonly arm: 'model' | 'hold-out';
  readonly debits: number;
  readonly succeeded: number;
}

export interface LiftReport extends Lift {
  readonly counts: readonly RetryCount[];
}

interface ChainRow {
  readonly payer: string;
  readonly method: PaymentMethod;
  readonly reason: string | null;
  readonly failed: number;
  readonly recovered: number;
  readonly failedPaise: string;
  readonly recoveredPaise: string;
}

/** The first presented debit of each chain, and whether a later one got the money. */
const CHAINS = `
  WITH first AS (
    SELECT DISTINCT ON (invoice_id, mandate_id) invoice_id, mandate_id, attempt, status, decline_reason, amount_paise, resolved_at
    FROM debits WHERE status IN ('failed', 'succeeded') ORDER BY invoice_id, mandate_id, attempt)
  SELECT i.payer_id AS payer, m.method, f.decline_reason AS reason, count(*)::int AS failed, count(r.amount_paise)::int AS recovered,
         sum(f.amount_paise)::text AS "failedPaise", coalesce(sum(r.amount_paise), 0)::text AS "recoveredPaise"
  FROM first f
  JOIN invoices i USING (invoice_id)
  JOIN mandates m ON m.mandate_id = f.mandate_id
  LEFT JOIN LATERAL (
    SELECT d.amount_paise FROM debits d
    WHERE d.invoice_id = f.invoice_id AND d.attempt > f.attempt AND d.status = 'succeeded' LIMIT 1) r ON true
  WHERE f.status = 'failed' AND f.resolved_at >= $1 AND f.resolved_at < $2
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

/** Retries with a result whose slot lies in the span, counted four ways. */
const COUNTS = `
  WITH retries AS (
    SELECT d.arm, d.attempt::text AS attempt, d.chosen_by, (d.status = 'succeeded')::int AS succeeded,
           to_char(d.slot_at AT TIME ZONE 'Asia/Kolkata', 'HH24') AS hour, coalesce(b.decline_reason, 'unknown') AS reason
    FROM debits d
    JOIN LATERAL (
      SELECT decline_reason FROM debits e
      WHERE e.invoice_id = d.invoice_id AND e.attempt < d.attempt AND e.status = 'failed'
      ORDER BY e.attempt DESC LIMIT 1) b ON true
    WHERE d.status IN ('failed', 'succeeded') AND d.slot_at >= $1 AND d.slot_at < $2)
  SELECT k.by, k.name, arm, count(*)::int AS debits, sum(succeeded)::int AS succeeded
  FROM retries, LATERAL (VALUES ('attempt', attempt), ('chosen-by', chosen_by), ('hour', hour), ('reason', reason)) AS k (by, name)
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

export async function liftReport(pool: Pool, { fromMs, toMs }: Span): Promise<LiftReport> {
  const span = [new Date(fromMs), new Date(toMs)];
  const [chains, counts] = await Promise.all([
    pool.query<ChainRow>(CHAINS, span),
    pool.query<RetryCount>(COUNTS, span),
  ]);
  const payers = byPayer(chains.rows.filter(mayBeRetried));
  const arm = (isHeld: boolean): PayerOutcome[] =>
    [...payers]
      .filter(([payer]) => isOnLadder(payer, POLICY.heldOutShare) === isHeld)
      .map(([, outcome]) => outcome);
  return { ...liftOf(arm(false), arm(true)), counts: counts.rows };
}

function mayBeRetried({ method, reason }: ChainRow): boolean {
  return declineCause(reason ?? '', { method, isRecurring: true }).autoRetry !== 'never';
}

function byPayer(rows: readonly ChainRow[]): Map<string, PayerOutcome> {
  const payers = new Map<string, PayerOutcome>();
  for (const row of rows) {
    const before = payers.get(row.payer) ?? { failed: 0, recovered: 0, failedPaise: 0n, recoveredPaise: 0n };
    payers.set(row.payer, {
      failed: before.failed + row.failed,
      recovered: before.recovered + row.recovered,
      failedPaise: before.failedPaise + BigInt(row.failedPaise),
      recoveredPaise: before.recoveredPaise + BigInt(row.recoveredPaise),
    });
  }
  return payers;
}
