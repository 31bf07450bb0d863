/**
 * What a payer hears of a debit that failed for certain (never of one that is unresolved, India rules U13): why, and when it is tried
 * again. Dunning speaks of arrears in words of its own, so nothing is said beside it, nor of faults that are ours to mend.
 */
import type { PoolClient } from 'pg';
import type { DeclineClass } from '../../core/decline-reasons.js';
import { nextDaytime } from '../notices/daytime.js';
import { dropNotice, postNotice } from '../notices/post.js';
import type { Debit } from './debit.js';
import { DEBIT_PURPOSE } from './plan.js';

interface Failure {
  readonly debit: Debit;
  readonly class: DeclineClass;
  /** Null: it is not tried again. */
  readonly retryId: string | null;
}

export async function tellFailure(client: PoolClient, failure: Failure, now: number): Promise<void> {
  const { debit, retryId } = failure;
  if (failure.class === 'merchant') return;
  const { rows } = await client.query<{ payer_id: string; next_at: number | null }>(
    `SELECT i.payer_id, (SELECT slot_at FROM debits WHERE debit_id = $2) AS next_at
     FROM invoices i WHERE i.invoice_id = $1 AND NOT EXISTS (SELECT FROM dunning_episodes e
       WHERE e.payer_id = i.payer_id AND e.currency = i.currency AND e.cleared_at IS NULL)`,
    [debit.invoiceId, retryId],
  );
  const [told] = rows;
  if (told === undefined) return;
  const { amountPaise, currency } = debit;
  const reason = failure.class === 'none' || failure.class === 'pending' ? 'undisclosed' : failure.class;
  const values = { amountPaise, currency, purpose: DEBIT_PURPOSE, reason, nextTryAt: told.next_at };
  await postNotice(
    client,
    {
      key: keyOf(debit.debitId),
      payerId: told.payer_id,
      channel: 'email',
      template: 'debit-failed',
      values,
      topic: 'debits',
      notBefore: nextDaytime(now),
    },
    now,
  );
}

/** The money came after all, and the night has kept the notice back. */
export function unsayFailure(client: PoolClient, debitId: string, now: number): Promise<void> {
  return dropNotice(client, keyOf(debitId), 'the debit went through after all', now);
}

function keyOf(debitId: string): string {
  return `debit-failed:${debitId}`;
}
