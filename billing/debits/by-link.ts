/**
 * What the payer must approve is not debited: above the limit of unasked debits, above the mandate's own, or challenged by the gate. A
 * payment link goes out instead, and the debit is withdrawn (India rules E2, U11). The link is made first and under the debit's key, so
 * a crash in between makes it once.
 */
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { createPayment } from '../payments/create.js';
import { lockDebit, moveDebit, postponeDebit } from './debit.js';
import type { Debit } from './debit.js';
import type { DebitDeps } from './hand-over.js';
import { DEBIT_PURPOSE } from './plan.js';
import type { Standing } from './standing.js';

const AGAIN_MS = 5 * 60_000;

export async function payByLink(
  deps: DebitDeps,
  debit: Debit,
  standing: Standing,
  why: string,
): Promise<void> {
  const { pool, clock } = deps;
  const note = await makeLink(deps, debit, standing);
  if (note === null) {
    await inTransaction(pool, (client) => postponeDebit(client, debit.debitId, clock.now() + AGAIN_MS));
    return;
  }
  await inTransaction(pool, async (client) => {
    const locked = await lockDebit(client, debit.debitId);
    await moveDebit(client, locked, 'withdraw', clock.now(), { note: `${why}: ${note}` });
  });
}

/** What became of it, for the debit's note; null: ask again later. */
async function makeLink(deps: DebitDeps, debit: Debit, standing: Standing): Promise<string | null> {
  const customer = await deps.gateway.customers.fetch(standing.customerId ?? '');
  if (customer.kind !== 'ok') return null;
  const { name, email, contact } = customer.value;
  const { amountPaise, currency, invoiceId } = debit;
  const { payerId, counterpartyId } = standing;
  try {
    const { paymentId } = await createPayment(
      deps,
      {
        amountPaise: Number(amountPaise),
        currency,
        payerId,
        purpose: DEBIT_PURPOSE,
        reference: standing.paidPaise === 0n ? invoiceId : `${invoiceId}:from-${standing.paidPaise}`,
        collect: 'link',
        customer: {
          ...(name === null ? {} : { name }),
          ...(email === null ? {} : { email }),
          ...(contact === null ? {} : { contact }),
        },
        ...(counterpartyId === null ? {} : { context: { counterpartyId } }),
      },
      `approval:${debit.debitId}`,
    );
    return `paid by link ${paymentId}`;
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return error.message;
    return null;
  }
}
