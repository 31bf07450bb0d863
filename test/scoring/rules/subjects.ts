/** Requests for tests of rules: a few fields by name, the rest missing. */
import { FEATURE_NAMES } from '../../../features/definitions.js';
import { fieldsOf } from '../../../scoring/rules/fields.js';
import type { Subject } from '../../../scoring/rules/fields.js';
import { compileCondition } from '../../../scoring/rules/compile.js';

export const FIELDS = fieldsOf(FEATURE_NAMES);

type Values = Readonly<Record<string, number | string>>;

/** Features by name; `amountPaise` and texts go to the payment or the signals. */
export function subjectOf(values: Values = {}): Subject {
  const text = (name: string): string | null => (values[name] === undefined ? null : String(values[name]));
  return {
    vector: Float32Array.from(FEATURE_NAMES, (name) =>
      typeof values[name] === 'number' ? values[name] : NaN,
    ),
    signals: { emailDomain: text('emailDomain'), bin: text('bin'), ipCountry: text('ipCountry') },
    payment: {
      paymentId: 'pay_1',
      kind: 'payment',
      retryOf: null,
      payerId: text('payerId') ?? 'payer-1',
      counterpartyId: text('counterpartyId'),
      instrumentId: text('instrumentId'),
      deviceId: text('deviceId'),
      ip: text('ip'),
      method: text('method') as Subject['payment']['method'],
      category: text('category'),
      country: text('country'),
      latitude: null,
      longitude: null,
      amountPaise: BigInt(values['amountPaise'] ?? 0),
      currency: 'INR',
    },
  };
}

export function holds(condition: string, values: Values = {}): boolean {
  return compileCondition(condition, FIELDS).holds(subjectOf(values));
}
