/**
 * Clears at once who has paid: between two runs of dunning, everybody whose episode is open, or whose delivery is withheld, and who owes
 * nothing that is overdue any more. What a payment ends must not wait for the next look at everybody.
 */
import type { Pool } from 'pg';
import { replan } from './plan.js';

/** Payers of one turn. */
const PAYERS_AT_ONCE = 500;

/** Answers how many payers were looked at. */
export async function relievePaid(pool: Pool, at: number): Promise<number> {
  const { rows } = await pool.query<{ payer_id: string }>(
    `SELECT DISTINCT payer_id FROM (
       SELECT payer_id FROM dunning_episodes e WHERE cleared_at IS NULL AND NOT EXISTS (
         SELECT FROM invoices i WHERE i.payer_id = e.payer_id AND i.currency = e.currency AND i.status = 'open'
           AND i.due_at <= to_timestamp($1 / 1000.0))
       UNION ALL
       SELECT payer_id FROM dunning_effects f WHERE lifted_at IS NULL AND NOT EXISTS (
         SELECT FROM invoices i, dunning_steps s WHERE s.step_id = f.step_id
           AND (i.subscription_id = f.subscription_id OR i.invoice_id = s.invoice_id)
           AND i.status = 'open' AND i.due_at <= to_timestamp($1 / 1000.0) AND i.held_reason IS NULL)) AS paid
     LIMIT ${PAYERS_AT_ONCE}`,
    [at],
  );
  if (rows.length > 0)
    await replan(
      pool,
      rows.map((row) => row.payer_id),
      at,
    );
  return rows.length;
}
