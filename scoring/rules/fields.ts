/**
 * What a rule's condition may name: the features of the vector and the fields of the request, with their types. A field
 * that a request lacks is missing: NaN among numbers, null among texts. Categorical features are named by their text
 * (`method == "card"`), never by their codes.
 */
import { FEATURES } from '../../features/definitions.js';
import type { PaymentRequest } from '../../ingest/facts.js';
import { METHODS, PAYMENT_KINDS } from '../../ingest/facts.js';
import type { Signals } from '../request.js';

/** What rules and lists look at: one request with its vector (d). */
export interface Subject {
  readonly payment: PaymentRequest;
  readonly signals: Signals;
  readonly vector: Float32Array;
}

interface Named {
  readonly name: string;
  readonly meaning: string;
}

interface NumberField extends Named {
  readonly type: 'number';
  /** Of a feature: its place in the vector, a 32-bit float. */
  readonly position: number | null;
  readonly read: (subject: Subject) => number;
}

interface TextField extends Named {
  readonly type: 'text';
  /** When only these can occur. */
  readonly values: readonly string[] | null;
  /** When values have a shape, with an example of it. */
  readonly shape: { readonly pattern: RegExp; readonly example: string } | null;
  readonly read: (subject: Subject) => string | null;
}

export type Field = NumberField | TextField;

type TextRow = readonly [
  name: string,
  meaning: string,
  read: TextField['read'],
  rest?: Partial<Pick<TextField, 'values' | 'shape'>>,
];

const COUNTRY = { shape: { pattern: /^[A-Z]{2}$/, example: 'IN' } };

const TEXT_ROWS: readonly TextRow[] = [
  ['payerId', 'who pays', ({ payment }) => payment.payerId],
  ['counterpartyId', 'who is paid', ({ payment }) => payment.counterpartyId],
  ['instrumentId', 'what is debited', ({ payment }) => payment.instrumentId],
  ['deviceId', 'device fingerprint', ({ payment }) => payment.deviceId],
  ['ip', 'IP address of the request', ({ payment }) => payment.ip],
  ['kind', 'first attempt, retry or dunning step', ({ payment }) => payment.kind, { values: PAYMENT_KINDS }],
  ['method', 'method of payment', ({ payment }) => payment.method, { values: METHODS }],
  ['category', 'purpose or merchant category', ({ payment }) => payment.category],
  ['country', 'country of the request', ({ payment }) => payment.country, COUNTRY],
  [
    'currency',
    'currency of the amount',
    ({ payment }) => payment.currency,
    { shape: { pattern: /^[A-Z]{3}$/, example: 'INR' } },
  ],
  [
    'emailDomain',
    "domain of the payer's e-mail address",
    ({ signals }) => signals.emailDomain,
    { shape: { pattern: /^[a-z0-9.-]+$/, example: 'example.com' } },
  ],
  [
    'bin',
    'first 6 to 8 digits of the card',
    ({ signals }) => signals.bin,
    { shape: { pattern: /^\d{6,8}$/, example: '411111' } },
  ],
  ['ipCountry', 'country of the IP address (with GEOIP_FILE)', ({ signals }) => signals.ipCountry, COUNTRY],
];

/** By name. */
export function fieldsOf(featureNames: readonly string[]): ReadonlyMap<string, Field> {
  const meanings = new Map(FEATURES.map(({ name, meaning, unit }) => [name, { meaning, unit }]));
  const features = featureNames.map((name, position): NumberField => ({
    name,
    type: 'number',
    meaning: `${meanings.get(name)?.meaning ?? name} (${meanings.get(name)?.unit ?? 'number'})`,
    position,
    read: ({ vector }) => vector[position] ?? NaN,
  }));
  const amount: NumberField = {
    name: 'amountPaise',
    type: 'number',
    meaning: 'exact amount in minor units of the currency',
    position: null,
    read: ({ payment }) => Number(payment.amountPaise),
  };
  const texts = TEXT_ROWS.map(([name, meaning, read, rest]): TextField => ({
    name,
    type: 'text',
    meaning,
    read,
    values: rest?.values ?? null,
    shape: rest?.shape ?? null,
  }));
  return new Map([...features, amount, ...texts].map((field) => [field.name, field]));
}
