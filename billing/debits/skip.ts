/**
 * The payer does not want this one debit (India rules E5). That is no failure: nothing is tried again and nobody is reminded, since
 * the invoice is held for a person. Once the bank has been asked it is too late: then a refund is the way.
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { lockDebit, moveDebit } from './debit.js';
import { readDebit } from './view.js';
import type { DebitView } from './view.js';

/** Idempotent. @throws AppError `debit-not-found`, `debit-not-skippable`. */
export async function skipDebit(
  { pool, clock }: { readonly pool: Pool; readonly clock: Clock },
  debitId: string,
  reason: string | null,
): Promise<DebitView> {
  await inTransaction(pool, async (client) => {
    const now = clock.now();
    const debit = await lockDebit(client, debitId);
    if (debit.status === 'skipped') return;
    const note = reason ?? 'the payer did not want it';
    if ((await moveDebit(client, debit, 'skip', now, { note })) === null) {
      const message = `${debitId} is ${debit.status}: only a debit that was not made yet can be skipped`;
      throw new AppError('conflict', 'debit-not-skippable', message);
    }
    await client.query(
      `UPDATE invoices SET held_reason = coalesce(held_reason, 'the payer skipped its debit'),
         changed_at = to_timestamp($2 / 1000.0) WHERE invoice_id = $1 AND status = 'open'`,
      [debit.invoiceId, now],
    );
  });
  return readDebit(pool, debitId);
}
