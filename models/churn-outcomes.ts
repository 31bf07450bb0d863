/**
 * What became of scored renewals, beside what was said of them at least a week before they expired: written once when an outcome
 * counts, so that the trial and every past night are judged by PostgreSQL alone.
 */
import type { Pool } from 'pg';
import { DAY_MS } from '../core/days.js';
import type { Duckdb } from '../core/duckdb.js';
import { jsonRows } from '../core/json-rows.js';
import { GRACE_DAYS } from '../features/churn/renewals.js';
import { settledPeriods } from '../features/churn/outcomes.js';
import { JUDGED_LEAD } from './tasks/churn.js';

/** Rows of one statement. */
const ROWS_AT_ONCE = 2000;

/** Settles what is due since the last time; answers how many renewals were. `db` has the lake's views. */
export async function settleChurn(pool: Pool, db: Duckdb, asOfMs: number): Promise<number> {
  const { rows } = await pool.query<{ from: number | null }>(
    `SELECT coalesce((SELECT max(due_at) FROM churn_outcomes), (SELECT min(due_at) FROM churn_scores)) AS from`,
  );
  const from = rows[0]?.from ?? null;
  if (from === null) return 0;
  // A month again: a lake that was behind on the last night has caught up.
  const periods = await settledPeriods(db, { asOfMs, dueFromMs: from - GRACE_DAYS * DAY_MS });
  let settled = 0;
  for (let at = 0; at < periods.length; at += ROWS_AT_ONCE) {
    const { rowCount } = await pool.query(INSERT, [
      jsonRows(
        periods.slice(at, at + ROWS_AT_ONCE).map(({ dueAt, settledAt, ...period }) => ({
          ...period,
          dueAt: new Date(dueAt).toISOString(),
          settledAt: new Date(settledAt).toISOString(),
        })),
      ),
      JUDGED_LEAD,
    ]);
    settled += rowCount ?? 0;
  }
  return settled;
}

const INSERT = `
  INSERT INTO churn_outcomes (subscription_id, due_at, plan_id, period, outcome, settled_at, judged_night, voluntary,
    involuntary, segment)
  SELECT o."subscriptionId", o."dueAt", o."planId", o.period, o.outcome, o."settledAt", said.scored_at, said.voluntary,
    said.involuntary, said.segment
  FROM json_to_recordset($1) AS o("subscriptionId" text, "planId" text, period int, "dueAt" timestamptz,
      "settledAt" timestamptz, outcome text)
    LEFT JOIN LATERAL (
      SELECT scored_at, voluntary, involuntary, segment FROM churn_scores s
      WHERE s.subscription_id = o."subscriptionId" AND s.due_at = o."dueAt"
        AND s.scored_at <= o."dueAt" - make_interval(days => $2)
      ORDER BY scored_at DESC LIMIT 1) AS said ON true
  WHERE EXISTS (SELECT FROM churn_scores s WHERE s.subscription_id = o."subscriptionId" AND s.due_at = o."dueAt")
  ON CONFLICT (subscription_id, due_at) DO NOTHING`;
