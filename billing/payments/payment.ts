/**
 * A payment as people and programs see it: what was asked for, what the gate said, every attempt to pay and every refund. Read in one
 * statement, so its parts belong together. Nothing in it could be charged.
 */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { declineCause } from '../../core/decline-reasons.js';
import { AppError } from '../../core/errors.js';
import { ACTIONS, nullable } from '../../scoring/request.js';
import { pageOf } from '../page.js';
import type { Page } from '../page.js';
import { PAYMENT } from './states.js';
import type { PaymentStatus } from './states.js';

const PAYMENT_STATUSES = Object.keys(PAYMENT) as PaymentStatus[];
const Paise = Type.Integer({ description: 'Minor units of `currency`.' });
const Instant = Type.String({ format: 'date-time' });

const AttemptView = Type.Object({
  attemptId: Type.String({ description: "The gateway's payment id." }),
  status: Type.String(),
  method: Type.String(),
  amountPaise: Paise,
  refundedPaise: Paise,
  failure: nullable(
    Type.Object({
      reason: Type.String(),
      class: Type.String(),
      advice: Type.String({ description: 'For the payer, in plain words.' }),
    }),
  ),
  createdAt: Instant,
});

const REFUND_STATUSES = ['requested', 'unknown', 'pending', 'processed', 'failed', 'declined'] as const;
const RefundView = Type.Object({
  refundId: Type.String({ description: "Ours; the gateway's for a refund made there." }),
  attemptId: Type.String(),
  status: Type.Enum(REFUND_STATUSES, {
    description: '`requested` and `unknown` are settled with the gateway by themselves.',
  }),
  amountPaise: Paise,
  reason: nullable(Type.String()),
  createdAt: Instant,
});

export const PaymentView = Type.Object({
  paymentId: Type.String(),
  status: Type.Enum(PAYMENT_STATUSES),
  amountPaise: Paise,
  currency: Type.String(),
  capturedPaise: Paise,
  refundedPaise: Paise,
  payerId: nullable(Type.String()),
  customerId: nullable(Type.String({ description: 'Who the payer is at the gateway; owns saved methods.' })),
  purpose: nullable(Type.String()),
  reference: nullable(Type.String()),
  description: nullable(Type.String()),
  instalmentPlanId: nullable(Type.String({ description: 'The plan that it pays a part of.' })),
  capture: Type.Enum(['automatic', 'manual']),
  decision: nullable(Type.Object({ decisionId: Type.String(), action: Type.Enum(ACTIONS) })),
  authentication: Type.Enum(['usual', 'required'], {
    description: '`required`: only ways to pay with an additional factor (3-D Secure, UPI PIN) are offered.',
  }),
  orderId: nullable(Type.String()),
  checkoutPath: nullable(Type.String({ description: 'The page on which the payer pays, on this server.' })),
  linkUrl: nullable(Type.String({ description: "The gateway's payment link." })),
  attempts: Type.Array(AttemptView),
  refunds: Type.Array(RefundView),
  createdAt: Instant,
});
export type PaymentView = Static<typeof PaymentView>;

interface AttemptJson {
  readonly attemptId: string;
  readonly status: string;
  readonly method: string;
  readonly amountPaise: number;
  readonly refundedPaise: number;
  readonly reason: string | null;
  readonly createdAt: number;
}

interface RefundJson {
  readonly refundId: string;
  readonly attemptId: string;
  readonly status: (typeof REFUND_STATUSES)[number];
  readonly amountPaise: number;
  readonly reason: string | null;
  readonly createdAt: number;
}

interface Row {
  payment_id: string;
  order_id: string | null;
  status: PaymentStatus;
  amount_paise: bigint;
  currency: string;
  captured_paise: bigint;
  refunded_paise: bigint;
  payer_id: string | null;
  customer_id: string | null;
  purpose: string | null;
  reference: string | null;
  description: string | null;
  instalment_plan_id: string | null;
  capture: 'automatic' | 'manual';
  decision_id: string | null;
  action: (typeof ACTIONS)[number] | null;
  link_url: string | null;
  attempts: readonly AttemptJson[];
  refunds: readonly RefundJson[];
  created_at: number;
}

const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;

const SELECT = `
  SELECT p.payment_id, p.order_id, p.status, p.amount_paise, p.currency, p.captured_paise, p.refunded_paise, p.payer_id,
    p.customer_id, p.purpose, p.reference, p.description, p.capture, p.decision_id, p.action, p.link_url, p.created_at,
    (SELECT i.plan_id FROM instalments i WHERE i.payment_id = p.payment_id) AS instalment_plan_id,
    (SELECT coalesce(json_agg(json_build_object('attemptId', a.attempt_id, 'status', a.status, 'method', a.method,
       'amountPaise', a.amount_paise, 'refundedPaise', a.refunded_paise, 'reason', a.failure_reason,
       'createdAt', ${MS('a.created_at')}) ORDER BY a.created_at, a.attempt_id), '[]')
     FROM payment_attempts a WHERE a.payment_id = p.payment_id) AS attempts,
    (SELECT coalesce(json_agg(json_build_object('refundId', t.reference, 'attemptId', t.attempt_id,
       'status', coalesce(r.status, t.outcome), 'amountPaise', t.amount_paise, 'reason', t.request ->> 'reason',
       'createdAt', ${MS('t.recorded_at')}) ORDER BY t.transaction_id), '[]')
     FROM payment_attempts a JOIN payment_transactions t USING (attempt_id)
     LEFT JOIN refunds r ON r.attempt_id = t.attempt_id AND coalesce(r.receipt, r.refund_id) = t.reference
     WHERE a.payment_id = p.payment_id AND t.kind = 'refund') AS refunds
  FROM payments p WHERE p.origin = 'api'`;

/** @throws AppError `payment-not-found`. */
export async function readPayment(db: Pool | PoolClient, paymentId: string): Promise<PaymentView> {
  const { rows } = await db.query<Row>(`${SELECT} AND p.payment_id = $1`, [paymentId]);
  if (rows[0] === undefined) throw noPayment(paymentId);
  return toView(rows[0]);
}

/** Newest first. */
export async function listPayments(
  pool: Pool,
  query: Page & { readonly payerId?: string; readonly reference?: string },
): Promise<PaymentView[]> {
  const equal = { 'p.payer_id': query.payerId, 'p.reference': query.reference };
  const { clause, values } = pageOf(query, 'p.payment_id', equal);
  const { rows } = await pool.query<Row>(`${SELECT} AND ${clause}`, values);
  return rows.map(toView);
}

export function noPayment(paymentId: string): AppError {
  return new AppError('not-found', 'payment-not-found', `there is no payment ${paymentId} of this API`);
}

function toView(row: Row): PaymentView {
  const { decision_id: decisionId, action } = row;
  const isPayable = row.order_id !== null && row.link_url === null;
  return {
    paymentId: row.payment_id,
    status: row.status,
    amountPaise: Number(row.amount_paise),
    currency: row.currency,
    capturedPaise: Number(row.captured_paise),
    refundedPaise: Number(row.refunded_paise),
    payerId: row.payer_id,
    customerId: row.customer_id,
    purpose: row.purpose,
    reference: row.reference,
    description: row.description,
    instalmentPlanId: row.instalment_plan_id,
    capture: row.capture,
    decision: decisionId === null || action === null ? null : { decisionId, action },
    authentication: action === 'challenge' || action === 'review' ? 'required' : 'usual',
    orderId: row.order_id,
    checkoutPath: isPayable ? `/pay/${row.payment_id}` : null,
    linkUrl: row.link_url,
    attempts: row.attempts.map(toAttempt),
    refunds: row.refunds.map((refund) => ({ ...refund, createdAt: iso(refund.createdAt) })),
    createdAt: iso(row.created_at),
  };
}

function toAttempt({ reason, createdAt, ...attempt }: AttemptJson): PaymentView['attempts'][number] {
  const isFailed = attempt.status === 'failed' && reason !== null;
  const cause = isFailed ? declineCause(reason) : null;
  return {
    ...attempt,
    failure: isFailed && cause !== null ? { reason, class: cause.class, advice: cause.advice } : null,
    createdAt: iso(createdAt),
  };
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
