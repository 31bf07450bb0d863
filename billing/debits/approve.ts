/**
 * A debit that the gate left for a person: who has looked at it may have it made after all. It is planned anew under its own number, in
 * a lawful slot and with a notice as any other, and is a person's from then on; a block is still a block, and what the payer must
 * approve is still for the payer.
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { lockDebit } from './debit.js';
import type { Debit } from './debit.js';
import { planByPerson } from './hand-over.js';
import { obstacle, standingOf } from './standing.js';
import { readDebit } from './view.js';
import type { DebitView } from './view.js';

export interface Approval {
  readonly by: string;
  readonly reason: string;
}

/**
 * Answers the debit that is planned; repeated, the same one.
 * @throws AppError `debit-not-found`, `debit-not-in-review`, `debit-not-possible`.
 */
export async function approveDebit(
  { pool, clock }: { readonly pool: Pool; readonly clock: Clock },
  debitId: string,
  { by, reason }: Approval,
): Promise<DebitView> {
  const approvedId = await inTransaction(pool, async (client) => {
    const debit = await lockDebit(client, debitId);
    await requireReview(client, debit);
    const before = await approvedBefore(client, debit);
    if (before !== null) return before;
    const standing = await standingOf(client, debit);
    const inTheWay = obstacle(standing);
    const choice = { approves: debitId, by, reason };
    const planned =
      inTheWay === null ? await planByPerson(client, debit, standing, choice, clock.now()) : null;
    if (planned !== null) return planned;
    const message = `${debitId} cannot be made: ${inTheWay ?? 'no lawful slot is left, or another debit is planned'}`;
    throw new AppError('conflict', 'debit-not-possible', message);
  });
  return readDebit(pool, approvedId);
}

async function requireReview(client: PoolClient, { debitId, status }: Debit): Promise<void> {
  const { rows } = await client.query<{ action: string | null }>(
    'SELECT action FROM payments WHERE payment_id = $1',
    [debitId],
  );
  if (status === 'withdrawn' && rows[0]?.action === 'review') return;
  const message = `${debitId} does not wait for a person: it is ${status}`;
  throw new AppError('conflict', 'debit-not-in-review', message);
}

/** The newest that its approval has led to, unless that was withdrawn again. */
async function approvedBefore(client: PoolClient, { debitId, invoiceId }: Debit): Promise<string | null> {
  const { rows } = await client.query<{ debit_id: string }>(
    `SELECT debit_id FROM debits WHERE invoice_id = $1 AND choice ->> 'approves' = $2 AND status <> 'withdrawn'`,
    [invoiceId, debitId],
  );
  return rows[0]?.debit_id ?? null;
}
