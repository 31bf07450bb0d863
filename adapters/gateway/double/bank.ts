/**
 * The life of a payment in the double: created -> authorized | failed, failed -> authorized (late), authorized -> captured |
 * refunded (not captured in time), captured -> refunded; with its effects on order, link, invoice and settlement, and the
 * webhooks of each step (razorpay.com/docs/payments/payments/payment-life-cycle).
 */
import { newPayment, newRefund, newToken } from './wire.js';
import type { Instrument, WireNotes, WireOrder, WirePayment, WireRefund } from './wire.js';
import { known, Refused } from './refuse.js';
import { errorFields } from './verdicts.js';
import type { Verdict } from './verdicts.js';
import type { OrderPlan, Outcomes, World } from './world.js';

/** Razorpay gives a silent bank about ten minutes. */
const PENDING_MS = 10 * 60_000;
const LATE_MS = 20 * 60_000;
const REFUND_RESULT_MS = 60_000;
/** GST on the gateway's fee. */
const GST_PERCENT = 18;

export const AUTOMATIC: OrderPlan = {
  capture: 'automatic',
  automaticExpiryMs: 3 * 86_400_000,
  manualExpiryMs: 3 * 86_400_000,
};

export interface Attempt {
  readonly instrument: Instrument;
  readonly amount?: number;
  readonly email?: string;
  readonly contact?: string;
  readonly customerId?: string | undefined;
  readonly tokenId?: string;
}

/** @throws Refused when the order is paid, or another of its payments is authorised. */
export function startPayment(world: World, order: WireOrder, attempt: Attempt): WirePayment {
  const isHeld = paymentsOf(world, order.id).some(({ status }) => status === 'authorized');
  if (order.status === 'paid' || isHeld)
    throw new Refused(400, 'Payment already done for this order.', {
      source: 'business',
      step: 'payment_initiation',
      reason: 'order_already_paid',
    });
  const payment = newPayment(world.stamp('pay'), order, {
    amount: attempt.amount ?? order.amount_due,
    instrument: attempt.instrument,
    email: attempt.email ?? 'payer@example.com',
    contact: attempt.contact ?? '+919000000000',
    cardId: attempt.instrument.card === undefined ? null : world.newId('card'),
  });
  payment.customer_id = attempt.customerId ?? planOf(world, order.id).customerId;
  payment.token_id = attempt.tokenId;
  payment.invoice_id = planOf(world, order.id).invoiceId ?? null;
  order.attempts += 1;
  order.status = 'attempted';
  world.payments.set(payment.id, payment);
  return payment;
}

export function decide(world: World, payment: WirePayment, verdict: Verdict): void {
  switch (verdict.outcome) {
    case 'success':
      authorize(world, payment);
      break;
    case 'failure':
      fail(world, payment, verdict.reason ?? 'payment_failed');
      break;
    case 'late':
      fail(world, payment, verdict.reason ?? 'payment_timed_out');
      world.later(verdict.lateAfterMs ?? LATE_MS, 'late-yes', payment.id);
      break;
    case 'pending':
      world.later(PENDING_MS, 'time-out', payment.id);
      break;
  }
}

export const bankOutcomes = {
  'late-yes': (world, id) => {
    const payment = known(world.payments, id);
    payment.late_authorized = true;
    authorize(world, payment);
  },
  'time-out': (world, id) => {
    const payment = known(world.payments, id);
    if (payment.status === 'created') fail(world, payment, 'payment_timed_out');
  },
  'capture-deadline': (world, id) => {
    const payment = known(world.payments, id);
    if (payment.status === 'authorized') returnUncaptured(world, payment);
  },
  'refund-result': (world, id) => {
    const entity = known(world.refunds, id);
    entity.status = 'processed';
    entity.acquirer_data = { arn: String(10_000_000_000_000 + world.random.below(1_000_000_000)) };
    world.emit('refund.processed', { refund: entity, payment: known(world.payments, entity.payment_id) });
  },
} satisfies Partial<Outcomes>;

function fail(world: World, payment: WirePayment, reason: string): void {
  Object.assign(payment, { status: 'failed', ...errorFields(reason) });
  world.emit('payment.failed', { payment });
}

const NO_ERROR = {
  error_code: null,
  error_description: null,
  error_source: null,
  error_step: null,
  error_reason: null,
};

function authorize(world: World, payment: WirePayment): void {
  const reference = String(100_000_000_000 + world.random.below(899_999_999));
  const key =
    payment.method === 'card' ? 'auth_code' : payment.method === 'upi' ? 'rrn' : 'bank_transaction_id';
  Object.assign(payment, { status: 'authorized', acquirer_data: { [key]: reference }, ...NO_ERROR });
  confirmMandate(world, payment);
  world.emit('payment.authorized', { payment });
  const order = orderOf(world, payment);
  const plan = planOf(world, order.id);
  if (order.status === 'paid') {
    // A duplicate goes back at once.
    returnUncaptured(world, payment);
    return;
  }
  const ageMs = (world.seconds() - payment.created_at) * 1000;
  if (plan.capture === 'automatic' && ageMs <= plan.automaticExpiryMs) {
    capture(world, payment);
    return;
  }
  world.later(Math.max(0, plan.manualExpiryMs - ageMs), 'capture-deadline', payment.id);
}

/** The first payment on a mandate order carries the token. */
function confirmMandate(world: World, payment: WirePayment): void {
  const { token: terms } = orderOf(world, payment);
  if (terms === undefined || payment.token_id !== undefined || payment.customer_id === undefined) return;
  const token = newToken(world.stamp('token'), {
    customerId: payment.customer_id,
    instrument: instrumentOf(payment),
    terms,
    secret: world.newId('t').slice(2),
  });
  world.tokens.set(token.id, token);
  payment.token_id = token.id;
  world.emit('token.confirmed', { token });
}

export function instrumentOf(payment: WirePayment): Instrument {
  const { card } = payment;
  return {
    method: payment.method,
    vpa: payment.vpa ?? undefined,
    bank: payment.bank ?? undefined,
    wallet: payment.wallet ?? undefined,
    card: card && { last4: card.last4, network: card.network, type: card.type, issuer: card.issuer },
  };
}

export function capture(world: World, payment: WirePayment): void {
  const { feeBasisPoints, settleAfterMs } = world.settings;
  const charge = Math.round((payment.amount * feeBasisPoints) / 10_000);
  const tax = Math.round((charge * GST_PERCENT) / 100);
  const fee = charge + tax;
  Object.assign(payment, { status: 'captured', captured: true, fee, tax });
  const order = orderOf(world, payment);
  order.amount_paid += payment.amount;
  order.amount_due -= payment.amount;
  if (order.amount_due <= 0) order.status = 'paid';
  if (payment.amount > 0)
    world.movements.push({
      row: {
        ...paymentRow(world, payment),
        type: 'payment',
        debit: 0,
        credit: payment.amount - fee,
        fee,
        tax,
      },
      settleableAt: world.agenda.now() + settleAfterMs,
      settlement: null,
    });
  world.emit('payment.captured', { payment });
  if (order.status === 'paid') world.emit('order.paid', { payment, order });
  payLink(world, payment, order);
  payInvoice(world, payment, order);
}

function payLink(world: World, payment: WirePayment, order: WireOrder): void {
  const link = world.links.get(planOf(world, order.id).linkId ?? '');
  if (link === undefined) return;
  const { id, amount, method, created_at: createdAt } = payment;
  link.payments.push({ payment_id: id, amount, method, status: 'captured', created_at: createdAt });
  link.amount_paid += amount;
  link.status = order.status === 'paid' ? 'paid' : 'partially_paid';
  link.updated_at = world.seconds();
  world.emit(`payment_link.${link.status}`, { payment_link: link, order, payment });
}

function payInvoice(world: World, payment: WirePayment, order: WireOrder): void {
  const invoice = world.invoices.get(planOf(world, order.id).invoiceId ?? '');
  if (invoice === undefined) return;
  Object.assign(invoice, {
    status: 'paid',
    payment_id: payment.id,
    paid_at: world.seconds(),
    amount_paid: order.amount_paid,
    amount_due: order.amount_due,
  });
  world.emit('invoice.paid', { payment, order, invoice });
}

/** The gateway's own refund of a payment that nobody captured: no fee, nothing to settle. */
function returnUncaptured(world: World, payment: WirePayment): void {
  refund(world, payment, { amount: payment.amount, speed: 'normal', receipt: null, notes: [] });
}

export function refund(
  world: World,
  payment: WirePayment,
  asked: { amount: number; speed: string; receipt: string | null; notes: WireNotes },
): WireRefund {
  const entity = newRefund(world.stamp('rfnd'), payment, asked);
  world.refunds.set(entity.id, entity);
  payment.amount_refunded += asked.amount;
  const isFull = payment.amount_refunded >= payment.amount;
  payment.refund_status = isFull ? 'full' : 'partial';
  if (isFull) payment.status = 'refunded';
  world.emit('refund.created', { refund: entity, payment });
  world.later(REFUND_RESULT_MS, 'refund-result', entity.id);
  if (payment.captured)
    world.movements.push({
      row: {
        ...paymentRow(world, payment),
        entity_id: entity.id,
        type: 'refund',
        payment_id: payment.id,
        amount: asked.amount,
        debit: asked.amount,
        credit: 0,
        fee: 0,
        tax: 0,
        created_at: entity.created_at,
      },
      settleableAt: world.agenda.now() + world.settings.settleAfterMs,
      settlement: null,
    });
  return entity;
}

/** The columns of a reconciliation row that come from the payment. */
export function paymentRow(world: World, payment: WirePayment) {
  return {
    entity_id: payment.id,
    amount: payment.amount,
    currency: payment.currency,
    on_hold: false,
    created_at: payment.created_at,
    posted_at: null,
    credit_type: 'default',
    description: payment.description,
    notes: payment.notes,
    payment_id: null as string | null,
    order_id: payment.order_id,
    order_receipt: orderOf(world, payment).receipt,
    method: payment.method,
    card_network: payment.card?.network ?? null,
    card_issuer: payment.card?.issuer ?? null,
    card_type: payment.card?.type ?? null,
    dispute_id: null as string | null,
  };
}

function planOf(world: World, orderId: string): OrderPlan {
  return world.plans.get(orderId) ?? AUTOMATIC;
}

export function paymentsOf(world: World, orderId: string): WirePayment[] {
  return [...world.payments.values()].filter((payment) => payment.order_id === orderId);
}

function orderOf(world: World, payment: WirePayment): WireOrder {
  const order = world.orders.get(payment.order_id);
  if (order === undefined) throw new Error(`${payment.id} has no order`);
  return order;
}
