/**
 * What must follow when one of our payments has changed: the gate learns what became of it, and money that nobody asked for goes
 * back. Unwanted is what comes for a cancelled payment and whatever comes after the first for one reference (a late authorisation
 * after a second payment); the first that was captured is kept. Done up to a revision that is read before, so a change meanwhile is
 * followed in the next turn.
 */
import type { Pool } from 'pg';
import type { ReportOutcome } from '../../scoring/outcomes.js';
import { reportChargebacks } from './chargebacks.js';
import type { PaymentDeps } from './place.js';
import { askWholeRefund, sendRefund } from './refund.js';

export interface FollowDeps extends PaymentDeps {
  readonly reportOutcome: ReportOutcome;
}

/** A turn's worth. */
const BATCH = 200;

interface Changed {
  payment_id: string;
  revision: number;
  is_captured: boolean;
  failure_reason: string | null;
}

/** Answers how many payments were followed, chargebacks among them. */
export async function followPayments(deps: FollowDeps): Promise<number> {
  const { rows } = await deps.pool.query<Changed>(
    `SELECT p.payment_id, p.revision, p.captured_paise > 0 AS is_captured,
       (SELECT min(a.failure_reason) FROM payment_attempts a WHERE a.payment_id = p.payment_id AND a.status = 'failed')
         AS failure_reason
     FROM payments p WHERE p.origin = 'api' AND p.followed_revision < p.revision ORDER BY p.payment_id LIMIT $1`,
    [BATCH],
  );
  for (const changed of rows) await follow(deps, changed);
  return rows.length + (await reportChargebacks(deps));
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
  await deps.pool.query(
    'UPDATE payments SET followed_revision = greatest(followed_revision, $2) WHERE payment_id = $1',
    [paymentId, revision],
  );
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
