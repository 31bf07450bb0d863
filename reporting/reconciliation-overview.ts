/** What the reconciliation page shows: the last days as the gateway settled them, and what waits for a person, by reason and one by one. */
import type { Pool } from 'pg';
import { dayTotals, listExceptions, waitingByReason } from '../billing/reconciliation/report.js';
import type { DayTotals, ShownException, Waiting } from '../billing/reconciliation/report.js';
import { dayOf, formatDay } from '../core/days.js';

export interface ReconciliationOverview {
  /** Newest first. */
  readonly days: readonly DayTotals[];
  /** The most money first. */
  readonly waiting: readonly Waiting[];
  readonly cases: readonly ShownException[];
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

const SHOWN_DAYS = 30;
const SHOWN_CASES = 20;

export async function readReconciliation(pool: Pool, now: number): Promise<ReconciliationOverview> {
  const today = dayOf(now);
  const [days, waiting, cases] = await Promise.all([
    dayTotals(pool, formatDay(today - SHOWN_DAYS), formatDay(today)),
    waitingByReason(pool),
    listExceptions(pool, { status: 'open', reason: null, limit: SHOWN_CASES, offset: 0 }),
  ]);
  return { days: days.toReversed(), waiting, cases, today: formatDay(today) };
}
