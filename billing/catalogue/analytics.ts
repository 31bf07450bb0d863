/**
 * How plans do, from subscription_events alone: which are subscribed to, who moves between them, and what a new price does. As of an
 * instant only what had happened by then counts. Shares have 95 % intervals (Wilson); a difference has Newcombe's, from
 * the intervals of both shares (Statistics in Medicine 17, 1998).
 */
import type { Pool } from 'pg';
import { DAY_MS } from '../../core/days.js';
import { shareInterval } from '../../models/drift-measures.js';

/** The newest event of each subscription that had happened by $1. */
const STATE_AT = `
  SELECT DISTINCT ON (subscription_id) * FROM subscription_events
  WHERE occurred_at <= to_timestamp($1 / 1000.0) ORDER BY subscription_id, number DESC`;

export interface MixRow {
  readonly planId: string;
  readonly planVersion: number;
  readonly currency: string;
  readonly status: string;
  readonly subscriptions: number;
  readonly quantity: number;
  readonly mrrPaise: number;
}

/** Running subscriptions by version and status. @param at UTC epoch ms. */
export async function planMix(pool: Pool, at: number): Promise<MixRow[]> {
  const { rows } = await pool.query<MixRow>(
    `SELECT plan_id AS "planId", plan_version AS "planVersion", currency, to_status AS status,
       count(*)::integer AS subscriptions, sum(quantity)::integer AS quantity, sum(mrr_paise)::float8 AS "mrrPaise"
     FROM (${STATE_AT}) AS state WHERE to_status NOT IN ('cancelled', 'expired')
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    [at],
  );
  return rows;
}

export interface MoveRow {
  readonly fromPlanId: string;
  readonly fromVersion: number;
  readonly toPlanId: string;
  readonly toVersion: number;
  readonly currency: string;
  readonly upgrades: number;
  readonly downgrades: number;
  /** As dear as before, or while nothing was paid. */
  readonly sideways: number;
  readonly expansionPaise: number;
  readonly contractionPaise: number;
}

/** Changes of paying subscriptions in [from, until), with the same plan for other quantities and add-ons. Epoch ms. */
export async function planMoves(pool: Pool, from: number, until: number): Promise<MoveRow[]> {
  const { rows } = await pool.query<MoveRow>(
    `WITH steps AS (
       SELECT *, lag(plan_id) OVER life AS old_plan, lag(plan_version) OVER life AS old_version,
         mrr_paise - lag(mrr_paise) OVER life AS delta
       FROM subscription_events WINDOW life AS (PARTITION BY subscription_id ORDER BY number)
     )
     SELECT old_plan AS "fromPlanId", old_version AS "fromVersion", plan_id AS "toPlanId", plan_version AS "toVersion", currency,
       count(*) FILTER (WHERE delta > 0)::integer AS upgrades, count(*) FILTER (WHERE delta < 0)::integer AS downgrades,
       count(*) FILTER (WHERE delta = 0)::integer AS sideways,
       coalesce(sum(delta) FILTER (WHERE delta > 0), 0)::float8 AS "expansionPaise",
       coalesce(-sum(delta) FILTER (WHERE delta < 0), 0)::float8 AS "contractionPaise"
     FROM steps WHERE event = 'change' AND occurred_at >= to_timestamp($1 / 1000.0) AND occurred_at < to_timestamp($2 / 1000.0)
     GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`,
    [from, until],
  );
  return rows;
}

interface Share {
  readonly subscriptions: number;
  readonly events: number;
  readonly share: number | null;
  readonly low: number;
  readonly high: number;
}

interface Difference {
  readonly points: number;
  readonly low: number;
  readonly high: number;
}

interface Compared {
  readonly before: Share;
  readonly after: Share;
  /** After less before; null while one of the groups is empty. */
  readonly difference: Difference | null;
}

export interface PriceEffect {
  /** When the version was first in use: UTC epoch ms. */
  readonly changedAt: number;
  /** On each side; less than asked for while the days after are not over. */
  readonly days: number;
  /** Ended by the payer or for arrears. */
  readonly churn: Compared;
  /** Went on, for less a month. */
  readonly contraction: Compared;
}

/** Null: nobody has the version, or not for a day. @param now UTC epoch ms. */
export async function priceEffect(
  pool: Pool,
  { planId, version, days }: { readonly planId: string; readonly version: number; readonly days: number },
  now: number,
): Promise<PriceEffect | null> {
  const { rows } = await pool.query<{ changed_at: number | null }>(
    'SELECT min(occurred_at) AS changed_at FROM subscription_events WHERE plan_id = $1 AND plan_version = $2',
    [planId, version],
  );
  const changedAt = rows[0]?.changed_at ?? null;
  if (changedAt === null) return null;
  const seen = Math.min(days, Math.floor((now - changedAt) / DAY_MS));
  if (seen < 1) return null;
  const before = await fates(pool, planId, { from: changedAt - seen * DAY_MS, until: changedAt });
  const after = await fates(pool, planId, { from: changedAt, until: changedAt + seen * DAY_MS });
  return {
    changedAt,
    days: seen,
    churn: compare(before.of, before.churned, after.of, after.churned),
    contraction: compare(before.of, before.contracted, after.of, after.contracted),
  };
}

interface Fates {
  readonly of: number;
  readonly churned: number;
  readonly contracted: number;
}

/**
 * Of those who paid for the plan just before the window: who ended, and who pays less, at its end. A new price raises what is paid, so
 * contraction is what people do about it; who only pauses has not ended.
 */
async function fates(
  pool: Pool,
  planId: string,
  { from, until }: { readonly from: number; readonly until: number },
): Promise<Fates> {
  const { rows } = await pool.query<Fates>(
    `WITH began AS (
       SELECT DISTINCT ON (subscription_id) subscription_id, plan_id, mrr_paise FROM subscription_events
       WHERE occurred_at < to_timestamp($2 / 1000.0) ORDER BY subscription_id, number DESC
     ), ended AS (
       SELECT DISTINCT ON (subscription_id) subscription_id, to_status, mrr_paise FROM subscription_events
       WHERE occurred_at < to_timestamp($3 / 1000.0) ORDER BY subscription_id, number DESC
     )
     SELECT count(*)::integer AS of, count(*) FILTER (WHERE to_status = 'cancelled')::integer AS churned,
       count(*) FILTER (WHERE to_status IN ('active', 'past_due') AND ended.mrr_paise < began.mrr_paise)::integer AS contracted
     FROM began JOIN ended USING (subscription_id) WHERE began.plan_id = $1 AND began.mrr_paise > 0`,
    [planId, from, until],
  );
  return rows[0] ?? { of: 0, churned: 0, contracted: 0 };
}

function compare(ofBefore: number, before: number, ofAfter: number, after: number): Compared {
  const a = shareOf(before, ofBefore);
  const b = shareOf(after, ofAfter);
  if (a.share === null || b.share === null) return { before: a, after: b, difference: null };
  const points = b.share - a.share;
  return {
    before: a,
    after: b,
    difference: {
      points,
      low: points - Math.hypot(b.share - b.low, a.high - a.share),
      high: points + Math.hypot(b.high - b.share, a.share - a.low),
    },
  };
}

function shareOf(events: number, subscriptions: number): Share {
  const share = subscriptions === 0 ? null : events / subscriptions;
  return { subscriptions, events, share, ...shareInterval(events, subscriptions) };
}
