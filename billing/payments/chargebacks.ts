/**
 * A payer's bank that takes a payment back as fraud labels it: for payments that the gate decided the report joins its live log,
 * so that the running fold, later features and the next training know it. The others' labels go to the lake (facts.ts).
 */
import type { Pool } from 'pg';
import type { ReportOutcome } from '../../scoring/outcomes.js';

export interface ChargebackDeps {
  readonly pool: Pool;
  readonly reportOutcome: ReportOutcome;
}

/** A turn's worth. */
const BATCH = 200;

/** Answers how many were reported. The gate knows a report by its payment and outcome: one that was made is not due. */
export async function reportChargebacks({ pool, reportOutcome }: ChargebackDeps): Promise<number> {
  const { rows } = await pool.query<{ payment_id: string }>(
    `SELECT DISTINCT p.payment_id FROM disputes d
     JOIN payment_attempts a USING (attempt_id) JOIN payments p USING (payment_id)
     WHERE p.origin = 'api' AND p.decision_id IS NOT NULL AND d.status <> 'won'
       AND (d.phase = 'fraud' OR d.reason_code LIKE '%fraud%')
       AND NOT EXISTS (SELECT FROM outcome_reports o WHERE o.payment_id = p.payment_id AND o.outcome = 'fraud')
     ORDER BY p.payment_id LIMIT $1`,
    [BATCH],
  );
  for (const { payment_id: paymentId } of rows)
    await reportOutcome({ paymentId, outcome: 'fraud', source: 'chargeback' }, null);
  return rows.length;
}
