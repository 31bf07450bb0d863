/**
 * Orders of the double (razorpay.com/docs/api/orders): plain, for a mandate (`token`), and for a debit (`notification`, whose
 * notice is delivered a minute later). A receipt names one order; the repeat gets the same order with `unique_receipt`.
 */
import { AUTOMATIC, paymentsOf } from './bank.js';
import type { Endpoints } from './endpoint.js';
import { checkedReceipt, checkFields, collection, invalid, known, Refused, wholeAmount } from './refuse.js';
import { newOrder } from './wire.js';
import type { Json, MandateTerms, Notification, WireOrder } from './wire.js';
import { wireNotes } from './world.js';
import type { OrderPlan, Outcomes, World } from './world.js';

const FIELDS =
  'amount* currency receipt notes partial_payment first_payment_min_amount payment payment_capture method customer_id token ' +
  'notification unique_receipt bank';
const NOTICE_MS = 60_000;
const MINUTE_MS = 60_000;
/** Minutes: the API's bounds of the capture windows. */
const AUTOMATIC_LEAST = 12;
const MANUAL_MOST = 7200;

export const orderEndpoints: Endpoints = {
  'POST /v1/orders': (world, { body }) => {
    checkFields(body, FIELDS);
    const receipt = checkedReceipt(body['receipt']);
    const earlier = [...world.orders.values()].find((order) => receipt !== null && order.receipt === receipt);
    if (earlier !== undefined && body['unique_receipt'] === true) return earlier;
    if (earlier !== undefined && world.settings.receiptReuse === 'refuse')
      throw invalid('Duplicate request. This request has already been processed.', 'receipt');
    return makeOrder(world, body, receipt);
  },
  'GET /v1/orders': (world, { query }) => {
    const receipt = query.get('receipt');
    const found = [...world.orders.values()].filter((order) => receipt === null || order.receipt === receipt);
    return collection(found, query);
  },
  'GET /v1/orders/*': (world, { ids: [id] }) => known(world.orders, id),
  'PATCH /v1/orders/*': (world, { ids: [id], body }) => {
    checkFields(body, 'notes*');
    return Object.assign(known(world.orders, id), { notes: wireNotes(body['notes']) });
  },
  'GET /v1/orders/*/payments': (world, { ids: [id] }) => {
    const items = paymentsOf(world, known(world.orders, id).id).reverse();
    return { entity: 'collection', count: items.length, items };
  },
};

export function makeOrder(world: World, body: Json, receipt: string | null): WireOrder {
  const terms = body['token'] as Json | undefined;
  const isFree = (terms?.['method'] ?? body['method']) === 'emandate';
  const order = newOrder(world.stamp('order'), {
    amount: wholeAmount(body['amount'], isFree ? 0 : undefined),
    currency: checkedCurrency(body['currency']),
    receipt,
    notes: wireNotes(body['notes']),
  });
  if (terms !== undefined) order.token = mandateTerms(terms, body['method']);
  world.orders.set(order.id, order);
  world.plans.set(order.id, orderPlan(world, body));
  const notification = body['notification'] as Json | undefined;
  if (notification !== undefined) order.notification = announce(world, order, notification);
  return order;
}

function checkedCurrency(currency: unknown): string {
  if (currency === undefined) return 'INR';
  if (typeof currency === 'string' && /^[A-Z]{3}$/.test(currency)) return currency;
  throw invalid('The currency is invalid.', 'currency');
}

export function mandateTerms(terms: Json, method: unknown): MandateTerms {
  checkFields(
    terms,
    'method max_amount* expire_at* frequency auth_type bank_account recurring_value recurring_type',
  );
  return {
    method: String(terms['method'] ?? method),
    max_amount: wholeAmount(terms['max_amount']),
    expire_at: Number(terms['expire_at']),
    frequency: (terms['frequency'] as string | undefined) ?? null,
    auth_type: (terms['auth_type'] as string | undefined) ?? null,
  };
}

function orderPlan(world: World, body: Json): OrderPlan {
  const payment = body['payment'] as
    { capture?: string; capture_options?: Record<string, number> } | undefined;
  const customer = body['customer_id'];
  if (customer !== undefined) known(world.customers, customer);
  const { automatic_expiry_period: automatic, manual_expiry_period: manual } = payment?.capture_options ?? {};
  if (automatic !== undefined && automatic < AUTOMATIC_LEAST)
    throw invalid('The automatic expiry period must be at least 12.', 'automatic_expiry_period');
  if (manual !== undefined && manual > MANUAL_MOST)
    throw invalid('The manual expiry period may not be greater than 7200.', 'manual_expiry_period');
  return {
    capture: payment?.capture === 'manual' ? 'manual' : 'automatic',
    automaticExpiryMs: automatic === undefined ? AUTOMATIC.automaticExpiryMs : automatic * MINUTE_MS,
    manualExpiryMs: manual === undefined ? AUTOMATIC.manualExpiryMs : manual * MINUTE_MS,
    ...(typeof customer === 'string' ? { customerId: customer } : {}),
  };
}

/** The payer is told before a debit; `payment_after` is the earliest instant of the debit. */
function announce(world: World, order: WireOrder, asked: Json): Notification {
  checkFields(asked, 'token_id* payment_after*');
  const token = known(world.tokens, asked['token_id']);
  if (token.recurring_details.status !== 'confirmed')
    throw new Refused(400, 'The mandate is not active.', {
      reason: 'mandate_not_active',
      source: 'business',
    });
  const notification: Notification = {
    id: world.newId('notification'),
    token_id: token.id,
    payment_after: Number(asked['payment_after']),
    status: null,
    delivered_at: null,
  };
  world.later(NOTICE_MS, 'notice-result', order.id);
  return notification;
}

export const orderOutcomes = {
  'notice-result': (world, id) => {
    const { notification } = known(world.orders, id);
    if (notification === undefined) return;
    const isScripted =
      (world.verdicts.get(notification.token_id) ?? [])[0]?.reason === 'pre_debit_notification_failed';
    notification.status = isScripted ? 'failed' : 'delivered';
    notification.delivered_at = isScripted ? null : world.seconds();
    world.emit(`order.notification.${notification.status}`, {
      notification: { entity: 'notification', order_id: id, ...notification },
    });
  },
} satisfies Partial<Outcomes>;
