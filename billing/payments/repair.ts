/**
 * What a crash or a lost answer left open: payments whose order has no known outcome, captures and refunds that were asked for and never
 * answered. The gateway is asked first; only what it does not have is sent again, under the same name. Each is asked about less and
 * less often (Kill Bill's janitor does the same), and never by two programs at once.
 */
import { errorText } from '../../core/error-text.js';
import type { Pool } from 'pg';
import type { Log } from '../../core/log.js';
import { inTransaction } from '../../core/transaction.js';
import { applySightings } from './apply.js';
import { sendCapture } from './capture.js';
import { findPlaced } from './place.js';
import type { PaymentDeps } from './place.js';
import { sendRefund } from './refund.js';
import type { AskedRefund } from './refund.js';

interface RepairDeps extends PaymentDeps {
  readonly log: Log;
}

/** Whoever asked has had an answer or has gone. */
const FIRST_LOOK_MS = 60_000;
const BATCH = 50;
/** A payment that nobody placed for a day was given up by its caller, whose repeat would place it. */
const UNPLACED_MS = 86_400_000;

export interface Repaired {
  readonly orders: number;
  readonly transactions: number;
}

/** Answers how many were looked at. */
export async function repairPayments(deps: RepairDeps): Promise<Repaired> {
  const orders = await takeUnplaced(deps.pool, deps.clock.now());
  for (const paymentId of orders) await attempt(deps, paymentId, () => findPlaced(deps, paymentId));
  const transactions = await takeOpen(deps.pool, deps.clock.now());
  for (const open of transactions) await attempt(deps, open.attempt_id, () => settle(deps, open));
  return { orders: orders.length, transactions: transactions.length };
}

/** One that fails waits for its next look and holds up nobody. */
async function attempt({ log }: RepairDeps, subject: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn({ event: 'payment-not-repaired', subject, reason: errorText(error) });
  }
}

/** Marks what it takes: the next look at it is as far away again as it is old. */
async function takeUnplaced(pool: Pool, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ payment_id: string }>(
    `UPDATE payments SET asked_at = to_timestamp($1::float8 / 1000) WHERE payment_id IN (
       SELECT payment_id FROM payments
       WHERE origin = 'api' AND order_id IS NULL AND link_id IS NULL AND status = 'created'
         AND action IN ('allow', 'challenge', 'review') AND created_at > to_timestamp($1::float8 / 1000) - make_interval(secs => $2::float8 / 1000)
         AND to_timestamp($1::float8 / 1000) - coalesce(asked_at, created_at)
           >= greatest(make_interval(secs => $3::float8 / 1000), asked_at - created_at)
       ORDER BY created_at LIMIT $4 FOR UPDATE SKIP LOCKED)
     RETURNING payment_id`,
    [now, UNPLACED_MS, FIRST_LOOK_MS, BATCH],
  );
  return rows.map(({ payment_id }) => payment_id);
}

interface Open {
  attempt_id: string;
  kind: 'capture' | 'refund';
  reference: string;
  amount_paise: bigint;
  currency: string;
  request: Pick<AskedRefund, 'reason' | 'speed'> | null;
}

/** A refund that the gateway has is no longer open: its result comes by webhook. */
async function takeOpen(pool: Pool, now: number): Promise<Open[]> {
  const { rows } = await pool.query<Open>(
    `UPDATE payment_transactions t SET asked_at = to_timestamp($1::float8 / 1000) FROM payment_attempts a
     WHERE a.attempt_id = t.attempt_id AND t.transaction_id IN (
       SELECT o.transaction_id FROM payment_transactions o
       WHERE o.outcome IN ('requested', 'unknown') AND o.kind IN ('capture', 'refund')
         AND to_timestamp($1::float8 / 1000) - coalesce(o.asked_at, o.recorded_at)
           >= greatest(make_interval(secs => $2::float8 / 1000), o.asked_at - o.recorded_at)
         AND NOT EXISTS (SELECT FROM refunds r WHERE r.attempt_id = o.attempt_id
           AND coalesce(r.receipt, r.refund_id) = o.reference)
       ORDER BY o.recorded_at LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING t.attempt_id, t.kind, t.reference, t.amount_paise, a.currency, t.request`,
    [now, FIRST_LOOK_MS, BATCH],
  );
  return rows;
}

async function settle(deps: RepairDeps, open: Open): Promise<void> {
  if (open.kind === 'capture') await settleCapture(deps, open);
  else await settleRefund(deps, open);
}

async function settleCapture(deps: RepairDeps, open: Open): Promise<void> {
  const { attempt_id: attemptId, amount_paise: amountPaise, currency } = open;
  const found = await deps.gateway.payments.fetch(attemptId);
  if (found.kind !== 'ok') return;
  const now = deps.clock.now();
  await inTransaction(deps.pool, (client) =>
    applySightings(client, [{ occurredAt: now, payment: found.value }], now),
  );
  if (found.value.isCaptured) return;
  if (found.value.status === 'authorized') await sendCapture(deps, { attemptId, amountPaise, currency });
  else await refuse(deps, open);
}

/** The attempt failed, or went back to the payer, before it could be captured. */
async function refuse({ pool }: RepairDeps, { attempt_id, kind, reference }: Open): Promise<void> {
  await pool.query(
    `UPDATE payment_transactions SET outcome = 'declined'
     WHERE attempt_id = $1 AND kind = $2 AND reference = $3 AND outcome IN ('requested', 'unknown')`,
    [attempt_id, kind, reference],
  );
}

async function settleRefund(deps: RepairDeps, open: Open): Promise<void> {
  const { attempt_id: attemptId, reference: refundId, amount_paise: amountPaise, request } = open;
  const found = await deps.gateway.refunds.ofPayment(attemptId);
  if (found.kind !== 'ok') return;
  const known = found.value.find(({ receipt }) => receipt === refundId);
  if (known === undefined) {
    if (request !== null) await sendRefund(deps, { refundId, attemptId, amountPaise, ...request });
    return;
  }
  const payment = await deps.gateway.payments.fetch(attemptId);
  const now = deps.clock.now();
  const copy = payment.kind === 'ok' ? { payment: payment.value } : {};
  await inTransaction(deps.pool, (client) =>
    applySightings(client, [{ occurredAt: now, refund: known, ...copy }], now),
  );
}
