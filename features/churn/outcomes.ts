/**
 * What became of paid periods whose outcome counts, told exactly as training labels are: 30 days after expiry, by facts known before the
 * asking, whenever the end came. Unlike training rows, a period that ended early is here too: whoever was scored gets an answer.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { defineCalendar, findPeriods, OUTCOME, SETTLED_AT } from './renewals.js';
import type { ChurnOutcome } from './rows.js';

export interface SettledPeriod {
  readonly subscriptionId: string;
  readonly planId: string;
  /** The paid period, from 1. */
  readonly period: number;
  /** Epoch milliseconds, as all instants here. */
  readonly dueAt: number;
  readonly settledAt: number;
  readonly outcome: ChurnOutcome;
}

/** In the order in which they were due; `db` has the lake's views. */
export async function settledPeriods(
  db: Duckdb,
  { asOfMs, dueFromMs }: { readonly asOfMs: number; readonly dueFromMs: number },
): Promise<SettledPeriod[]> {
  await defineCalendar(db);
  await findPeriods(db, asOfMs);
  const instant = (ms: number): string => `make_timestamp(${ms * 1000})`;
  return db.rows<SettledPeriod>(
    `SELECT subscription_id AS "subscriptionId", plan_id AS "planId", period::DOUBLE AS period,
       epoch_ms(due_at)::DOUBLE AS "dueAt", epoch_ms(${SETTLED_AT})::DOUBLE AS "settledAt", ${OUTCOME} AS outcome
     FROM churn_periods WHERE due_at >= ${instant(dueFromMs)} AND ${SETTLED_AT} <= ${instant(asOfMs)}
     ORDER BY due_at, subscription_id, period`,
  );
}
