/**
 * Cancelling a payment: our row stops wanting the money. The gateway has no such state, so money that still comes is accounted for and
 * goes back (follow.ts).
 */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { advance } from '../../core/state.js';
import { inTransaction } from '../../core/transaction.js';
import { noPayment, readPayment } from './payment.js';
import type { PaymentView } from './payment.js';
import type { PaymentDeps } from './place.js';
import { PAYMENT } from './states.js';
import type { PaymentEvent, PaymentStatus } from './states.js';

/** False: money was taken. */
export async function cancelRow({ pool, clock }: PaymentDeps, paymentId: string): Promise<boolean> {
  return inTransaction(pool, (client) => cancelWithin(client, paymentId, clock.now()));
}

/** The same in the caller's transaction. */
export async function cancelWithin(client: PoolClient, paymentId: string, now: number): Promise<boolean> {
  const { rows } = await client.query<{ status: PaymentStatus }>(
    `SELECT status FROM payments WHERE payment_id = $1 AND origin = 'api' FOR UPDATE`,
    [paymentId],
  );
  if (rows[0] === undefined) throw noPayment(paymentId);
  const next = advance<PaymentStatus, PaymentEvent>(PAYMENT, rows[0].status, 'cancel');
  if (next === null) return rows[0].status === 'cancelled';
  await client.query(
    `UPDATE payments SET status = $2, cancelled_at = to_timestamp($3 / 1000.0), changed_at = to_timestamp($3 / 1000.0)
     WHERE payment_id = $1`,
    [paymentId, next, now],
  );
  return true;
}

/**
 * Nobody wants the money any more. An order cannot be withdrawn at the gateway: what is still paid on it goes back by itself, as
 * does an authorised payment that nobody captures. @throws AppError `payment-not-cancellable` once paid: refund it instead.
 */
export async function cancelPayment(deps: PaymentDeps, paymentId: string): Promise<PaymentView> {
  if (!(await cancelRow(deps, paymentId))) {
    throw new AppError('conflict', 'payment-not-cancellable', `${paymentId} is paid: refund it instead`);
  }
  const { rows } = await deps.pool.query<{ link_id: string | null }>(
    'SELECT link_id FROM payments WHERE payment_id = $1',
    [paymentId],
  );
  // A link that stays open is no harm either: its money goes back.
  if (typeof rows[0]?.link_id === 'string') await deps.gateway.links.cancel(rows[0].link_id);
  return readPayment(deps.pool, paymentId);
}
