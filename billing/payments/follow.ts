/**
 * What must follow when one of our payments has changed: the gate learns what became of it, and money that nobody asked for goes
 * back. Unwanted is what comes for a cancelled payment and whatever comes after the first for one reference (a late authorisation
 * after a second payment); the first that was captured is kept. Done up to a revision that is read before, so a change meanwhile is
 * followed in the next turn. One that fails waits for its next look and holds up nobody.
 */
import type { Pool, PoolClient } from 'pg';
import type { Log } from '../../core/log.js';
import { inTransaction } from '../../core/transaction.js';
import type { ReportOutcome } from '../../scoring/outcomes.js';
import { publishEvent } from '../notices/publish.js';
import type { EventTopic } from '../notices/topics.js';
import { reportChargebacks } from './chargebacks.js';
import type { PaymentDeps } from './place.js';
import { askWholeRefund, sendRefund } from './refund.js';

export interface FollowDeps extends PaymentDeps {
  readonly log: Log;
  readonly reportOutcome: ReportOutcome;
}

/** A turn's worth. */
const BATCH = 200;

interface Changed {
  payment_id: string;
  revision: number;
  is_captured: boolean;
  failure_reason: string | null;
  reference: string | null;
  amount_paise: bigint;
  refunded_paise: bigint;
}

/** Answers how many payments were looked at, chargebacks among them. */
export async function followPayments(deps: FollowDeps): Promise<number> {
  const { rows } = await deps.pool.query<Changed>(
    `SELECT p.payment_id, p.revision, p.captured_paise > 0 AS is_captured, p.reference, p.amount_paise, p.refunded_paise,
       (SELECT min(a.failure_reason) FROM payment_attempts a WHERE a.payment_id = p.payment_id AND a.status = 'failed')
         AS failure_reason
     FROM payments p WHERE p.origin = 'api' AND p.followed_revision < p.revision
       AND (p.follow_at IS NULL OR p.follow_at <= to_timestamp($2 / 1000.0)) ORDER BY p.payment_id LIMIT $1`,
    [BATCH, deps.clock.now()],
  );
  for (const changed of rows) await attempt(deps, changed);
  return rows.length + (await reportChargebacks(deps));
}

async function attempt(deps: FollowDeps, changed: Changed): Promise<void> {
  try {
    await follow(deps, changed);
  } catch (error) {
    const { payment_id: paymentId } = changed;
    const reason = error instanceof Error ? error.message : String(error);
    deps.log.error({ event: 'payment-not-followed', paymentId, reason });
    await postpone(deps, paymentId);
  }
}

/** The next look is as far away again as its last change is old. */
async function postpone({ pool, clock }: FollowDeps, paymentId: string): Promise<void> {
  await pool.query(
    `UPDATE payments SET follow_at = at + least(greatest(at - changed_at, interval '1 minute'), interval '6 hours')
     FROM to_timestamp($2 / 1000.0) AS at WHERE payment_id = $1`,
    [paymentId, clock.now()],
  );
}

async function follow(deps: FollowDeps, changed: Changed): Promise<void> {
  const { payment_id: paymentId, revision, is_captured: isCaptured, failure_reason: failureReason } = changed;
  // The gate knows a report by its payment and outcome: told again, it is the first one.
  if (failureReason !== null) await deps.reportOutcome({ paymentId, outcome: 'failed', failureReason }, null);
  if (isCaptured) await deps.reportOutcome({ paymentId, outcome: 'captured' }, null);
  for (const { reason, ...attempt } of await unwantedMoney(deps.pool, paymentId)) {
    const asked = await askWholeRefund(deps, attempt, reason);
    if (asked !== null) await sendRefund(deps, asked);
  }
  await inTransaction(deps.pool, async (client) => {
    await tellOthers(client, changed, deps.clock.now());
    await client.query(
      'UPDATE payments SET followed_revision = greatest(followed_revision, $2), follow_at = NULL WHERE payment_id = $1',
      [paymentId, revision],
    );
  });
}

/** Endpoints that asked for it; once for each thing that happened. */
async function tellOthers(client: PoolClient, changed: Changed, now: number): Promise<void> {
  const {
    payment_id: paymentId,
    reference,
    is_captured: isCaptured,
    failure_reason: failureReason,
  } = changed;
  const tell = (
    topic: EventTopic,
    payload: Readonly<Record<string, unknown>>,
    suffix = '',
  ): Promise<boolean> => publishEvent(client, { key: `${topic}:${paymentId}${suffix}`, topic, payload }, now);
  if (failureReason !== null) await tell('payment.failed', { paymentId, reference, reason: failureReason });
  if (isCaptured) await tell('payment.captured', { paymentId, reference, amountPaise: changed.amount_paise });
  const { refunded_paise: refundedPaise } = changed;
  if (refundedPaise > 0n)
    await tell('payment.refunded', { paymentId, reference, refundedPaise }, `:${refundedPaise}`);
}

interface Unwanted {
  readonly paymentId: string;
  readonly attemptId: string;
  readonly reason: string;
}

/** Among all payments of the reference: captured attempts of which something is held, in the order in which we learned of them. */
async function unwantedMoney(pool: Pool, paymentId: string): Promise<Unwanted[]> {
  const { rows } = await pool.query<Unwanted>(
    `WITH held AS (
       SELECT p.payment_id, a.attempt_id, p.cancelled_at IS NOT NULL AS is_cancelled,
         row_number() OVER (PARTITION BY p.cancelled_at IS NOT NULL ORDER BY t.transaction_id, a.attempt_id) AS place
       FROM payments one JOIN payments p
         ON p.payment_id = one.payment_id OR (p.origin = 'api' AND p.reference = one.reference)
       JOIN payment_attempts a ON a.payment_id = p.payment_id AND a.is_captured AND a.refunded_paise < a.amount_paise
       LEFT JOIN payment_transactions t ON t.attempt_id = a.attempt_id AND t.kind = 'capture'
       WHERE one.payment_id = $1
         AND NOT EXISTS (SELECT FROM payment_transactions r WHERE r.attempt_id = a.attempt_id AND r.kind = 'refund'
           AND r.outcome <> 'declined' AND r.amount_paise = a.amount_paise))
     SELECT payment_id AS "paymentId", attempt_id AS "attemptId",
       CASE WHEN is_cancelled THEN 'paid after it was cancelled' ELSE 'paid twice' END AS reason
     FROM held WHERE is_cancelled OR place > 1 ORDER BY place`,
    [paymentId],
  );
  return rows;
}
