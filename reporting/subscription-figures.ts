/**
 * The figures of the subscription report, from `subscription_events` alone: each event says what its subscription is worth a month
 * from then on, so a change is the difference to the event before, and the waterfall closes by construction. As of an instant only
 * what was known then counts; an event belongs to the month in which it happened.
 */
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../core/transaction.js';
import { groupedBy } from './grouped.js';
import type { Cohort, MonthFigures, PlanValue, SubscriptionReport } from './subscription-report.js';

/** Cohorts are followed so far. */
const MONTHS = 24;

const MONTH = (instant: string): string =>
  `date_trunc('month', ${instant} AT TIME ZONE 'Asia/Kolkata')::date`;

/**
 * Every event with what the subscription was worth before, and of which kind the change is. A pause takes from the same
 * subscription and its end gives it back; a payer who had left and subscribes again is won back.
 */
const STEPS = `
  WITH life AS (
    SELECT e.subscription_id, s.payer_id, e.number, e.occurred_at, e.event, e.to_status, e.mrr_paise, s.plan_id,
      coalesce(lag(e.mrr_paise) OVER life, 0) AS before, lag(e.to_status) OVER life AS was,
      coalesce(max(e.mrr_paise) OVER (PARTITION BY e.subscription_id ORDER BY e.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
        AS most_before
    FROM subscription_events e JOIN subscriptions s USING (subscription_id)
    WHERE e.currency = $1 AND e.known_at < to_timestamp($2 / 1000.0)
    WINDOW life AS (PARTITION BY e.subscription_id ORDER BY e.number)
  ), steps AS (
    SELECT *, ${MONTH('occurred_at')} AS month, mrr_paise - before AS change,
      CASE
        WHEN mrr_paise = before THEN NULL
        WHEN before = 0 AND most_before = 0 THEN CASE WHEN EXISTS (
          SELECT FROM subscriptions o WHERE o.payer_id = life.payer_id AND o.subscription_id <> life.subscription_id
            AND o.started_at IS NOT NULL AND o.ended_at <= life.occurred_at) THEN 'reactivation' ELSE 'new' END
        WHEN before = 0 AND was <> 'paused' THEN 'reactivation'
        WHEN mrr_paise > before THEN 'expansion'
        WHEN mrr_paise = 0 AND to_status <> 'paused' THEN 'churn'
        ELSE 'contraction' END AS kind
    FROM life
  )`;

export async function readSubscriptionReport(
  pool: Pool,
  currency: string,
  asOf: number,
): Promise<SubscriptionReport> {
  return inTransaction(pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return {
      asOf: new Date(asOf).toISOString(),
      currency,
      months: waterfall(await readMonths(client, currency, asOf)),
      cohorts: await readCohorts(client, currency, asOf),
      plans: await readPlans(client, currency, asOf),
    };
  });
}

/** The currencies in which anything was ever subscribed to. */
export async function subscriptionCurrencies(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ currency: string }>(
    'SELECT DISTINCT currency FROM subscriptions ORDER BY currency',
  );
  return rows.map(({ currency }) => currency);
}

type Change = Omit<
  MonthFigures,
  'openingPaise' | 'closingPaise' | 'openingCount' | 'closingCount' | 'logoChurn' | 'revenueChurn'
> & {
  readonly change: number;
  readonly paying: number;
};

/** Amounts stay below 2^53, where doubles are exact. */
async function readMonths(client: PoolClient, currency: string, asOf: number): Promise<Change[]> {
  const sum = (condition: string, sign = ''): string =>
    `coalesce(sum(${sign}change) FILTER (WHERE ${condition}), 0)::float8`;
  const ended = (events: string): string => `count(*) FILTER (WHERE event IN (${events}) AND most > 0)::int`;
  const { rows } = await client.query<Change>(
    `${STEPS}, counted AS (SELECT *, greatest(most_before, mrr_paise) AS most FROM steps),
     changes AS (
       SELECT month, ${sum(`kind = 'new'`)} AS "newPaise", ${sum(`kind = 'expansion'`)} AS "expansionPaise",
         ${sum(`kind = 'reactivation'`)} AS "reactivationPaise", ${sum(`kind = 'contraction'`, '-')} AS "contractionPaise",
         ${sum(`kind = 'churn'`, '-')} AS "churnPaise",
         ${sum(`kind = 'churn' AND event IN ('suspend', 'lapse')`, '-')} AS "involuntaryChurnPaise",
         count(*) FILTER (WHERE most_before = 0 AND mrr_paise > 0)::int AS started, ${ended(`'cancel', 'end'`)} AS "endedVoluntary",
         ${ended(`'lapse'`)} AS "endedInvoluntary", ${ended(`'expire'`)} AS "endedByPlan",
         coalesce(sum(change), 0)::float8 AS change,
         sum((mrr_paise > 0)::int - (before > 0)::int)::int AS paying
       FROM counted GROUP BY month)
     SELECT to_char(m, 'YYYY-MM-DD') AS month, coalesce("newPaise", 0) AS "newPaise", coalesce("expansionPaise", 0) AS "expansionPaise",
       coalesce("reactivationPaise", 0) AS "reactivationPaise", coalesce("contractionPaise", 0) AS "contractionPaise",
       coalesce("churnPaise", 0) AS "churnPaise", coalesce("involuntaryChurnPaise", 0) AS "involuntaryChurnPaise",
       coalesce(started, 0) AS started, coalesce("endedVoluntary", 0) AS "endedVoluntary",
       coalesce("endedInvoluntary", 0) AS "endedInvoluntary", coalesce("endedByPlan", 0) AS "endedByPlan",
       coalesce(change, 0) AS change, coalesce(paying, 0) AS paying
     FROM generate_series((SELECT min(month) FROM changes)::timestamp, ${MONTH('to_timestamp($2 / 1000.0)')}::timestamp,
       interval '1 month') AS m LEFT JOIN changes ON changes.month = m::date ORDER BY m`,
    [currency, asOf],
  );
  return rows;
}

function waterfall(changes: readonly Change[]): MonthFigures[] {
  let closingPaise = 0;
  let closingCount = 0;
  return changes.map(({ change, paying, ...month }) => {
    const [openingPaise, openingCount] = [closingPaise, closingCount];
    closingPaise += change;
    closingCount += paying;
    const lost = month.churnPaise + month.contractionPaise;
    const left = month.endedVoluntary + month.endedInvoluntary;
    return {
      ...month,
      openingPaise,
      openingCount,
      closingPaise,
      closingCount,
      logoChurn: openingCount === 0 ? null : left / openingCount,
      revenueChurn: openingPaise === 0 ? null : lost / openingPaise,
    };
  });
}

interface CohortRow {
  readonly month: string;
  readonly age: number;
  readonly paying: number;
  readonly mrr: number;
  readonly subscriptions: number;
}

/** What is worth something at the end of a month pays. */
async function readCohorts(client: PoolClient, currency: string, asOf: number): Promise<Cohort[]> {
  const { rows } = await client.query<CohortRow>(
    `${STEPS}, begun AS (
       SELECT subscription_id, min(month) FILTER (WHERE mrr_paise > 0) AS cohort FROM steps GROUP BY subscription_id),
     ends AS (
       SELECT DISTINCT ON (subscription_id, month) subscription_id, month, mrr_paise
       FROM steps ORDER BY subscription_id, month, number DESC),
     spans AS (
       SELECT subscription_id, month, mrr_paise, lead(month) OVER (PARTITION BY subscription_id ORDER BY month) AS until
       FROM ends),
     sizes AS (SELECT cohort, count(*)::int AS subscriptions FROM begun WHERE cohort IS NOT NULL GROUP BY cohort)
     SELECT to_char(cohort, 'YYYY-MM-DD') AS month, age, count(*) FILTER (WHERE mrr_paise > 0)::int AS paying,
       coalesce(sum(mrr_paise), 0)::float8 AS mrr, subscriptions
     FROM sizes JOIN begun USING (cohort) CROSS JOIN generate_series(0, ${MONTHS}) AS age
       JOIN spans USING (subscription_id)
     WHERE (cohort + make_interval(months => age))::date <= ${MONTH('to_timestamp($2 / 1000.0)')}
       AND spans.month <= (cohort + make_interval(months => age))::date
       AND (spans.until IS NULL OR spans.until > (cohort + make_interval(months => age))::date)
     GROUP BY cohort, age, subscriptions ORDER BY cohort, age`,
    [currency, asOf],
  );
  return [...groupedBy(rows, ({ month }) => month)].map(([month, ages]) => {
    const [{ mrr: mrrPaise, subscriptions: size }] = ages;
    return {
      month,
      subscriptions: size,
      mrrPaise,
      kept: ages.map(({ age, paying, mrr }) => ({
        age,
        share: paying / size,
        revenueShare: mrrPaise === 0 ? null : mrr / mrrPaise,
      })),
    };
  });
}

/** Worth to come by the newest churn scores, and what those that ended have paid. */
async function readPlans(client: PoolClient, currency: string, asOf: number): Promise<PlanValue[]> {
  const { rows } = await client.query<PlanValue>(
    `WITH state AS (
       SELECT DISTINCT ON (subscription_id) subscription_id, plan_id, mrr_paise, to_status FROM subscription_events
       WHERE currency = $1 AND known_at < to_timestamp($2 / 1000.0) ORDER BY subscription_id, number DESC),
     paid AS (
       SELECT subscription_id, sum(paid_paise) AS paise FROM invoices WHERE subscription_id IS NOT NULL GROUP BY subscription_id),
     expected AS (
       SELECT DISTINCT ON (subscription_id) subscription_id, value_paise FROM churn_scores
       WHERE scored_at < to_timestamp($2 / 1000.0) ORDER BY subscription_id, scored_at DESC)
     SELECT plan_id AS "planId", count(*) FILTER (WHERE mrr_paise > 0)::int AS subscriptions, sum(mrr_paise)::float8 AS "mrrPaise",
       round(avg(value_paise) FILTER (WHERE mrr_paise > 0))::float8 AS "expectedPaise",
       round(avg(coalesce(paise, 0)) FILTER (WHERE to_status IN ('cancelled', 'expired')))::float8 AS "realisedPaise",
       count(*) FILTER (WHERE to_status IN ('cancelled', 'expired'))::int AS ended
     FROM state LEFT JOIN paid USING (subscription_id) LEFT JOIN expected USING (subscription_id)
     GROUP BY plan_id ORDER BY 3 DESC, plan_id`,
    [currency, asOf],
  );
  return rows;
}
