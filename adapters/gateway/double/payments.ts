/**
 * Payments and refunds of the double (razorpay.com/docs/api/payments, …/refunds, …/refunds/idempotency). One refund for one
 * idempotency key: the same body gets the same refund, another body 409.
 */
import { capture, refund } from './bank.js';
import type { Call, Endpoints } from './endpoint.js';
import { checkedReceipt, checkFields, collection, invalid, known, Refused, wholeAmount } from './refuse.js';
import type { Json, WirePayment } from './wire.js';
import { wireNotes } from './world.js';
import type { World } from './world.js';

export const paymentEndpoints: Endpoints = {
  'GET /v1/payments': (world, { query }) => {
    const list = collection(world.payments.values(), query);
    return { ...list, items: (list['items'] as WirePayment[]).map((payment) => asked(payment, query)) };
  },
  'GET /v1/payments/*': (world, { ids: [id], query }) => asked(known(world.payments, id), query),
  'PATCH /v1/payments/*': (world, { ids: [id], body }) => {
    checkFields(body, 'notes*');
    return Object.assign(known(world.payments, id), { notes: wireNotes(body['notes']) });
  },
  'POST /v1/payments/*/capture': (world, { ids: [id], body }) =>
    capturePayment(world, known(world.payments, id), body),
  'POST /v1/payments/*/refund': (world, call) => refundOnce(world, call),
  'GET /v1/payments/*/refunds': (world, { ids: [id], query }) =>
    collection(refundsOf(world, known(world.payments, id).id), query),
  'GET /v1/payments/*/refunds/*': (world, { ids: [, refundId] }) => known(world.refunds, refundId),
  'GET /v1/payments/downtimes': (world, { query }) => collection(world.downtimes.values(), query),
  'GET /v1/payments/downtimes/*': (world, { ids: [id] }) => known(world.downtimes, id),
  'GET /v1/refunds': (world, { query }) => collection(world.refunds.values(), query),
  'GET /v1/refunds/*': (world, { ids: [id] }) => known(world.refunds, id),
};

/** A card is named by its id only, unless asked for. */
function asked(payment: WirePayment, query: URLSearchParams): object {
  const expands = [...query].filter(([name]) => name.startsWith('expand')).map(([, value]) => value);
  const { card: _card, ...rest } = payment;
  return expands.includes('card') ? payment : rest;
}

function capturePayment(world: World, payment: WirePayment, body: Json): WirePayment {
  checkFields(body, 'amount* currency');
  const amount = wholeAmount(body['amount']);
  if (payment.captured) throw invalid('This payment has already been captured');
  if (payment.status !== 'authorized')
    throw invalid('Only payments which have been authorized and not yet captured can be captured');
  if (amount !== payment.amount)
    throw invalid('Capture amount must be equal to the amount authorized', 'amount');
  if ((body['currency'] ?? 'INR') !== payment.currency)
    throw invalid('Payment currency does not match', 'currency');
  capture(world, payment);
  return payment;
}

const KEY = /^[\w-]{10,}$/;

function refundOnce(world: World, { ids: [id], body, headers }: Call): object {
  const payment = known(world.payments, id);
  const key = headers['x-refund-idempotency'];
  if (typeof key !== 'string') return makeRefund(world, payment, body);
  if (!KEY.test(key))
    throw invalid('The idempotency key must be at least 10 characters of letters, digits, - and _.');
  const wanted = JSON.stringify([payment.id, body]);
  const earlier = world.refundKeys.get(key);
  if (earlier !== undefined && earlier.asked !== wanted)
    throw new Refused(409, 'Different request body sent with the same idempotency key.');
  if (earlier !== undefined) return known(world.refunds, earlier.refundId);
  const made = makeRefund(world, payment, body);
  world.refundKeys.set(key, { asked: wanted, refundId: made.id });
  return made;
}

function makeRefund(world: World, payment: WirePayment, body: Json) {
  checkFields(body, 'amount speed notes receipt');
  const left = payment.amount - payment.amount_refunded;
  const amount = body['amount'] === undefined ? left : wholeAmount(body['amount']);
  const receipt = checkedReceipt(body['receipt']);
  const speed = body['speed'] ?? 'normal';
  if (speed !== 'normal' && speed !== 'optimum') throw invalid('The speed is invalid.', 'speed');
  if (!payment.captured) throw invalid('The payment status should be captured for action to be taken');
  if (left === 0) throw invalid('The payment has been fully refunded already');
  if (amount > left) throw invalid('The refund amount provided is greater than amount captured', 'amount');
  if (
    [...world.disputes.values()].some(
      (dispute) => dispute.payment_id === payment.id && dispute.status !== 'won',
    )
  )
    throw invalid('Refund is not allowed on a disputed payment');
  if (receipt !== null && refundsOf(world, payment.id).some((earlier) => earlier.receipt === receipt))
    throw invalid('Duplicate receipt found for this refund request.', 'receipt');
  return refund(world, payment, { amount, speed, receipt, notes: wireNotes(body['notes']) });
}

function refundsOf(world: World, paymentId: string) {
  return [...world.refunds.values()].filter((entity) => entity.payment_id === paymentId);
}
