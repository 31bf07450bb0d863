/**
 * The payer has resumed a mandate, which only the payer can (India rules U8): what the pause kept from being debited, or from being tried
 * again, is planned in the lawful slots of the cycle that it belongs to and in no later one (U12). A debit is planned again once: whoever does it marks
 * it first, in the same transaction. What was invoiced during the pause has its first debit planned.
 */
import type { Pool } from 'pg';
import { inTransaction } from '../../core/transaction.js';
import { lockDebit } from './debit.js';
import { planAgain, planRetry } from './hand-over.js';
import type { DebitDeps } from './hand-over.js';
import { planFirstDebits } from './plan-first.js';
import { STOPPED } from './resolve.js';

/**
 * As it is written by whatever found the mandate paused (standing.ts, progress.ts, announce.ts, resolve.ts, hand-over.ts). The gateway may
 * have known before us, and says only that the mandate does not stand; one that has really ended is never active again.
 */
const PAUSED = [
  'the mandate is paused',
  'no retry: the mandate is paused',
  ...[...STOPPED].flatMap((reason) => [`no failure: ${reason}`, `not announced: ${reason}`]),
];
const BATCH = 500;
/** Resumed so recently that somebody may not have looked yet. */
const RESUMED = `m.status = 'active' AND m.changed_at > to_timestamp($1::float8 / 1000) - interval '10 days'`;
const ON_IT = `subscriptions s ON s.mandate_id = m.mandate_id AND s.collection = 'mandate'`;

export async function planResumed(
  deps: Pick<DebitDeps, 'pool' | 'clock' | 'adviser' | 'stopwatch'>,
): Promise<void> {
  const { pool, clock } = deps;
  for (const debitId of await keptByPause(pool, clock.now()))
    await inTransaction(pool, async (client) => {
      const debit = await lockDebit(client, debitId);
      const { rowCount } = await client.query(
        `UPDATE debits SET note = note || ', until the payer resumed it' WHERE debit_id = $1 AND note = ANY($2)`,
        [debitId, PAUSED],
      );
      if (rowCount !== 1) return;
      const plan = debit.status === 'failed' ? planRetry : planAgain;
      await plan(client, deps, debit, clock.now());
    });
  const invoiceIds = await invoicedInPause(pool, clock.now());
  if (invoiceIds.length > 0)
    await inTransaction(pool, (client) => planFirstDebits(client, invoiceIds, clock.now()));
}

/** The last of their invoices. */
async function keptByPause(pool: Pool, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ debit_id: string }>(
    `SELECT d.debit_id FROM mandates m JOIN ${ON_IT} JOIN invoices i ON i.subscription_id = s.subscription_id
       JOIN debits d ON d.invoice_id = i.invoice_id AND d.mandate_id = m.mandate_id
     WHERE ${RESUMED} AND i.status = 'open' AND i.held_reason IS NULL AND d.status IN ('withdrawn', 'failed') AND d.note = ANY($2)
       AND NOT EXISTS (SELECT FROM debits l WHERE l.invoice_id = d.invoice_id
         AND (l.created_at, l.debit_id) > (d.created_at, d.debit_id))
     ORDER BY d.debit_id LIMIT $3`,
    [now, PAUSED, BATCH],
  );
  return rows.map(({ debit_id }) => debit_id);
}

async function invoicedInPause(pool: Pool, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ invoice_id: string }>(
    `SELECT i.invoice_id FROM mandates m JOIN ${ON_IT} JOIN invoices i ON i.subscription_id = s.subscription_id
     WHERE ${RESUMED} AND i.status = 'open' AND i.held_reason IS NULL
       AND NOT EXISTS (SELECT FROM debits d WHERE d.invoice_id = i.invoice_id)
       AND EXISTS (SELECT FROM token_events p JOIN token_events r USING (token_id) WHERE p.token_id = m.token_id
         AND p.event = 'paused' AND r.event = 'resumed' AND p.occurred_at <= i.issued_at AND i.issued_at < r.known_at
         AND p.occurred_at < r.occurred_at)
     ORDER BY i.invoice_id LIMIT $2`,
    [now, BATCH],
  );
  return rows.map(({ invoice_id }) => invoice_id);
}
