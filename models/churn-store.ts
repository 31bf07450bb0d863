/**
 * Churn scores in PostgreSQL, night by night and never overwritten, so that every forecast can be scored later. The list of
 * whom to contact leaves out the permanent hold-out and who was treated lately; a payer's own scores leave out nothing.
 */
import type { Pool } from 'pg';
import { jsonRows } from '../core/json-rows.js';
import { inTransaction } from '../core/transaction.js';
import type { ChurnEffects } from './churn-effect.js';
import type { Segment } from './tasks/evaluate-churn.js';
import type { ChurnScore } from './tasks/score-churn.js';

interface Night {
  readonly scoredAt: number;
  readonly modelVersion: string;
  /** By which the scores were ranked. */
  readonly effects: ChurnEffects;
}

/** Rows of one statement. */
const ROWS_AT_ONCE = 2000;

/** All of a night or nothing. */
export async function saveChurnScores(
  pool: Pool,
  scores: readonly ChurnScore[],
  { scoredAt, modelVersion, effects }: Night,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('INSERT INTO churn_nights VALUES ($1, $2, $3, $4)', [
      new Date(scoredAt),
      effects.voluntary.prevented,
      effects.involuntary.prevented,
      JSON.stringify(effects),
    ]);
    for (let from = 0; from < scores.length; from += ROWS_AT_ONCE) {
      await client.query(INSERT, [
        new Date(scoredAt),
        modelVersion,
        jsonRows(
          scores.slice(from, from + ROWS_AT_ONCE).map(({ dueAt, ...score }) => ({
            ...score,
            dueAt: new Date(dueAt).toISOString(),
          })),
        ),
      ]);
    }
  });
}

const INSERT = `
  INSERT INTO churn_scores (scored_at, model_version, subscription_id, payer_id, plan_id, currency, due_at, voluntary,
    involuntary, value_paise, priority_paise, held_out, listed, assigned_kind, segment, reasons)
  SELECT $1, $2, "subscriptionId", "payerId", "planId", currency, "dueAt", voluntary, involuntary, "valuePaise",
    "priorityPaise", "heldOut", listed, "assignedKind", segment, reasons
  FROM json_to_recordset($3) AS s("subscriptionId" text, "payerId" text, "planId" text, currency text,
    "dueAt" timestamptz, voluntary float8, involuntary float8, "valuePaise" bigint, "priorityPaise" bigint,
    "heldOut" boolean, listed boolean, "assignedKind" text, segment text, reasons json)`;

export interface RecordedChurn {
  readonly subscriptionId: string;
  readonly payerId: string;
  readonly planId: string;
  readonly scoredAt: string;
  readonly dueAt: string;
  readonly churnProbability: number;
  readonly voluntary: number;
  readonly involuntary: number;
  readonly currency: string;
  readonly valuePaise: number;
  readonly priorityPaise: number;
  readonly heldOut: boolean;
  readonly listed: boolean;
  readonly assignedKind: string | null;
  readonly segment: string | null;
  readonly treatedAt: string | null;
  readonly reasons: string[];
  readonly modelVersion: string;
}

const SELECT = `
  SELECT subscription_id AS "subscriptionId", payer_id AS "payerId", plan_id AS "planId", scored_at AS "scoredAt",
    due_at AS "dueAt", voluntary + involuntary AS "churnProbability", voluntary, involuntary, currency,
    value_paise::float8 AS "valuePaise", priority_paise::float8 AS "priorityPaise", held_out AS "heldOut", listed,
    assigned_kind AS "assignedKind", segment, reasons, model_version AS "modelVersion", treated_at AS "treatedAt"
  FROM churn_scores LEFT JOIN LATERAL (
    SELECT max(treated_at) AS treated_at FROM churn_treatments t
    WHERE t.payer_id = churn_scores.payer_id AND t.withdrawn_at IS NULL
      AND coalesce(t.subscription_id, churn_scores.subscription_id) = churn_scores.subscription_id) AS treated ON true`;

/** Who was treated so many days ago or less is let alone. */
export const TREATED_DAYS = 30;

export interface ChurnListRequest {
  readonly limit: number;
  /** Also who was treated lately. */
  readonly withTreated: boolean;
  /** One currency only; null: all. */
  readonly currency?: string | null;
}

/** The newest night, highest priority first; without those who are to be left alone. */
export async function churnList(
  pool: Pool,
  { limit, withTreated, currency = null }: ChurnListRequest,
  now: number,
): Promise<RecordedChurn[]> {
  return read(
    pool,
    `${SELECT} WHERE scored_at = (SELECT max(scored_at) FROM churn_scores) AND NOT held_out
       AND ($2 OR treated_at IS NULL OR treated_at < to_timestamp($3 / 1000.0) - make_interval(days => $4))
       AND ($5::text IS NULL OR currency = $5)
     ORDER BY priority_paise DESC, subscription_id LIMIT $1`,
    [limit, withTreated, now, TREATED_DAYS, currency],
  );
}

/** A payer's scores of all subscriptions, newest first. */
export async function churnOfPayer(pool: Pool, payerId: string, limit: number): Promise<RecordedChurn[]> {
  return read(pool, `${SELECT} WHERE payer_id = $1 ORDER BY scored_at DESC, subscription_id LIMIT $2`, [
    payerId,
    limit,
  ]);
}

async function read(pool: Pool, sql: string, parameters: unknown[]): Promise<RecordedChurn[]> {
  const { rows } = await pool.query<
    Omit<RecordedChurn, 'scoredAt' | 'dueAt' | 'treatedAt'> & {
      readonly scoredAt: number;
      readonly dueAt: number;
      readonly treatedAt: number | null;
    }
  >(sql, parameters);
  return rows.map((row) => ({
    ...row,
    scoredAt: new Date(row.scoredAt).toISOString(),
    dueAt: new Date(row.dueAt).toISOString(),
    treatedAt: row.treatedAt === null ? null : new Date(row.treatedAt).toISOString(),
  }));
}

/** The instant of the newest night; null before the first. */
export async function latestChurnNight(pool: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ at: number | null }>('SELECT max(scored_at) AS at FROM churn_scores');
  return rows[0]?.at ?? null;
}

/** By which the newest night was ranked; null before the first that says so. */
export async function latestEffects(pool: Pool): Promise<ChurnEffects | null> {
  const { rows } = await pool.query<{ effect: ChurnEffects }>(
    'SELECT effect FROM churn_nights ORDER BY scored_at DESC LIMIT 1',
  );
  return rows[0]?.effect ?? null;
}

/** Kept with the model that they judge. */
export async function saveSurvival(
  pool: Pool,
  modelVersion: string,
  { asOf, segments }: { readonly asOf: number; readonly segments: readonly Segment[] },
): Promise<void> {
  await pool.query(
    `INSERT INTO churn_survival VALUES ($1, to_timestamp($2 / 1000.0), $3) ON CONFLICT (model_version) DO NOTHING`,
    [modelVersion, asOf, JSON.stringify(segments)],
  );
}
