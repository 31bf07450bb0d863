/**
 * Customers, saved instruments, mandates and debits on them at Razorpay (razorpay.com/docs/api/payments/recurring-payments).
 * Neither a registration link nor a debit has an idempotency key there, so each looks for its earlier self before it is sent.
 */
import type { AcceptedCharge, GatewayPayment, MandateLink } from '../../../core/ports/gateway-entities.js';
import type { NewMandate, NewMandateLink, RecurringCharge } from '../../../core/ports/gateway-requests.js';
import type { Gateway, Outcome } from '../../../core/ports/gateway.js';
import { mapOutcome, settle } from './call.js';
import type { Caller } from './call.js';
import type { Sdk } from './client.js';
import type { CreateOrder } from './orders.js';
import { ONE_PAGE } from './pages.js';
import {
  readCustomer,
  readDone,
  readMandateLink,
  readMandateLinks,
  readToken,
  readTokens,
} from './read-mandates.js';
import { readCharge, readPayments } from './read-payments.js';

type Body = Readonly<Record<string, unknown>>;

export function customers(sdk: Sdk, caller: Caller): Gateway['customers'] {
  return {
    ensure: async ({ name, email, contact, gstin, notes }) => {
      const body = { name, email, contact, gstin, notes, fail_existing: '0' };
      const send = () => caller.write(() => sdk.customers.create(body), readCustomer);
      // The API cannot search customers; with `fail_existing` 0 the same call is how one asks.
      return settle(await send(), send);
    },
    fetch: (customerId) => caller.read(() => sdk.customers.fetch(customerId), readCustomer),
  };
}

export function tokens(sdk: Sdk, caller: Caller): Gateway['tokens'] {
  const fetch = (customerId: string, tokenId: string) =>
    caller.read(() => sdk.customers.fetchToken(customerId, tokenId), readToken);
  const isGone = async (customerId: string, tokenId: string): Promise<boolean> => {
    const found = await fetch(customerId, tokenId);
    return found.kind === 'declined' && found.decline.reason === 'id_not_found';
  };
  return {
    list: (customerId) => caller.read(() => sdk.customers.fetchTokens(customerId), readTokens),
    fetch,
    remove: async (customerId, tokenId) => {
      const removed = await caller.write(() => sdk.customers.deleteToken(customerId, tokenId), readDone);
      if (removed.kind === 'ok') return removed;
      if (removed.kind === 'declined' && removed.decline.reason !== 'id_not_found') return removed;
      return (await isGone(customerId, tokenId)) ? { kind: 'ok', value: null } : removed;
    },
  };
}

export function mandates(sdk: Sdk, caller: Caller, createOrder: CreateOrder): Gateway['mandates'] {
  const fetchLink = (linkId: string) => caller.read(() => sdk.invoices.fetch(linkId), readMandateLink);
  return {
    order: (mandate) => createOrder(mandate, mandateOrder(mandate)),
    link: (link) => createLink(sdk, caller, link),
    fetchLink,
    cancelLink: async (linkId) => {
      const cancelled = await caller.write(() => sdk.invoices.cancel(linkId), readMandateLink);
      const isDone = (link: MandateLink) => (link.status === 'cancelled' ? link : null);
      return settle(cancelled, async () => mapOutcome(await fetchLink(linkId), isDone), REFUSED_LATE);
    },
    announce: (debit) => createOrder(debit, { notes: debit.notes, ...debitOrder(debit.notice) }),
    charge: (charge) => chargeOnce(sdk, caller, charge),
    cancel: (customerId, tokenId) => cancelMandate(sdk, caller, customerId, tokenId),
  };
}

/** Refusals of a call whose work is done already. */
const REFUSED_LATE = ['invalid_state', 'input_validation_failed', 'invalid_mandate_state'];

function mandateTerms({ terms }: Pick<NewMandate, 'terms'>): Body {
  const { maxPaise, expiresAt, frequency, authType, bankAccount } = terms;
  return {
    max_amount: Number(maxPaise),
    expire_at: Math.floor(expiresAt / 1000),
    frequency,
    auth_type: authType,
    bank_account: bankAccount && {
      beneficiary_name: bankAccount.beneficiaryName,
      account_number: bankAccount.accountNumber,
      account_type: bankAccount.accountType,
      ifsc_code: bankAccount.ifsc,
    },
  };
}

function mandateOrder(mandate: NewMandate): Body {
  return {
    method: mandate.terms.method,
    customer_id: mandate.customerId,
    payment_capture: true,
    token: mandateTerms(mandate),
    notes: mandate.notes,
  };
}

async function createLink(sdk: Sdk, caller: Caller, link: NewMandateLink): Promise<Outcome<MandateLink>> {
  const find = async () =>
    mapOutcome(
      await caller.read(
        () => sdk.api.get({ url: '/invoices', data: { ...ONE_PAGE, receipt: link.receipt } }),
        readMandateLinks,
      ),
      (links) => links.find(({ receipt }) => receipt === link.receipt) ?? null,
    );
  const earlier = await find();
  if (earlier.kind !== 'ok') return earlier;
  if (earlier.value !== null) return { kind: 'ok', value: earlier.value };
  const body = linkBody(link);
  return settle(
    await caller.write(() => sdk.subscriptions.createRegistrationLink(body), readMandateLink),
    find,
    ['receipt_reused'],
  );
}

function linkBody(link: NewMandateLink): Body {
  return {
    customer: link.customer,
    type: 'link',
    amount: Number(link.amountPaise),
    currency: 'INR',
    description: link.description,
    subscription_registration: { method: link.terms.method, ...mandateTerms(link) },
    receipt: link.receipt,
    expire_by: link.linkExpiresAt === undefined ? undefined : Math.floor(link.linkExpiresAt / 1000),
    sms_notify: link.notifyBySms ?? false,
    email_notify: link.notifyByEmail ?? false,
    notes: link.notes,
  };
}

function debitOrder(notice: { readonly tokenId: string; readonly payAfter: number } | null): Body {
  if (notice === null) return { payment_capture: true };
  const { tokenId, payAfter } = notice;
  return {
    payment_capture: true,
    notification: { token_id: tokenId, payment_after: Math.floor(payAfter / 1000) },
  };
}

/** The order bears one successful payment at most, but a second attempt could still be in flight: so ask before sending. */
async function chargeOnce(
  sdk: Sdk,
  caller: Caller,
  charge: RecurringCharge,
): Promise<Outcome<AcceptedCharge>> {
  const { orderId } = charge;
  const find = async () =>
    mapOutcome(await caller.read(() => sdk.orders.fetchPayments(orderId), readPayments), (attempts) =>
      liveCharge(attempts, orderId),
    );
  const earlier = await find();
  if (earlier.kind !== 'ok') return earlier;
  if (earlier.value !== null) return { kind: 'ok', value: earlier.value };
  const body = chargeBody(charge);
  const sent = await caller.write(() => sdk.payments.createRecurringPayment(body), readCharge(orderId));
  return settle(sent, find, ['order_already_paid', 'operation_in_progress', 'receipt_reused']);
}

function liveCharge(attempts: readonly GatewayPayment[], orderId: string): AcceptedCharge | null {
  const live = attempts.find(({ status }) => status !== 'failed');
  return live === undefined ? null : { paymentId: live.id, orderId };
}

function chargeBody(charge: RecurringCharge): Body {
  return {
    email: charge.email,
    contact: charge.contact,
    amount: Number(charge.amountPaise),
    currency: 'INR',
    order_id: charge.orderId,
    customer_id: charge.customerId,
    token: charge.tokenId,
    recurring: true,
    description: charge.description,
    notes: charge.notes ?? {},
  };
}

async function cancelMandate(
  sdk: Sdk,
  caller: Caller,
  customerId: string,
  tokenId: string,
): Promise<Outcome<null>> {
  // The SDK has no method for it.
  const url = `/customers/${customerId}/tokens/${tokenId}/cancel`;
  const cancelled = await caller.write(() => sdk.api.put({ url }), readDone);
  const isEnding = async () =>
    mapOutcome(
      await caller.read(() => sdk.customers.fetchToken(customerId, tokenId), readToken),
      ({ mandateStatus }) => (ENDING.has(mandateStatus ?? '') ? ([] as const) : null),
    );
  return mapOutcome(await settle<unknown>(cancelled, isEnding, REFUSED_LATE), () => null);
}

const ENDING = new Set(['cancellation_initiated', 'cancelled']);
