/**
 * Takes the money of an authorised payment. The transaction is written before the call; what the gateway answers, or a webhook that is
 * faster, settles it. Guarded by the attempt's state on both sides: asking twice captures once.
 */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import type { GatewayPayment } from '../../core/ports/gateway-entities.js';
import type { Outcome } from '../../core/ports/gateway.js';
import { inTransaction } from '../../core/transaction.js';
import { applySightings, lockSubjects } from './apply.js';
import { isPostponed, requireOk } from './gateway-answer.js';
import { readPayment } from './payment.js';
import type { PaymentView } from './payment.js';
import type { PaymentDeps } from './place.js';
import type { PaymentStatus } from './states.js';

export interface Capturable {
  readonly attemptId: string;
  readonly amountPaise: bigint;
  readonly currency: string;
}

/** A payment that is already captured answers as it stands. @throws AppError `payment-not-authorized` or as `requireOk`. */
export async function capturePayment(deps: PaymentDeps, paymentId: string): Promise<PaymentView> {
  const { status, attempts } = await readPayment(deps.pool, paymentId);
  const attempt = attempts.find((one) => one.status === 'authorized');
  if (attempt === undefined || status === 'cancelled') {
    if (status === 'paid') return readPayment(deps.pool, paymentId);
    const message = `${paymentId} is ${status}: only an authorized payment can be captured`;
    throw new AppError('conflict', 'payment-not-authorized', message);
  }
  const asked = await inTransaction(deps.pool, (client) =>
    askCapture(client, paymentId, attempt.attemptId, deps.clock.now()),
  );
  if (asked !== null) requireOk(await sendCapture(deps, asked), 'the capture');
  return readPayment(deps.pool, paymentId);
}

/** Null: it is captured meanwhile. */
async function askCapture(
  client: PoolClient,
  paymentId: string,
  attemptId: string,
  now: number,
): Promise<Capturable | null> {
  await lockSubjects(client, [attemptId]);
  const { rows } = await client.query<{ status: PaymentStatus; amount_paise: bigint; currency: string }>(
    `SELECT p.status, a.amount_paise, a.currency FROM payments p JOIN payment_attempts a USING (payment_id)
     WHERE p.payment_id = $1 AND a.attempt_id = $2 AND a.status = 'authorized' FOR UPDATE OF p`,
    [paymentId, attemptId],
  );
  const [row] = rows;
  if (row?.status !== 'authorized') return null;
  await client.query(
    `INSERT INTO payment_transactions AS kept (attempt_id, kind, outcome, amount_paise, recorded_at)
     VALUES ($1, 'capture', 'requested', $2, to_timestamp($3 / 1000.0))
     ON CONFLICT (attempt_id, kind, reference) DO UPDATE SET outcome = 'requested' WHERE kept.outcome <> 'ok'`,
    [attemptId, row.amount_paise, now],
  );
  return { attemptId, amountPaise: row.amount_paise, currency: row.currency };
}

/** Sends what is written down, and writes what became of it. */
export async function sendCapture(
  deps: PaymentDeps,
  { attemptId: paymentId, amountPaise, currency }: Capturable,
): Promise<Outcome<GatewayPayment>> {
  const outcome = await deps.gateway.payments.capture({ paymentId, amountPaise, currency });
  const now = deps.clock.now();
  await inTransaction(deps.pool, async (client) => {
    if (outcome.kind === 'ok') {
      await applySightings(client, [{ occurredAt: now, payment: outcome.value }], now);
    } else {
      await closeTransaction(client, { attemptId: paymentId, kind: 'capture', reference: '' }, outcome);
    }
  });
  return outcome;
}

/** What is known of a call without effect so far; a webhook that knows better has come first or comes later. */
export async function closeTransaction(
  client: PoolClient,
  about: { readonly attemptId: string; readonly kind: 'capture' | 'refund'; readonly reference: string },
  outcome: Exclude<Outcome<unknown>, { kind: 'ok' }>,
): Promise<void> {
  if (isPostponed(outcome)) return;
  await client.query(
    `UPDATE payment_transactions SET outcome = $4
     WHERE attempt_id = $1 AND kind = $2 AND reference = $3 AND outcome IN ('requested', 'unknown')`,
    [about.attemptId, about.kind, about.reference, outcome.kind],
  );
}
