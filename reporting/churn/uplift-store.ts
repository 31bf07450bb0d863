/**
 * The uplift report of each currency, made by the nightly job and kept so that no request has to draw payers thousands of times: new
 * outcomes come by night only. A terminal may ask for one as of now.
 */
import type { Pool } from 'pg';
import { readTrial } from '../../models/churn-trial.js';
import { upliftReport } from './uplift-figures.js';
import type { ChurnUpliftReport } from './uplift-report.js';

/** @param currency null: the one with most listed payers. */
export async function readUplift(
  pool: Pool,
  asOf: number,
  currency: string | null,
): Promise<ChurnUpliftReport> {
  return upliftReport(await readTrial(pool, { asOf, currency }), asOf);
}

/** Keeps the newest of each currency of the night. */
export async function renewUplift(pool: Pool, asOf: number): Promise<void> {
  const { rows } = await pool.query<{ currency: string }>(
    'SELECT DISTINCT currency FROM churn_scores WHERE scored_at = (SELECT max(scored_at) FROM churn_scores)',
  );
  for (const { currency } of rows)
    await pool.query(
      `INSERT INTO churn_uplift (currency, as_of, report) VALUES ($1, to_timestamp($2 / 1000.0), $3)
       ON CONFLICT (currency) DO UPDATE SET as_of = EXCLUDED.as_of, report = EXCLUDED.report
       WHERE churn_uplift.as_of < EXCLUDED.as_of`,
      [currency, asOf, JSON.stringify(await readUplift(pool, asOf, currency))],
    );
}

/** Of the currency with the most payers compared if none is named; null before the first night. */
export async function latestUplift(pool: Pool, currency: string | null): Promise<ChurnUpliftReport | null> {
  const { rows } = await pool.query<{ report: ChurnUpliftReport }>(
    `SELECT report FROM churn_uplift WHERE $1::text IS NULL OR currency = $1
     ORDER BY (report -> 'offered' ->> 'payers')::int DESC, currency LIMIT 1`,
    [currency],
  );
  return rows[0]?.report ?? null;
}
