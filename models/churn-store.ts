/**
 * Churn scores in PostgreSQL, night by night and never overwritten, so that every forecast can be scored later. The list of
 * whom to contact leaves out the permanent hold-out; a payer's own scores do not.
 */
import type { Pool } from 'pg';
import { jsonRows } from '../core/json-rows.js';
import type { ChurnScore } from './tasks/score-churn.js';

interface Night {
  readonly scoredAt: number;
  readonly modelVersion: string;
}

/** Rows of one statement. */
const ROWS_AT_ONCE = 2000;

/** All of a night or nothing. */
export async function saveChurnScores(
  pool: Pool,
  scores: readonly ChurnScore[],
  { scoredAt, modelVersion }: Night,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
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
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const INSERT = `
  INSERT INTO churn_scores (scored_at, model_version, subscription_id, payer_id, plan_id, currency, due_at, voluntary,
    involuntary, value_paise, priority_paise, held_out, reasons)
  SELECT $1, $2, "subscriptionId", "payerId", "planId", currency, "dueAt", voluntary, involuntary, "valuePaise",
    "priorityPaise", "heldOut", reasons
  FROM json_to_recordset($3) AS s("subscriptionId" text, "payerId" text, "planId" text, currency text,
    "dueAt" timestamptz, voluntary float8, involuntary float8, "valuePaise" bigint, "priorityPaise" bigint,
    "heldOut" boolean, reasons json)`;

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
  readonly reasons: string[];
  readonly modelVersion: string;
}

const SELECT = `
  SELECT subscription_id AS "subscriptionId", payer_id AS "payerId", plan_id AS "planId", scored_at AS "scoredAt",
    due_at AS "dueAt", voluntary + involuntary AS "churnProbability", voluntary, involuntary, currency,
    value_paise::float8 AS "valuePaise", priority_paise::float8 AS "priorityPaise", held_out AS "heldOut", reasons,
    model_version AS "modelVersion"
  FROM churn_scores`;

/** The newest night, highest priority first; without those who are to be left alone. */
export async function churnList(pool: Pool, limit: number): Promise<RecordedChurn[]> {
  return read(
    pool,
    `${SELECT} WHERE scored_at = (SELECT max(scored_at) FROM churn_scores) AND NOT held_out
     ORDER BY priority_paise DESC, subscription_id LIMIT $1`,
    [limit],
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
    Omit<RecordedChurn, 'scoredAt' | 'dueAt'> & { readonly scoredAt: number; readonly dueAt: number }
  >(sql, parameters);
  return rows.map((row) => ({
    ...row,
    scoredAt: new Date(row.scoredAt).toISOString(),
    dueAt: new Date(row.dueAt).toISOString(),
  }));
}

/** The instant of the newest night; null before the first. */
export async function latestChurnNight(pool: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ at: number | null }>('SELECT max(scored_at) AS at FROM churn_scores');
  return rows[0]?.at ?? null;
}
