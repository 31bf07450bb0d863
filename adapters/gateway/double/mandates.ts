/**
 * Customers, tokens, registration links and debits on mandates of the double (razorpay.com/docs/api/payments/recurring-payments).
 * A debit on a card or UPI mandate needs a delivered notice and its hour; its result comes later, by webhook.
 */
import { decide, instrumentOf, paymentsOf, startPayment } from './bank.js';
import type { Endpoints } from './endpoint.js';
import { makeOrder, mandateTerms } from './orders.js';
import {
  checkedReceipt,
  checkFields,
  collection,
  invalid,
  known,
  Refused,
  unknownId,
  wholeAmount,
} from './refuse.js';
import { newCustomer, newInvoice } from './wire.js';
import type { Json, WireCustomer, WireOrder, WireToken } from './wire.js';
import { takeVerdict } from './verdicts.js';
import { wireNotes } from './world.js';
import type { Outcomes, World } from './world.js';

/** How long Razorpay takes to cancel a mandate at the bank. */
const CANCEL_MS = 60_000;

export const mandateEndpoints: Endpoints = {
  'POST /v1/customers': (world, { body }) => ensureCustomer(world, body),
  'GET /v1/customers': (world, { query }) => collection(world.customers.values(), query),
  'GET /v1/customers/*': (world, { ids: [id] }) => known(world.customers, id),
  'PUT /v1/customers/*': (world, { ids: [id], body }) => {
    checkFields(body, 'name email contact');
    return Object.assign(known(world.customers, id), body);
  },
  'GET /v1/customers/*/tokens': (world, { ids: [id] }) => {
    const customer = known(world.customers, id);
    const items = [...world.tokens.values()].filter((token) => token.customer_id === customer.id).reverse();
    return { entity: 'collection', count: items.length, items };
  },
  'GET /v1/customers/*/tokens/*': (world, { ids }) => tokenOf(world, ids),
  'DELETE /v1/customers/*/tokens/*': (world, { ids }) => {
    world.tokens.delete(tokenOf(world, ids).id);
    return { deleted: true };
  },
  'PUT /v1/customers/*/tokens/*/cancel': (world, { ids }) => cancelMandate(world, tokenOf(world, ids)),
  'POST /v1/subscription_registration/auth_links': (world, { body }) => registrationLink(world, body),
  'GET /v1/invoices': (world, { query }) => {
    const receipt = query.get('receipt');
    const found = [...world.invoices.values()].filter(
      (invoice) => receipt === null || invoice.receipt === receipt,
    );
    return collection(found, query);
  },
  'GET /v1/invoices/*': (world, { ids: [id] }) => known(world.invoices, id),
  'POST /v1/invoices/*/cancel': (world, { ids: [id] }) => {
    const invoice = known(world.invoices, id);
    if (invoice.status !== 'issued') throw invalid(`Invoice is not cancellable in ${invoice.status} status.`);
    return Object.assign(invoice, { status: 'cancelled', cancelled_at: world.seconds() });
  },
  'POST /v1/invoices/*/notify_by/*': (world, { ids: [id] }) => {
    known(world.invoices, id);
    return { success: true };
  },
  'POST /v1/payments/create/recurring': (world, { body }) => charge(world, body),
};

function ensureCustomer(world: World, body: Json): WireCustomer {
  checkFields(body, 'name email contact gstin notes fail_existing');
  const contact = String(body['contact'] ?? '');
  if (body['contact'] !== undefined && !/^\+?\d{8,15}$/.test(contact))
    throw new Refused(400, 'Contact number should be at least 8 digits, including country code', {
      source: 'business',
      reason: 'invalid_contact_number',
      field: 'contact',
    });
  const email = (body['email'] as string | undefined) ?? null;
  const earlier = [...world.customers.values()].find(
    (customer) => customer.contact === (contact || null) && customer.email === email,
  );
  if (earlier !== undefined && String(body['fail_existing'] ?? '1') === '0') return earlier;
  if (earlier !== undefined) throw invalid('Customer already exists for the merchant.');
  const customer = newCustomer(world.stamp('cust'), {
    name: String(body['name'] ?? ''),
    email,
    contact: contact || null,
    gstin: (body['gstin'] as string | undefined) ?? null,
    notes: wireNotes(body['notes']),
  });
  world.customers.set(customer.id, customer);
  return customer;
}

function tokenOf(world: World, [customerId, tokenId]: readonly string[]): WireToken {
  const token = known(world.tokens, tokenId);
  if (token.customer_id !== known(world.customers, customerId).id) throw unknownId();
  return token;
}

function cancelMandate(world: World, token: WireToken): object {
  const { recurring_details: mandate } = token;
  if (!token.recurring)
    throw new Refused(400, 'The token is not recurring.', { reason: 'token_not_recurring' });
  if (!['initiated', 'confirmed', 'paused'].includes(mandate.status ?? ''))
    throw new Refused(400, 'The mandate cannot be cancelled now.', { reason: 'invalid_mandate_state' });
  mandate.status = 'cancellation_initiated';
  world.later(CANCEL_MS, 'token-cancellation', token.id);
  return { status: 'cancellation_initiated' };
}

function registrationLink(world: World, body: Json): object {
  checkFields(
    body,
    'customer* type* amount* currency* description* subscription_registration* expire_by receipt sms_notify email_notify notes',
  );
  const receipt = checkedReceipt(body['receipt']);
  const terms = mandateTerms(body['subscription_registration'] as Json, undefined);
  const customer = ensureCustomer(world, { ...(body['customer'] as Json), fail_existing: '0' });
  const asked = { amount: body['amount'], notes: body['notes'], method: terms.method };
  const order = makeOrder(world, asked, receipt);
  order.token = terms;
  const stamp = world.stamp('inv');
  const invoice = newInvoice(stamp, order, {
    customerId: customer.id,
    description: String(body['description']),
    url: `${world.baseUrl}/double/checkout?order_id=${order.id}`,
    expireBy: (body['expire_by'] as number | undefined) ?? null,
  });
  world.invoices.set(invoice.id, invoice);
  const plan = world.plans.get(order.id);
  if (plan !== undefined)
    world.plans.set(order.id, { ...plan, customerId: customer.id, invoiceId: invoice.id });
  return invoice;
}

function charge(world: World, body: Json): object {
  checkFields(
    body,
    'email* contact* amount* currency* order_id* customer_id* token* recurring* notes description',
  );
  const order = known(world.orders, body['order_id']);
  const token = tokenOf(world, [String(body['customer_id']), String(body['token'])]);
  const amount = wholeAmount(body['amount']);
  if (amount !== order.amount)
    throw new Refused(400, 'The amount differs from the order.', { reason: 'order_amount_mismatch' });
  checkMandate(world, order, token, amount);
  if (paymentsOf(world, order.id).some(({ status }) => status === 'created'))
    throw new Refused(400, 'Request failed because another payment operation is in progress.');
  const { id } = startPayment(world, order, {
    instrument: instrumentOfToken(world, token),
    email: String(body['email']),
    contact: String(body['contact']),
    customerId: token.customer_id,
    tokenId: token.id,
  });
  world.later(world.settings.debitResultMs, 'debit-result', id);
  return { razorpay_payment_id: id };
}

export const mandateOutcomes = {
  'token-cancellation': (world, id) => {
    const token = world.tokens.get(id);
    // Removed by the payer meanwhile.
    if (token === undefined) return;
    token.recurring_details.status = 'cancelled';
    world.emit('token.cancelled', { token });
  },
  'debit-result': (world, id) => {
    const payment = known(world.payments, id);
    const token = world.tokens.get(payment.token_id ?? '');
    if (token?.recurring_details.status !== 'confirmed') {
      decide(world, payment, STOPPED);
      return;
    }
    token.used_at = world.seconds();
    decide(world, payment, takeVerdict(world.verdicts, [payment.order_id, token.id]));
  },
} satisfies Partial<Outcomes>;

const STOPPED = { outcome: 'failure', reason: 'mandate_cancelled' } as const;

function checkMandate(world: World, order: WireOrder, token: WireToken, amount: number): void {
  const refuse = (description: string, reason: string): Refused =>
    new Refused(400, description, { source: 'business', step: 'payment_initiation', reason });
  if (token.recurring_details.status !== 'confirmed')
    throw refuse('The mandate is not active.', 'mandate_not_active');
  if (amount > (token.max_amount ?? 0))
    throw refuse('Amount exceeds maximum amount allowed', 'input_validation_failed');
  if (token.method !== 'card' && token.method !== 'upi') return;
  if (order.notification?.status !== 'delivered')
    throw refuse('The pre-debit notification was not sent.', 'pre_debit_notification_not_sent');
  if (world.seconds() < order.notification.payment_after)
    throw refuse('The debit was promised for later.', 'BAD_REQUEST_MANDATE_PROMISED_DEBIT_DATE_NOT_HONOURED');
}

/** As it was when the mandate was made. */
function instrumentOfToken(world: World, token: WireToken) {
  const first = [...world.payments.values()].find((payment) => payment.token_id === token.id);
  return first === undefined ? { method: token.method } : instrumentOf(first);
}
