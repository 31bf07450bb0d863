/**
 * Refunds, whole or in part. A refund is a transaction with a name of its own, written before the gateway is called; the name is the
 * gateway's idempotency key and the refund's receipt, so sending it again refunds nothing twice and a webhook finds it. What is asked
 * for and not refused counts as given back: together never more than was taken.
 */
import type { PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import type { GatewayRefund } from '../../core/ports/gateway-entities.js';
import type { Outcome } from '../../core/ports/gateway.js';
import { inTransaction } from '../../core/transaction.js';
import { bodyHash, printable } from '../../scoring/request.js';
import { applySightings, lockSubjects } from './apply.js';
import { closeTransaction } from './capture.js';
import { claimCommand } from './commands.js';
import { isPostponed, requireOk } from './gateway-answer.js';
import { noPayment, readPayment } from './payment.js';
import type { PaymentView } from './payment.js';
import type { PaymentDeps } from './place.js';

const LEAST_PAISE = 100;

export const RefundBody = Type.Object(
  {
    amountPaise: Type.Optional(
      Type.Integer({
        minimum: LEAST_PAISE,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'All that is left if absent.',
      }),
    ),
    reason: Type.Optional(printable(200, 'For people; kept, and shown at the gateway.')),
    speed: Type.Optional(
      Type.Enum(['normal', 'optimum'], {
        default: 'normal',
        description: '`optimum`: at once where the bank can.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type RefundBody = Static<typeof RefundBody>;

/** As it was written down: the same again is the same request. */
export interface AskedRefund {
  readonly refundId: string;
  readonly attemptId: string;
  readonly amountPaise: bigint;
  readonly reason: string | null;
  readonly speed: 'normal' | 'optimum';
}

/** @throws AppError `refund-too-large`, `nothing-to-refund`, `idempotency-key-reused`, or as the gateway refuses. */
export async function refundPayment(
  deps: PaymentDeps,
  paymentId: string,
  body: RefundBody,
  key: string,
): Promise<PaymentView> {
  const attemptIds = (await readPayment(deps.pool, paymentId)).attempts.map(({ attemptId }) => attemptId);
  const asked = await inTransaction(deps.pool, async (client) => {
    const refundId = newId('rfq', deps.clock);
    const now = deps.clock.now();
    await lockSubjects(client, attemptIds);
    await lockPayment(client, paymentId);
    const hash = bodyHash({ paymentId, ...body });
    const claim = await claimCommand(client, { kind: 'refund', key, bodyHash: hash, subject: refundId }, now);
    if (!claim.isNew) return openRefund(client, claim.subject);
    const amountPaise = body.amountPaise === undefined ? null : BigInt(body.amountPaise);
    const { attempt_id: attemptId, left } = await chooseAttempt(client, paymentId, amountPaise);
    return writeRefund(client, now, {
      refundId,
      attemptId,
      amountPaise: amountPaise ?? left,
      reason: body.reason ?? null,
      speed: body.speed ?? 'normal',
    });
  });
  if (asked !== null) {
    const outcome = await sendRefund(deps, asked);
    // An unknown outcome is told by the refund's status; repair.ts settles it.
    if (outcome.kind === 'declined' && !isPostponed(outcome)) requireOk(outcome, 'the refund');
  }
  return readPayment(deps.pool, paymentId);
}

/** All that is left of one attempt goes back, once whoever asks how often. Null: nothing is left, or it was asked for. */
export async function askWholeRefund(
  deps: PaymentDeps,
  attempt: { readonly paymentId: string; readonly attemptId: string },
  reason: string,
): Promise<AskedRefund | null> {
  const { paymentId, attemptId } = attempt;
  return inTransaction(deps.pool, async (client) => {
    const now = deps.clock.now();
    await lockSubjects(client, [attemptId]);
    await lockPayment(client, paymentId);
    const left =
      (await refundable(client, paymentId)).find((one) => one.attempt_id === attemptId)?.left ?? 0n;
    if (left < BigInt(LEAST_PAISE)) return null;
    const refundId = newId('rfq', deps.clock);
    return writeRefund(client, now, { refundId, attemptId, amountPaise: left, reason, speed: 'normal' });
  });
}

async function lockPayment(client: PoolClient, paymentId: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM payments WHERE payment_id = $1 FOR UPDATE', [
    paymentId,
  ]);
  if (rowCount === 0) throw noPayment(paymentId);
}

interface Refundable {
  attempt_id: string;
  left: bigint;
}

/** The payment's captured attempts and what is left of each; what the gateway gave back and what was asked for overlap. */
async function refundable(client: PoolClient, paymentId: string): Promise<Refundable[]> {
  const { rows } = await client.query<Refundable>(
    `SELECT a.attempt_id, a.amount_paise - greatest(a.refunded_paise, coalesce(sum(t.amount_paise), 0))::bigint AS left
     FROM payment_attempts a LEFT JOIN payment_transactions t
       ON t.attempt_id = a.attempt_id AND t.kind = 'refund' AND t.outcome <> 'declined'
     WHERE a.payment_id = $1 AND a.is_captured GROUP BY a.attempt_id ORDER BY a.created_at, a.attempt_id`,
    [paymentId],
  );
  return rows;
}

async function chooseAttempt(
  client: PoolClient,
  paymentId: string,
  amountPaise: bigint | null,
): Promise<Refundable> {
  const found = await refundable(client, paymentId);
  const chosen = found.find(({ left }) => left >= (amountPaise ?? BigInt(LEAST_PAISE)));
  if (chosen !== undefined) return chosen;
  const most = found.reduce((greatest, { left }) => (left > greatest ? left : greatest), 0n);
  if (most <= 0n)
    throw new AppError('conflict', 'nothing-to-refund', `${paymentId} has no money that could go back`);
  const message = `of ${paymentId} at most ${most} can go back in one refund: ask for less`;
  throw new AppError('conflict', 'refund-too-large', message);
}

async function writeRefund(client: PoolClient, now: number, refund: AskedRefund): Promise<AskedRefund> {
  const { refundId, attemptId, amountPaise, reason, speed } = refund;
  await client.query(
    `INSERT INTO payment_transactions (attempt_id, kind, reference, outcome, amount_paise, request, recorded_at)
     VALUES ($1, 'refund', $2, 'requested', $3, $4, to_timestamp($5 / 1000.0))`,
    [attemptId, refundId, amountPaise, JSON.stringify({ reason, speed }), now],
  );
  return refund;
}

/** A refund that is written down and neither done nor refused, to be sent (again); null: it has its answer. */
async function openRefund(client: PoolClient, refundId: string): Promise<AskedRefund | null> {
  const { rows } = await client.query<{
    attempt_id: string;
    amount_paise: bigint;
    request: Pick<AskedRefund, 'reason' | 'speed'>;
  }>(
    `SELECT attempt_id, amount_paise, request FROM payment_transactions t
     WHERE reference = $1 AND kind = 'refund' AND outcome IN ('requested', 'unknown')
       AND NOT EXISTS (SELECT FROM refunds r WHERE r.attempt_id = t.attempt_id AND r.receipt = t.reference)`,
    [refundId],
  );
  const [row] = rows;
  if (row === undefined) return null;
  return { refundId, attemptId: row.attempt_id, amountPaise: row.amount_paise, ...row.request };
}

/** Safe to repeat: the gateway knows the refund by its id. */
export async function sendRefund(deps: PaymentDeps, asked: AskedRefund): Promise<Outcome<GatewayRefund>> {
  const { pool, clock, gateway } = deps;
  const { refundId, attemptId, amountPaise, reason, speed } = asked;
  const outcome = await gateway.refunds.create({
    paymentId: attemptId,
    amountPaise,
    idempotencyKey: refundId,
    receipt: refundId,
    speed,
    ...(reason === null ? {} : { notes: { reason } }),
  });
  // The payment's own copy says how much of it went back.
  const payment = outcome.kind === 'ok' ? await gateway.payments.fetch(attemptId) : null;
  const now = clock.now();
  await inTransaction(pool, async (client) => {
    if (outcome.kind !== 'ok') {
      await closeTransaction(client, { attemptId, kind: 'refund', reference: refundId }, outcome);
      return;
    }
    const copy = payment?.kind === 'ok' ? { payment: payment.value } : {};
    await applySightings(client, [{ occurredAt: now, refund: outcome.value, ...copy }], now);
  });
  return outcome;
}
