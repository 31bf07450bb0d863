/** The newest look of the guardrails at the fraud champion, and how often they rolled back: for the page and the monitor. */
import type { Pool } from 'pg';
import { readCheck } from './guardrails.js';
import type { GuardrailCheck } from './guardrails.js';

const TASK = 'fraud';

export async function saveCheck(pool: Pool, check: GuardrailCheck): Promise<void> {
  await pool.query(
    `INSERT INTO guardrail_checks (task, at, report) VALUES ($1, $2, $3)
     ON CONFLICT (task) DO UPDATE SET at = excluded.at, report = excluded.report`,
    [TASK, new Date(check.at), JSON.stringify(check)],
  );
}

/** Null before the first. */
export async function latestCheck(pool: Pool): Promise<GuardrailCheck | null> {
  const { rows } = await pool.query<{ report: unknown }>(
    'SELECT report FROM guardrail_checks WHERE task = $1',
    [TASK],
  );
  return readCheck(rows[0]?.report);
}

export async function automaticRollbacks(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: bigint }>(
    `SELECT count(*) AS n FROM model_promotions WHERE task = $1 AND kind = 'guardrail'`,
    [TASK],
  );
  return Number(rows[0]?.n ?? 0n);
}
