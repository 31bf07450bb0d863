/**
 * What a caller asks the gate and what it is answered: the schemas are the types. A request is refused unless every
 * field is known and bounded, so nothing after this file meets an unbounded string or a number that is not exact.
 */
import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import Type from 'typebox';
import type { Static, TSchema } from 'typebox';
import { AppError } from '../core/errors.js';
import { METHODS, PAYMENT_KINDS } from '../ingest/facts.js';
import type { PaymentRequest } from '../ingest/facts.js';
import { FINDINGS } from './precedence.js';

/** In order of severity: a stronger finding wins over a weaker one. */
export const ACTIONS = ['allow', 'challenge', 'review', 'block'] as const;
export type Action = (typeof ACTIONS)[number];

/** Why an answer is not what a healthy model would give: it came without a model's probability, or blocks are held back. */
export const DEGRADED_REASONS = [
  'no-fraud-model',
  'feature-set-mismatch',
  'model-failed',
  'model-too-slow',
  'block-cap',
] as const;
export type DegradedReason = (typeof DEGRADED_REASONS)[number];

/** No control characters and no unpaired surrogates: PostgreSQL stores neither. */
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]+$';

export function printable(maxLength: number, description: string) {
  return Type.String({ minLength: 1, maxLength, pattern: PRINTABLE, description });
}

export function idSchema(description: string) {
  return printable(128, description);
}

export const KeyHeader = Type.Object({
  'idempotency-key': Type.Optional(idSchema('Repeating a request with its key returns the first answer.')),
});

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

const optionalId = (description: string) => Type.Optional(idSchema(description));

export const instantSchema = (description: string) =>
  Type.String({ format: 'date-time', maxLength: 40, description });

export const DecisionBody = Type.Object(
  {
    paymentId: idSchema('One attempt to pay; the same id as in later outcomes.'),
    kind: Type.Optional(Type.Enum(PAYMENT_KINDS, { default: 'payment' })),
    retryOf: optionalId('First attempt that a retry or a dunning step repeats.'),
    payerId: idSchema('Who pays, an opaque id.'),
    counterpartyId: optionalId('Who is paid.'),
    instrumentId: optionalId('Card token, VPA hash or mandate: what is debited.'),
    deviceId: optionalId('Device fingerprint.'),
    ip: Type.Optional(Type.String({ minLength: 2, maxLength: 45, description: 'IPv4 or IPv6 address.' })),
    method: Type.Optional(Type.Enum(METHODS)),
    category: optionalId('What it is for.'),
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166 alpha-2.' })),
    latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
    longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
    amountPaise: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Minor units of `currency`.',
    }),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', default: 'INR' })),
    emailDomain: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 253,
        pattern: '^[A-Za-z0-9.-]+$',
        description: "What follows the @ in the payer's e-mail address; never the whole address.",
      }),
    ),
    bin: Type.Optional(
      Type.String({
        pattern: '^[0-9]{6,8}$',
        description: 'First 6 to 8 digits of the card; never the number.',
      }),
    ),
    occurredAt: Type.Optional(instantSchema('When the payer asked, with a zone; the present if absent.')),
  },
  { additionalProperties: false },
);
export type DecisionBody = Static<typeof DecisionBody>;

export const Reason = Type.Object({
  code: Type.String(),
  text: Type.String(),
  contribution: Type.Optional(Type.Number({ description: 'Share in the log-odds of fraud.' })),
});
export type Reason = Static<typeof Reason>;

export const Answer = Type.Object({
  decisionId: Type.String(),
  action: Type.Enum(ACTIONS),
  decidedBy: Type.Optional(
    Type.Enum(FINDINGS, {
      description: 'The finding that decided; absent in decisions of earlier versions.',
    }),
  ),
  fraudProbability: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
  reasons: Type.Array(Reason),
  modelVersion: Type.Union([Type.String(), Type.Null()]),
  featureSetHash: Type.String(),
  degraded: Type.Optional(Type.Enum(DEGRADED_REASONS)),
  cancelRetries: Type.Optional(
    Type.Literal(true, {
      description:
        'With every block: retries and dunning steps of this payment that still wait must not be made.',
    }),
  ),
});
export type Answer = Static<typeof Answer>;

/** What lists and rules see of a request besides the payment; logged with the decision, never part of the payment's fact. */
export interface Signals {
  /** Lower case. */
  readonly emailDomain: string | null;
  readonly bin: string | null;
  /** By the geolocation file; null without one or for an address that it does not know. */
  readonly ipCountry: string | null;
}

/** A request with its defaults filled in; `askedAt` is the caller's `occurredAt`, UTC epoch milliseconds. */
export interface GateRequest {
  readonly payment: PaymentRequest;
  readonly signals: Omit<Signals, 'ipCountry'>;
  readonly askedAt: number | null;
}

/** @throws AppError `bad-input` that names the field, for what a schema cannot say. */
export function toGateRequest(body: DecisionBody): GateRequest {
  if (body.ip !== undefined && isIP(body.ip) === 0)
    throw invalidField('ip', 'must be an IPv4 or IPv6 address');
  const signals = { emailDomain: body.emailDomain?.toLowerCase() ?? null, bin: body.bin ?? null };
  return { payment: toPayment(body), signals, askedAt: toInstant(body.occurredAt) };
}

function toPayment(body: DecisionBody): PaymentRequest {
  return {
    paymentId: body.paymentId,
    kind: body.kind ?? 'payment',
    retryOf: body.retryOf ?? null,
    payerId: body.payerId,
    counterpartyId: body.counterpartyId ?? null,
    instrumentId: body.instrumentId ?? null,
    deviceId: body.deviceId ?? null,
    ip: body.ip ?? null,
    method: body.method ?? null,
    category: body.category ?? null,
    country: body.country ?? null,
    latitude: body.latitude ?? null,
    longitude: body.longitude ?? null,
    amountPaise: BigInt(body.amountPaise),
    currency: body.currency ?? 'INR',
  };
}

/** PostgreSQL has no year 0, and years beyond four digits are written otherwise. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Epoch milliseconds, not negative, of a checked RFC 3339 instant. */
export function toInstant(text: string | undefined, field = 'occurredAt'): number | null {
  if (text === undefined) return null;
  const instant = Date.parse(text);
  if (!(instant >= 0 && instant <= LAST_INSTANT))
    throw invalidField(field, 'must be an instant such as 2026-01-31T10:00:00Z');
  return instant;
}

/** Clocks differ: an instant this far ahead of ours is taken as the present, a later one is a mistake. */
const CLOCK_SKEW_MS = 300_000;

/** When it happened, never after we learned it. */
export function occurredBy(askedAt: number | null, knownAt: number, field = 'occurredAt'): number {
  if (askedAt === null) return knownAt;
  if (askedAt > knownAt + CLOCK_SKEW_MS) throw invalidField(field, 'must not lie in the future');
  return Math.min(askedAt, knownAt);
}

export function invalidField(field: string, message: string): AppError {
  return new AppError('bad-input', 'invalid-request', `${field} ${message}`, {
    details: { errors: [{ field, message }] },
  });
}

/** SHA-256 of the body with its keys in order: equal for equal requests, however they were written down. */
export function bodyHash(body: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(body).sort();
  return hash('sha256', JSON.stringify(names.map((name) => [name, body[name]])));
}
