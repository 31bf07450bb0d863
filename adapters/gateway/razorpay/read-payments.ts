/**
 * Razorpay's orders, payments and refunds as the port's (razorpay.com/docs/api/orders, …/payments, …/refunds). A status that is
 * not in the documentation is a bad answer: nobody could say what to do with it.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { PAYMENT_METHODS } from '../../../core/decline-reasons.js';
import type { Decline, PaymentMethod } from '../../../core/decline-reasons.js';
import { ORDER_STATUSES, PAYMENT_STATUSES, REFUND_STATUSES } from '../../../core/ports/gateway-entities.js';
import type {
  AcceptedCharge,
  DebitNotice,
  GatewayOrder,
  GatewayPayment,
  GatewayRefund,
  PaymentCard,
} from '../../../core/ports/gateway-entities.js';
import {
  Amount,
  instant,
  listOf,
  maybe,
  maybeInstant,
  maybePaise,
  notes,
  Open,
  paise,
  reader,
  text,
  Text,
  Whole,
} from './fields.js';
import { declineOf } from './refusals.js';

const Notice = Type.Object({
  id: Text,
  token_id: Type.String(),
  payment_after: Whole,
  status: Text,
  delivered_at: Whole,
});

const Order = Type.Object({
  id: Type.String(),
  amount: Amount,
  amount_paid: Amount,
  amount_due: Amount,
  currency: Type.String(),
  receipt: Text,
  status: Type.Enum(ORDER_STATUSES),
  attempts: Type.Integer(),
  notes: Open,
  notification: maybe(Notice),
  created_at: Type.Integer(),
});

export const readOrder = reader('order', Order, (order): GatewayOrder => ({
  id: order.id,
  amountPaise: paise(order.amount),
  paidPaise: paise(order.amount_paid),
  duePaise: paise(order.amount_due),
  currency: order.currency,
  receipt: text(order.receipt),
  status: order.status,
  attempts: order.attempts,
  notes: notes(order.notes),
  notice: order.notification ? debitNotice(order.notification) : null,
  createdAt: instant(order.created_at),
}));
export const readOrders = listOf('order', readOrder);

function debitNotice(notice: Static<typeof Notice>): DebitNotice {
  const { status } = notice;
  return {
    id: text(notice.id),
    tokenId: notice.token_id,
    payAfter: maybeInstant(notice.payment_after),
    status: status === 'delivered' || status === 'failed' ? status : null,
    deliveredAt: maybeInstant(notice.delivered_at),
  };
}

const Card = Type.Object({
  id: Text,
  last4: Text,
  network: Text,
  type: Text,
  issuer: Text,
  international: maybe(Type.Boolean()),
});

const Payment = Type.Object({
  id: Type.String(),
  order_id: Text,
  invoice_id: Text,
  customer_id: Text,
  token_id: Text,
  amount: Amount,
  amount_refunded: Whole,
  currency: Type.String(),
  status: Type.Enum(PAYMENT_STATUSES),
  captured: Open,
  international: maybe(Type.Boolean()),
  method: Text,
  card: maybe(Card),
  card_id: Text,
  bank: Text,
  wallet: Text,
  vpa: Text,
  email: Text,
  contact: maybe(Type.Union([Type.String(), Type.Number()])),
  description: Text,
  notes: Open,
  fee: Whole,
  tax: Whole,
  error_code: Text,
  error_description: Text,
  error_source: Text,
  error_step: Text,
  error_reason: Text,
  late_authorized: maybe(Type.Boolean()),
  acquirer_data: Open,
  created_at: Type.Integer(),
});
type Payment = Static<typeof Payment>;

export const readPayment = reader('payment', Payment, (payment): GatewayPayment => ({
  id: payment.id,
  orderId: text(payment.order_id),
  invoiceId: text(payment.invoice_id),
  customerId: text(payment.customer_id),
  tokenId: text(payment.token_id),
  amountPaise: paise(payment.amount),
  refundedPaise: paise(payment.amount_refunded),
  currency: payment.currency,
  status: payment.status,
  isCaptured: isCaptured(payment),
  isInternational: payment.international ?? false,
  method: paymentMethod(payment.method),
  card: paymentCard(payment),
  bank: text(payment.bank),
  wallet: text(payment.wallet),
  vpa: text(payment.vpa),
  email: text(payment.email),
  contact: text(payment.contact?.toString()),
  description: text(payment.description),
  notes: notes(payment.notes),
  feePaise: maybePaise(payment.fee),
  taxPaise: maybePaise(payment.tax),
  decline: paymentDecline(payment),
  isLateAuthorized: payment.late_authorized ?? null,
  acquirer: notes(payment.acquirer_data),
  createdAt: instant(payment.created_at),
}));
export const readPayments = listOf('payment', readPayment);

/** The flag alone cannot be trusted: published samples of failed payments have it set. */
function isCaptured({ status, captured }: Payment): boolean {
  if (status === 'captured') return true;
  return status === 'refunded' && (captured === true || captured === '1' || captured === 1);
}

export function paymentMethod(method: string | null | undefined): PaymentMethod | 'unknown' {
  return PAYMENT_METHODS.find((known) => known === method) ?? 'unknown';
}

function paymentCard({ card, card_id: cardId }: Payment): PaymentCard | null {
  if (!card && text(cardId) === null) return null;
  return {
    id: text(card?.id) ?? text(cardId),
    last4: text(card?.last4),
    network: text(card?.network),
    type: text(card?.type),
    issuer: text(card?.issuer),
    isInternational: card?.international ?? false,
  };
}

function paymentDecline(payment: Payment): Decline | null {
  if (payment.status !== 'failed') return null;
  const decline = declineOf(
    text(payment.error_reason) ?? 'payment_failed',
    { description: payment.error_description, source: payment.error_source, step: payment.error_step },
    { method: paymentMethod(payment.method) },
  );
  return { ...decline, paymentId: payment.id };
}

const Refund = Type.Object({
  id: Type.String(),
  payment_id: Type.String(),
  amount: Amount,
  currency: Type.String(),
  status: Type.Enum(REFUND_STATUSES),
  receipt: Text,
  speed_requested: Text,
  speed_processed: Text,
  notes: Open,
  acquirer_data: Open,
  created_at: Type.Integer(),
});

export const readRefund = reader('refund', Refund, (refund): GatewayRefund => ({
  id: refund.id,
  paymentId: refund.payment_id,
  amountPaise: paise(refund.amount),
  currency: refund.currency,
  status: refund.status,
  receipt: text(refund.receipt),
  speedRequested: text(refund.speed_requested),
  speedProcessed: text(refund.speed_processed),
  notes: notes(refund.notes),
  acquirer: notes(refund.acquirer_data),
  createdAt: instant(refund.created_at),
}));
export const readRefunds = listOf('refund', readRefund);

const Charge = Type.Object({ razorpay_payment_id: Type.String() });

export function readCharge(orderId: string): (body: unknown) => AcceptedCharge {
  return reader('recurring charge', Charge, (charge) => ({ paymentId: charge.razorpay_payment_id, orderId }));
}
