/**
 * Razorpay's customers, tokens, registration links and payment links as the port's (razorpay.com/docs/api/customers,
 * …/recurring-payments, …/payment-links). A registration link is an invoice at Razorpay.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { LINK_STATUSES } from '../../../core/ports/gateway-entities.js';
import type {
  GatewayCustomer,
  GatewayToken,
  MandateLink,
  PaymentLink,
  TokenCard,
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
import { paymentMethod } from './read-payments.js';

const Customer = Type.Object({
  id: Type.String(),
  name: Text,
  email: Text,
  contact: Text,
  gstin: Text,
  notes: Open,
  created_at: Whole,
});

export const readCustomer = reader('customer', Customer, (customer): GatewayCustomer => ({
  id: customer.id,
  name: text(customer.name),
  email: text(customer.email),
  contact: text(customer.contact),
  gstin: text(customer.gstin),
  notes: notes(customer.notes),
  createdAt: maybeInstant(customer.created_at),
}));

const Month = maybe(Type.Union([Type.Integer(), Type.String()]));
const Card = Type.Object({
  last4: Text,
  network: Text,
  type: Text,
  issuer: Text,
  expiry_month: Month,
  expiry_year: Month,
});

const Token = Type.Object({
  id: Type.String(),
  method: Text,
  card: maybe(Card),
  vpa: maybe(Type.Object({ username: Text, handle: Text })),
  bank: Text,
  wallet: Text,
  recurring: maybe(Type.Boolean()),
  recurring_details: maybe(Type.Object({ status: Text, failure_reason: Text })),
  status: Text,
  auth_type: Text,
  max_amount: Whole,
  used_at: Whole,
  start_time: Whole,
  expired_at: Whole,
  created_at: Whole,
});
type Token = Static<typeof Token>;

export const readToken = reader('token', Token, (token): GatewayToken => ({
  id: token.id,
  method: paymentMethod(token.method),
  card: token.card ? tokenCard(token.card) : null,
  vpa: token.vpa ? vpaOf(token.vpa) : null,
  bank: text(token.bank),
  wallet: text(token.wallet),
  isRecurring: token.recurring ?? false,
  mandateStatus: text(token.recurring_details?.status),
  mandateFailure: text(token.recurring_details?.failure_reason),
  status: text(token.status),
  authType: text(token.auth_type),
  maxPaise: maybePaise(token.max_amount),
  usedAt: maybeInstant(token.used_at),
  startsAt: maybeInstant(token.start_time),
  expiresAt: maybeInstant(token.expired_at),
  createdAt: maybeInstant(token.created_at),
}));
export const readTokens = listOf('token', readToken);

function tokenCard(card: Static<typeof Card>): TokenCard {
  return {
    last4: text(card.last4),
    network: text(card.network),
    type: text(card.type),
    issuer: text(card.issuer),
    expiryMonth: wholeNumber(card.expiry_month),
    expiryYear: wholeNumber(card.expiry_year),
  };
}

function wholeNumber(value: number | string | null | undefined): number | null {
  const number = Number(value ?? Number.NaN);
  return Number.isInteger(number) && number > 0 ? number : null;
}

function vpaOf({ username, handle }: NonNullable<Token['vpa']>): string | null {
  return text(username) === null ? null : `${username ?? ''}@${handle ?? ''}`;
}

/** The answer to a deletion; an API of another age answers an empty list. */
const Done = Type.Union([Type.Object({}), Type.Array(Type.Unknown())]);
export const readDone = reader('acknowledgement', Done, () => null);

const Invoice = Type.Object({
  id: Type.String(),
  order_id: Text,
  customer_id: Text,
  status: Type.String(),
  amount: Amount,
  receipt: Text,
  payment_id: Text,
  short_url: Text,
  expire_by: Whole,
  created_at: Type.Integer(),
});

export const readMandateLink = reader('registration link', Invoice, (invoice): MandateLink => ({
  id: invoice.id,
  orderId: text(invoice.order_id),
  customerId: text(invoice.customer_id),
  status: invoice.status,
  amountPaise: paise(invoice.amount),
  receipt: text(invoice.receipt),
  paymentId: text(invoice.payment_id),
  url: text(invoice.short_url),
  expiresAt: maybeInstant(invoice.expire_by),
  createdAt: instant(invoice.created_at),
}));
export const readMandateLinks = listOf('registration link', readMandateLink);

const Link = Type.Object({
  id: Type.String(),
  reference_id: Text,
  status: Type.Enum(LINK_STATUSES),
  amount: Amount,
  amount_paid: Whole,
  currency: Type.String(),
  short_url: Text,
  order_id: Text,
  payments: maybe(Type.Array(Type.Object({ payment_id: Text }))),
  expire_by: Whole,
  notes: Open,
  created_at: Type.Integer(),
});

export const readPaymentLink = reader('payment link', Link, (link): PaymentLink => ({
  id: link.id,
  reference: text(link.reference_id),
  status: link.status,
  amountPaise: paise(link.amount),
  paidPaise: paise(link.amount_paid),
  currency: link.currency,
  url: text(link.short_url),
  orderId: text(link.order_id),
  paymentIds: (link.payments ?? []).flatMap((payment) => text(payment.payment_id) ?? []),
  expiresAt: maybeInstant(link.expire_by),
  notes: notes(link.notes),
  createdAt: instant(link.created_at),
}));

/** Payment links are listed under a name of their own. */
export const readPaymentLinks = reader(
  'list of payment links',
  Type.Object({ payment_links: Type.Array(Type.Unknown()) }),
  (list) => list.payment_links.map(readPaymentLink),
);
