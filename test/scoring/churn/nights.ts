/** Nights of churn scores for tests: one statement, as the nightly job's transaction shows them, one subscription for each line. */
import type { Pool } from 'pg';

export interface Scored {
  readonly payerId: string;
  readonly valuePaise: number;
  readonly leaves: number;
  readonly currency?: string;
}

export async function saveNight(pool: Pool, scoredAt: number, scored: readonly Scored[]): Promise<void> {
  const rows = scored.map(({ payerId, valuePaise, leaves, currency = 'INR' }, i) => ({
    subscription_id: `sub-${i}`,
    payer_id: payerId,
    currency,
    voluntary: leaves * 0.75,
    involuntary: leaves * 0.25,
    value_paise: valuePaise,
  }));
  await pool.query(
    `INSERT INTO churn_scores (scored_at, model_version, plan_id, due_at, priority_paise, held_out, reasons,
       subscription_id, payer_id, currency, voluntary, involuntary, value_paise)
     SELECT $1, repeat('c', 64), 'lunch', $1::timestamptz + interval '7 days', 0, false, '[]', row.*
     FROM json_to_recordset($2) AS row(subscription_id text, payer_id text, currency text, voluntary float8,
       involuntary float8, value_paise bigint)`,
    [new Date(scoredAt), JSON.stringify(rows)],
  );
}
