/**
 * Which renewals there are and what became of them, from subscription facts alone: one row for each paid period and lead
 * (days before it expires) at which the subscription was still alive. A renewal is `kept` when it was paid or paused by
 * agreement within 30 days of expiry, `voluntary` when the payer ended it, `involuntary` when it lapsed for want of
 * payment. A row sees facts with known_at < as_of, strictly; its outcome is settled 30 days after expiry, never sooner.
 */
import type { Duckdb } from '../../core/duckdb.js';

/** A renewal may come late; nothing is called churn before this many days have passed. */
export const GRACE_DAYS = 30;
/** A plan's term is the median of its first so many gaps between payments: contract facts do not name it. */
const GAPS_TO_TERM = 10;

/** The protections against knowing too much; each can be taken off to see what it is worth. */
export const LEAK_GUARDS = ['lead', 'maturity', 'known-at', 'time-split'] as const;
export type LeakGuard = (typeof LEAK_GUARDS)[number];

export interface RenewalRequest {
  /** Facts known at or after this instant do not exist. Epoch ms. */
  readonly asOfMs: number;
  /** Days before expiry at which a renewal is looked at; each makes a row. */
  readonly leads: readonly number[];
  /** The open renewals as of `asOfMs` in place of the past ones. */
  readonly open?: boolean;
  /** A guard that is off, to measure it. */
  readonly without?: LeakGuard | undefined;
}

/** The column by which a fact is placed in time. */
export function clockOf(without: LeakGuard | undefined): 'known_at' | 'occurred_at' {
  return without === 'known-at' ? 'occurred_at' : 'known_at';
}

/** Makes the temporary table `churn_renewals` from the view `subscription_events`; `row_no` counts its rows from 0. */
export async function findRenewals(db: Duckdb, request: RenewalRequest): Promise<void> {
  await findPeriods(db, request.asOfMs);
  const asOf = `make_timestamp(${request.asOfMs * 1000})`;
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_renewals AS ${renewals(request, asOf)}`);
}

/** Makes the temporary table `churn_periods`: every paid period and the step after it, as known before the instant. */
export async function findPeriods(db: Duckdb, asOfMs: number): Promise<void> {
  const asOf = `make_timestamp(${asOfMs * 1000})`;
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_events AS
    SELECT subscription_id, payer_id, counterparty_id, plan_id, event, amount_paise::DOUBLE AS amount, currency,
      sequence, occurred_at, known_at
    FROM subscription_events WHERE known_at < ${asOf}`);
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_terms AS ${TERMS}`);
  await db.run(`CREATE OR REPLACE TEMP TABLE churn_periods AS ${PERIODS}`);
}

export const SETTLED_AT = `due_at + INTERVAL ${GRACE_DAYS} DAY`;

/** What became of a paid period of `churn_periods` that is settled. */
export const OUTCOME = `
      CASE
        WHEN next_at <= ${SETTLED_AT} AND next_event IN ('renewed', 'paused', 'started') THEN 'kept'
        WHEN next_at <= ${SETTLED_AT} AND next_event = 'cancelled' THEN 'voluntary'
        ELSE 'involuntary'
      END`;

/** Known from the last of the gaps on and never changed after: a later fact cannot move an earlier row. */
const TERMS = `
  WITH paid AS (
    SELECT *, lag(occurred_at) OVER life AS before_at, lag(event) OVER life AS before
    FROM churn_events WHERE event <> 'price_changed'
    WINDOW life AS (PARTITION BY subscription_id ORDER BY known_at, sequence)
  ),
  gaps AS (
    SELECT plan_id, known_at, date_diff('hour', before_at, occurred_at) / 24 AS days,
      row_number() OVER (PARTITION BY plan_id ORDER BY known_at, sequence) AS n
    FROM paid WHERE event = 'renewed' AND before IN ('started', 'renewed')
  )
  SELECT plan_id, max(known_at) AS term_known_at,
    CASE WHEN median(days) >= 25 THEN round(median(days) / 30.4375)::INTEGER ELSE 0 END AS months,
    CASE WHEN median(days) >= 25 THEN 0 ELSE greatest(1, round(median(days)))::INTEGER END AS days
  FROM gaps WHERE n <= ${GAPS_TO_TERM} GROUP BY plan_id HAVING count(*) = ${GAPS_TO_TERM}`;

/** Periods are counted in Indian calendar days from the anchor: where the subscription started or was resumed last. */
const PERIODS = `
  WITH life AS (
    SELECT *,
      last_value(CASE WHEN event IN ('started', 'resumed') THEN occurred_at END IGNORE NULLS) OVER so_far AS anchor_at,
      first_value(occurred_at) OVER so_far AS started_at
    FROM churn_events
    WINDOW so_far AS (PARTITION BY subscription_id ORDER BY known_at, sequence ROWS UNBOUNDED PRECEDING)
  ),
  steps AS (
    SELECT *, lead(event) OVER life AS next_event, lead(occurred_at) OVER life AS next_at,
      lead(known_at) OVER life AS next_known_at
    FROM life WHERE event NOT IN ('price_changed', 'resumed')
    WINDOW life AS (PARTITION BY subscription_id ORDER BY known_at, sequence)
  ),
  placed AS (
    SELECT s.*, t.term_known_at, t.months, t.days, ist_on(anchor_at) AS anchor_on, ist_on(occurred_at) AS began_on,
      row_number() OVER (PARTITION BY subscription_id ORDER BY known_at, sequence) AS period,
      round(date_diff('day', ist_on(anchor_at), ist_on(occurred_at)) / (t.months * 30.4375 + t.days))::INTEGER AS turns
    FROM steps s JOIN churn_terms t USING (plan_id) WHERE event IN ('started', 'renewed')
  )
  SELECT * EXCLUDE (event, sequence, occurred_at, known_at), sequence AS paid_sequence, known_at AS began_known_at,
    months * 30.4375 + days AS term_days,
    date_diff('day', (anchor_on + to_months(turns * months) + to_days(turns * days))::DATE, began_on) AS late_days,
    (anchor_on + to_months((turns + 1) * months) + to_days((turns + 1) * days))::TIMESTAMP - INTERVAL 330 MINUTE AS due_at
  FROM placed`;

function renewals({ asOfMs, leads, open = false, without }: RenewalRequest, asOf: string): string {
  const lead = `unnest([${leads.join(', ')}])`;
  const isMature = without === 'maturity' ? `due_at < ${asOf}` : `${SETTLED_AT} <= ${asOf}`;
  const wanted = open
    ? `next_event IS NULL AND ${SETTLED_AT} > ${asOf}`
    : `${isMature} AND began_known_at < as_of AND term_known_at < as_of AND (next_known_at IS NULL OR next_known_at >= as_of)`;
  const rows = open
    ? `SELECT *, greatest(0, date_diff('day', ist_on(${asOf}), ist_on(due_at))) AS lead_days, ${asOf} AS as_of FROM churn_periods`
    : `SELECT *, due_at - to_days(lead_days) AS as_of FROM (SELECT *, ${lead} AS lead_days FROM churn_periods)`;
  return `
    SELECT row_number() OVER (ORDER BY as_of, subscription_id, lead_days) - 1 AS row_no, *,
      ${without === 'lead' ? 'due_at' : 'as_of'} AS seen_until, ${SETTLED_AT} AS settled_at,
      CASE WHEN ${String(open)} THEN NULL ELSE ${OUTCOME} END AS outcome
    FROM (${rows}) WHERE ${wanted} AND as_of < make_timestamp(${asOfMs * 1000}) + INTERVAL 1 MICROSECOND`;
}

/** The one rule of the calendar: India has one zone and no summer time. */
export async function defineCalendar(db: Duckdb): Promise<void> {
  await db.run(`CREATE OR REPLACE TEMP MACRO ist_on(instant) AS (instant + INTERVAL 330 MINUTE)::DATE`);
}
