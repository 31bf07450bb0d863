/**
 * What one webhook, or one page of the API, says of the entities that move money: each as a snapshot of its instant. Which came
 * first is not told by the order of arrival, so whoever applies a sighting compares states. Fields that the business does not
 * need (contact, e-mail, UPI id, card) end here. Reading is strict about what is used and lenient about everything else.
 */
import { PAYMENT_METHODS } from '../../core/decline-reasons.js';
import { AppError } from '../../core/errors.js';
import { PAYMENT_STATUSES, REFUND_STATUSES } from '../../core/ports/gateway-entities.js';
import type {
  Dispute,
  GatewayPayment,
  GatewayRefund,
  Settlement,
} from '../../core/ports/gateway-entities.js';
import { subjectOf } from './event-names.js';

/** What the port's payment and a webhook's have in common; `isCaptured` also after a refund. */
export interface SeenPayment extends Pick<
  GatewayPayment,
  | 'id'
  | 'orderId'
  | 'invoiceId'
  | 'customerId'
  | 'tokenId'
  | 'amountPaise'
  | 'refundedPaise'
  | 'currency'
  | 'status'
  | 'isCaptured'
  | 'isInternational'
  | 'method'
  | 'bank'
  | 'wallet'
  | 'feePaise'
  | 'taxPaise'
  | 'createdAt'
> {
  readonly decline: { readonly reason: string } | null;
}

export type SeenRefund = Pick<
  GatewayRefund,
  'id' | 'paymentId' | 'amountPaise' | 'currency' | 'status' | 'receipt' | 'speedProcessed' | 'createdAt'
>;

export interface SeenOrder {
  readonly id: string;
  readonly receipt: string | null;
}

export const TOKEN_EVENTS = ['confirmed', 'rejected', 'paused', 'resumed', 'cancelled'] as const;
export type TokenEvent = (typeof TOKEN_EVENTS)[number];

/** A step of a mandate. Never the payer's UPI id or account: both may change, and neither is ours to keep. */
export interface SeenToken {
  readonly id: string;
  readonly event: TokenEvent;
  readonly failure: string | null;
  /** The bank that is debited, when the gateway says. */
  readonly issuer: string | null;
}

/** Of a notice before a debit. */
export interface SeenNotice {
  readonly orderId: string;
  /** Null: the payer was not told. */
  readonly deliveredAt: number | null;
}

export interface SeenDowntime {
  readonly id: string;
  readonly method: string;
  /** Banks, networks or apps; empty: all of the method. */
  readonly instruments: readonly string[];
  readonly severity: string;
  readonly beginsAt: number;
  readonly endsAt: number | null;
}

export interface Sighting {
  /** When the source said so, UTC epoch ms. */
  readonly occurredAt: number;
  readonly payment?: SeenPayment;
  readonly order?: SeenOrder;
  readonly refund?: SeenRefund;
  readonly dispute?: Dispute;
  readonly settlement?: Settlement;
  readonly token?: SeenToken;
  readonly notice?: SeenNotice;
  readonly downtime?: SeenDowntime;
}

type Json = Readonly<Record<string, unknown>>;

/** @throws AppError `webhook-unreadable` that names the field, when an entity lacks what applying it needs. */
export function readSighting(event: string, body: unknown, occurredAt: number): Sighting {
  const payload = objectAt(objectAt(body, 'body')['payload'], 'payload');
  const subject = subjectOf(event);
  const found = <T>(name: string, read: (entity: Reader) => T): T | undefined => {
    const wrapped = payload[name];
    if (wrapped === undefined && name !== subject) return undefined;
    const entity = objectAt(objectAt(wrapped, `payload.${name}`)['entity'], `payload.${name}.entity`);
    return read(reader(entity, `payload.${name}.entity`));
  };
  return {
    occurredAt,
    ...present('payment', found('payment', readPayment)),
    ...present('order', found('order', readOrder)),
    ...present('refund', found('refund', readRefund)),
    ...present('dispute', found('dispute', readDispute)),
    ...present('settlement', found('settlement', readSettlement)),
    ...present('token', subject === 'token' ? found('token', tokenReader(event)) : undefined),
    ...present('notice', found('notification', readNotice)),
    ...present('downtime', found('payment.downtime', readDowntime)),
  };
}

function present<Name extends string, T>(name: Name, value: T | undefined): { [N in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [N in Name]?: T });
}

function readPayment(from: Reader): SeenPayment {
  const status = from.oneOf('status', PAYMENT_STATUSES);
  const method = from.textOrNull('method');
  const isTaken = status === 'captured' || (status === 'refunded' && from.flag('captured'));
  const reason = from.textOrNull('error_reason') ?? from.textOrNull('error_code');
  return {
    id: from.text('id'),
    orderId: from.textOrNull('order_id'),
    invoiceId: from.textOrNull('invoice_id'),
    customerId: from.textOrNull('customer_id'),
    tokenId: from.textOrNull('token_id'),
    amountPaise: from.paise('amount'),
    refundedPaise: from.paiseOrNull('amount_refunded') ?? 0n,
    currency: from.text('currency'),
    status,
    isCaptured: isTaken,
    isInternational: from.flag('international'),
    method: PAYMENT_METHODS.find((known) => known === method) ?? 'unknown',
    bank: from.textOrNull('bank'),
    wallet: from.textOrNull('wallet'),
    // Zero before the capture means that nobody knows yet.
    feePaise: isTaken ? from.paiseOrNull('fee') : null,
    taxPaise: isTaken ? from.paiseOrNull('tax') : null,
    decline: status === 'failed' ? { reason: reason ?? 'payment_failed' } : null,
    createdAt: from.instant('created_at'),
  };
}

/** Some events name an order without its prefix. */
function readOrder(from: Reader): SeenOrder {
  const id = from.text('id');
  return { id: id.startsWith('order_') ? id : `order_${id}`, receipt: from.textOrNull('receipt') };
}

function readRefund(from: Reader): SeenRefund {
  return {
    id: from.text('id'),
    paymentId: from.text('payment_id'),
    amountPaise: from.paise('amount'),
    currency: from.text('currency'),
    status: from.oneOf('status', REFUND_STATUSES),
    receipt: from.textOrNull('receipt'),
    speedProcessed: from.textOrNull('speed_processed'),
    createdAt: from.instant('created_at'),
  };
}

function readDispute(from: Reader): Dispute {
  return {
    id: from.text('id'),
    paymentId: from.text('payment_id'),
    amountPaise: from.paise('amount'),
    deductedPaise: from.paiseOrNull('amount_deducted') ?? 0n,
    currency: from.text('currency'),
    reasonCode: from.textOrNull('reason_code') ?? 'unknown',
    status: from.text('status'),
    phase: from.textOrNull('phase') ?? 'unknown',
    respondBy: from.instantOrNull('respond_by'),
    createdAt: from.instant('created_at'),
  };
}

function readSettlement(from: Reader): Settlement {
  return {
    id: from.text('id'),
    amountPaise: from.paise('amount'),
    status: from.text('status'),
    feesPaise: from.paiseOrNull('fees') ?? 0n,
    taxPaise: from.paiseOrNull('tax') ?? 0n,
    utr: from.textOrNull('utr'),
    createdAt: from.instant('created_at'),
  };
}

/** What the event's name says holds: some tokens come without their state. Saved cards have events of their own, without meaning here. */
function tokenReader(event: string): (from: Reader) => SeenToken | undefined {
  const name = event.slice('token.'.length);
  // What is being cancelled must not be debited either.
  const known = name === 'cancellation_initiated' ? 'cancelled' : TOKEN_EVENTS.find((one) => one === name);
  return (from) => {
    if (known === undefined) return undefined;
    const failure =
      known === 'rejected' ? from.inside('recurring_details').textOrNull('failure_reason') : null;
    const issuer = from.textOrNull('bank') ?? from.inside('card').textOrNull('issuer');
    return { id: from.text('id'), event: known, failure, issuer };
  };
}

function readNotice(from: Reader): SeenNotice {
  const isDelivered = from.oneOf('status', ['delivered', 'failed']) === 'delivered';
  return { orderId: from.text('order_id'), deliveredAt: isDelivered ? from.instant('delivered_at') : null };
}

const DOWNTIME_STATUSES = ['scheduled', 'started', 'updated', 'resolved', 'cancelled'] as const;

function readDowntime(from: Reader): SeenDowntime {
  const status = from.oneOf('status', DOWNTIME_STATUSES);
  const beginsAt = from.instant('begin');
  const endsAt = from.instantOrNull('end');
  return {
    id: from.text('id'),
    method: from.text('method'),
    instruments: INSTRUMENT_FIELDS.flatMap((field) => from.inside('instrument').textOrNull(field) ?? []),
    severity: from.textOrNull('severity') ?? 'unknown',
    beginsAt,
    // One that was called off never was.
    endsAt: status === 'cancelled' ? beginsAt : endsAt,
  };
}

const INSTRUMENT_FIELDS = ['bank', 'issuer', 'network', 'psp', 'vpa_handle', 'wallet'];

interface Reader {
  text(field: string): string;
  /** Null also for an empty text. */
  textOrNull(field: string): string | null;
  paise(field: string): bigint;
  paiseOrNull(field: string): bigint | null;
  /** Unix seconds to epoch ms. */
  instant(field: string): number;
  instantOrNull(field: string): number | null;
  /** True for true, 1 and "1": the provider writes all of them. */
  flag(field: string): boolean;
  oneOf<T extends string>(field: string, values: readonly T[]): T;
  /** The object in the field; an empty one when there is none. */
  inside(field: string): Reader;
}

function reader(entity: Json, at: string): Reader {
  const required = <T>(value: T | null, field: string, expected: string): T => {
    if (value === null) throw unreadable(`${at}.${field}`, expected, entity[field]);
    return value;
  };
  const textOrNull = (field: string): string | null => {
    const value = entity[field];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const wholeOrNull = (field: string): number | null => {
    const value = entity[field];
    if (value === null || value === undefined || value === '') return null;
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
    throw unreadable(`${at}.${field}`, 'a whole number that is not negative', value);
  };
  const paiseOrNull = (field: string): bigint | null => {
    const whole = wholeOrNull(field);
    return whole === null ? null : BigInt(whole);
  };
  const instantOrNull = (field: string): number | null => {
    const seconds = wholeOrNull(field);
    return seconds === null || seconds === 0 ? null : seconds * 1000;
  };
  return {
    text: (field) => required(textOrNull(field), field, 'a text'),
    textOrNull,
    paise: (field) => required(paiseOrNull(field), field, 'an amount'),
    paiseOrNull,
    instant: (field) => required(instantOrNull(field), field, 'Unix seconds'),
    instantOrNull,
    flag: (field) => [true, 1, '1', 'true'].includes(entity[field] as boolean | number | string),
    oneOf: (field, values) =>
      required(values.find((value) => value === entity[field]) ?? null, field, `one of ${values.join(', ')}`),
    inside: (field) => reader(objectOrEmpty(entity[field]), `${at}.${field}`),
  };
}

function objectAt(value: unknown, at: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw unreadable(at, 'an object', value);
}

function objectOrEmpty(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** Says what is wrong without the value: it may be personal. */
function unreadable(at: string, expected: string, value: unknown): AppError {
  const found = value === null || value === undefined ? 'nothing' : `a ${typeof value}`;
  return new AppError('bad-input', 'webhook-unreadable', `${at} holds ${found}: expected ${expected}`);
}
