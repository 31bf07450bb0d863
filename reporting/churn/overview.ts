/**
 * What the churn page shows of one currency: the newest night and whom to contact, its segments, survival on the quarter that judged
 * the model, and what every past night became: what was said at least a week before expiry beside what happened.
 */
import type { Pool } from 'pg';
import { churnList, latestChurnNight, type RecordedChurn } from '../../models/churn-store.js';
import type { Segment } from '../../models/tasks/evaluate-churn.js';
import { latestUplift } from './uplift-store.js';
import type { ChurnUpliftReport } from './uplift-report.js';

/** Amounts are minor units. */
export interface NightSegment {
  readonly planId: string;
  /** How it is paid; null on nights that did not say. */
  readonly segment: string | null;
  readonly subscriptions: number;
  /** Mean probabilities. */
  readonly voluntary: number;
  readonly involuntary: number;
  readonly valuePaise: number;
  readonly atRiskPaise: number;
}

interface Judged {
  readonly renewals: number;
  /** Mean probability, and the share that ended. */
  readonly said: number;
  readonly came: number;
}

export interface JudgedMonth extends Judged {
  /** In which the renewals fell due, YYYY-MM in India. */
  readonly month: string;
  readonly saidVoluntary: number;
  readonly cameVoluntary: number;
  readonly saidInvoluntary: number;
  readonly cameInvoluntary: number;
}

export interface ChurnOverview {
  readonly scoredAt: number;
  readonly currency: string;
  readonly modelVersion: string;
  readonly list: readonly RecordedChurn[];
  readonly heldOut: number;
  readonly listed: number;
  readonly segments: readonly NightSegment[];
  /** Empty where a model was trained before survival was kept. */
  readonly survival: readonly Segment[];
  /** Oldest first; the last year's. */
  readonly months: readonly JudgedMonth[];
  /** By tenth of what was said, lowest first. */
  readonly tenths: readonly Judged[];
  /** Null on a night of an earlier version. */
  readonly uplift: ChurnUpliftReport | null;
}

/** As many as a person calls in a day; the API lists all. */
const LISTED = 25;

/** Null before the first night. @param currency null: the one of most subscriptions. */
export async function readChurn(
  pool: Pool,
  { now, currency }: { readonly now: number; readonly currency: string | null },
): Promise<ChurnOverview | null> {
  const scoredAt = await latestChurnNight(pool);
  if (scoredAt === null) return null;
  const night = await readNight(pool, scoredAt, currency);
  if (night === null) return null;
  const { currency: chosen, modelVersion } = night;
  const [list, segments, survival, months, tenths, uplift] = await Promise.all([
    churnList(pool, { limit: LISTED, withTreated: false, currency: chosen }, now),
    readSegments(pool, scoredAt, chosen),
    readSurvival(pool, modelVersion),
    readMonths(pool, now),
    readTenths(pool, now),
    latestUplift(pool, chosen),
  ]);
  return { scoredAt, ...night, list, segments, survival, months, tenths, uplift };
}

type NightTotals = Pick<ChurnOverview, 'currency' | 'modelVersion' | 'heldOut' | 'listed'>;

async function readNight(pool: Pool, scoredAt: number, currency: string | null): Promise<NightTotals | null> {
  const { rows } = await pool.query<NightTotals>(
    `SELECT currency, max(model_version) AS "modelVersion", count(DISTINCT payer_id) FILTER (WHERE held_out)::int AS "heldOut",
       count(*) FILTER (WHERE listed)::int AS listed
     FROM churn_scores WHERE scored_at = to_timestamp($1 / 1000.0) AND ($2::text IS NULL OR currency = $2)
     GROUP BY currency ORDER BY count(*) DESC, currency LIMIT 1`,
    [scoredAt, currency],
  );
  return rows[0] ?? null;
}

async function readSegments(pool: Pool, scoredAt: number, currency: string): Promise<NightSegment[]> {
  const { rows } = await pool.query<NightSegment>(
    `SELECT plan_id AS "planId", segment, count(*)::int AS subscriptions, avg(voluntary) AS voluntary,
       avg(involuntary) AS involuntary, sum(value_paise)::float8 AS "valuePaise",
       round(sum((voluntary + involuntary) * value_paise))::float8 AS "atRiskPaise"
     FROM churn_scores WHERE scored_at = to_timestamp($1 / 1000.0) AND currency = $2
     GROUP BY plan_id, segment ORDER BY "atRiskPaise" DESC, plan_id, segment`,
    [scoredAt, currency],
  );
  return rows;
}

async function readSurvival(pool: Pool, modelVersion: string): Promise<readonly Segment[]> {
  const { rows } = await pool.query<{ segments: Segment[] }>(
    'SELECT segments FROM churn_survival WHERE model_version = $1',
    [modelVersion],
  );
  return rows[0]?.segments ?? [];
}

const JUDGED = `FROM churn_outcomes
  WHERE judged_night IS NOT NULL AND due_at > to_timestamp($1 / 1000.0) - interval '1 year'
    AND settled_at <= to_timestamp($1 / 1000.0)`;

async function readMonths(pool: Pool, now: number): Promise<JudgedMonth[]> {
  const { rows } = await pool.query<JudgedMonth>(
    `SELECT to_char(due_at AT TIME ZONE 'Asia/Kolkata', 'YYYY-MM') AS month, count(*)::int AS renewals,
       avg(voluntary + involuntary) AS said, avg((outcome <> 'kept')::int)::float8 AS came,
       avg(voluntary) AS "saidVoluntary", avg((outcome = 'voluntary')::int)::float8 AS "cameVoluntary",
       avg(involuntary) AS "saidInvoluntary", avg((outcome = 'involuntary')::int)::float8 AS "cameInvoluntary"
     ${JUDGED} GROUP BY month ORDER BY month`,
    [now],
  );
  return rows;
}

async function readTenths(pool: Pool, now: number): Promise<Judged[]> {
  const { rows } = await pool.query<Judged>(
    `SELECT count(*)::int AS renewals, avg(said) AS said, avg(ended)::float8 AS came
     FROM (SELECT voluntary + involuntary AS said, (outcome <> 'kept')::int AS ended,
         ntile(10) OVER (ORDER BY voluntary + involuntary, subscription_id, due_at) AS tenth ${JUDGED}) AS judged
     GROUP BY tenth ORDER BY tenth`,
    [now],
  );
  return rows;
}
