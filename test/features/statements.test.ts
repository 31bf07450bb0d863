import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FEATURES, FEATURE_NAMES } from '../../features/definitions.js';
import { createFold } from '../../features/fold.js';
import { statementOf } from '../../features/statements.js';
import type { FeatureDefinition } from '../../features/vocabulary.js';

/** Everything zero but one feature. */
function said(name: string, value: number): string {
  const vector = Float32Array.from(FEATURE_NAMES, (known) => (known === name ? value : 0));
  return statementOf(name, vector, 'INR');
}

/** A value that every unit can have. */
const TYPICAL: Readonly<Record<FeatureDefinition['unit'], number>> = {
  paise: 1_234_567,
  count: 3,
  ratio: 2.5,
  hours: 3.25,
  days: 12.4,
  probability: 0.0234,
  code: 2,
  hour: 14.5,
  day: 4,
  flag: 1,
  km: 12.3,
  'km/h': 88,
};

/** How each unit must show itself. */
const SHOWN: Readonly<Record<FeatureDefinition['unit'], RegExp>> = {
  paise: /₹12,345\.6[78]/,
  count: /\b3 /,
  ratio: /2\.5 (times|standard deviations above)/,
  hours: /3\.25 hours/,
  days: /12\.4 days/,
  probability: /2\.34 %/,
  code: /./,
  hour: /14:30/,
  day: /Friday|day 4/,
  flag: /./,
  km: /12\.3 km/,
  'km/h': /88 km\/h/,
};

/** A clause with a subject and a verb, no gaps and none of the names of code. */
function expectClause(text: string): void {
  expect(text).toMatch(/^[a-z0-9][^\n]*[^\s.,]$/);
  expect(text).toMatch(
    /\b(is|are|was|were|came|went|had|has|named|names|used|met|paid|does|cannot|comes|would)\b/,
  );
  expect(text).not.toMatch(/undefined|null|NaN|Infinity|\[object| {2}|''|[a-z][A-Z][a-z]/);
  expect(text).not.toMatch(/\b1 [a-z ]*(attempts|payers|hours|days|minutes|deviations|frauds)\b/);
  expect(text).not.toMatch(/\bthis (counterparties|devices)\b/);
}

describe('the statement of a feature', () => {
  it.each(FEATURES)('$name has its value and unit', ({ name, unit }) => {
    const text = said(name, TYPICAL[unit]);
    expectClause(text);
    expect(text).toMatch(SHOWN[unit]);
  });

  it.each(FEATURES)('$name is a clause for none, for one and for what is missing', ({ name, entity }) => {
    const missing = said(name, NaN);
    for (const text of [said(name, 0), said(name, 1), missing]) expectClause(text);
    expect(missing).toMatch(/\b(no|not|never|too few|nothing|names no|cannot)\b/);
    if (entity === null) return;
    const unnamed = statementOf(name, new Float32Array(FEATURES.length).fill(NaN), 'INR');
    expect(unnamed).toMatch(/^the request names no /);
  });

  it('differs between any two features', () => {
    const texts = FEATURES.map(({ name, unit }) => said(name, TYPICAL[unit]));
    expect(new Set(texts).size).toBe(FEATURES.length);
  });

  it.each([
    ['deviceCount1h', 3, '3 payment attempts came from this device in the last hour'],
    ['deviceCount1h', 1, '1 payment attempt came from this device in the last hour'],
    ['deviceCount1h', 0, 'no payment attempts came from this device in the last hour'],
    ['payerRetries7d', 1, '1 retry or dunning attempt was made by this payer in the last 7 days'],
    [
      'ipDistinct10m',
      5,
      'payment attempts from this IP address in the last 10 minutes named 5 different payers',
    ],
    [
      'payerAmountDeviation90d',
      -1.5,
      "the amount is 1.5 standard deviations below this payer's mean of 90 days",
    ],
    ['payerAmountDeviation90d', 0, "the amount is as large as this payer's mean of 90 days"],
    ['payerAmountToMedian', 1, "the amount is as large as the median of this payer's newest 50 amounts"],
    ['payerHoursSinceLast', 0.2, 'the last attempt of this payer was 12 minutes ago'],
    ['payerHoursSinceLast', 0.001, 'the last attempt of this payer was less than a minute ago'],
    ['payerHoursSinceLast', 72, 'the last attempt of this payer was 3 days ago'],
    ['payerCounterpartyMet', 0, 'the payer never paid this counterparty before'],
    ['counterpartyLastFraudAmount', NaN, 'no payment of this counterparty is known to be fraud'],
    ['weekdayIst', 6, 'it is a Sunday in India'],
    ['kind', 2, 'it is a dunning step'],
    ['method', 1, 'the method of payment is UPI'],
    ['country', 221, 'the country of the request is IN'],
  ])('%s of %d reads "%s"', (name, value, expected) => {
    expect(said(name, value)).toBe(expected);
  });

  it('is in the currency of the payment', () => {
    const vector = Float32Array.from(FEATURE_NAMES, () => 1050);
    expect(statementOf('amount', vector, 'USD')).toBe('the amount is USD 10.50');
  });

  it('never fails, whatever the values', () => {
    const vectors = fc.array(
      fc.oneof(fc.float(), fc.constantFrom(NaN, Infinity, -Infinity, -0, -1, 3.4028234663852886e38)),
      { minLength: FEATURES.length, maxLength: FEATURES.length },
    );
    fc.assert(
      fc.property(vectors, (values) => {
        const vector = Float32Array.from(values);
        for (const { name } of FEATURES) {
          expect(statementOf(name, vector, 'INR')).not.toMatch(/undefined|NaN|Infinity|∞/);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('agrees with what the fold calls absent', () => {
    const fold = createFold();
    const request = { payerId: 'p', counterpartyId: null, instrumentId: null, deviceId: 'd', ip: null };
    const rest = {
      kind: 'payment',
      amountPaise: 100n,
      currency: 'INR',
      method: null,
      category: null,
    } as const;
    const where = { country: null, latitude: null, longitude: null, retryOf: null, paymentId: 'x' };
    const vector = fold.vector({ ...request, ...rest, ...where }, 0);
    expect(statementOf('instrumentCount1h', vector, 'INR')).toBe('the request names no instrument');
    expect(statementOf('deviceDaysSinceFirst', vector, 'INR')).toBe('this device was never seen before');
  });
});
