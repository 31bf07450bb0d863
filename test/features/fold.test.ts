import { describe, expect, it } from '@jest/globals';
import { FEATURES, FEATURE_NAMES, featureSetHash } from '../../features/definitions.js';
import { createFold, type Fold } from '../../features/fold.js';
import { ENTITIES } from '../../features/vocabulary.js';
import type { LabelFact, OutcomeFact, PaymentFact } from '../../ingest/facts.js';

const NOON = Date.UTC(2026, 5, 1, 6, 30);
const MINUTE = 60_000;
const DAY = 86_400_000;

let sequence = 0;
function payment(at: number, changes: Partial<PaymentFact> = {}): PaymentFact {
  sequence++;
  return {
    fact: 'payment',
    sequence,
    occurredAt: at,
    knownAt: at,
    paymentId: `pay_${sequence}`,
    kind: 'payment',
    retryOf: null,
    payerId: 'payer_a',
    counterpartyId: 'school_a',
    instrumentId: 'card_a',
    deviceId: 'device_a',
    ip: '203.0.113.5',
    method: 'card',
    category: 'lunch',
    country: 'IN',
    latitude: null,
    longitude: null,
    amountPaise: 10_000n,
    currency: 'INR',
    status: 'captured',
    failureReason: null,
    ...changes,
  };
}

function failed(of: PaymentFact, at: number): OutcomeFact & { payment: PaymentFact } {
  const { paymentId } = of;
  return {
    fact: 'outcome',
    paymentId,
    sequence: 1,
    occurredAt: at,
    knownAt: at,
    status: 'failed',
    failureReason: 'card_declined',
    payment: of,
  };
}

function reported(of: PaymentFact, at: number): LabelFact & { payment: PaymentFact } {
  const { paymentId, occurredAt } = of;
  return {
    fact: 'label',
    paymentId,
    sequence: 1,
    occurredAt,
    knownAt: at,
    fraud: true,
    source: 'chargeback',
    payment: of,
  };
}

function read(fold: Fold, at: number, changes: Partial<PaymentFact> = {}): Record<string, number> {
  const vector = fold.vector(payment(at, changes), at);
  return Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, vector[i]!]));
}

describe('the fold', () => {
  it('never counts the request itself', () => {
    const values = read(createFold(), NOON);
    expect(values['payerCount1h']).toBe(0);
    expect(values['payerMean1h']).toBeNaN();
    expect(values['payerAmountToMedian']).toBeNaN();
    expect(values['payerDeviceMet']).toBe(0);
    expect(values['payerHoursSinceLast']).toBeNaN();
    expect(values['amount']).toBe(10_000);
    expect(values['hourIst']).toBe(12);
  });

  it('says NaN for entities that the request does not name and zero for strangers', () => {
    const fold = createFold();
    fold.observe(payment(NOON));
    const values = read(fold, NOON + 1, { deviceId: null, ip: '203.0.113.9' });
    expect(values['deviceCount1h']).toBeNaN();
    expect(values['payerDeviceMet']).toBeNaN();
    expect(values['ipCount1h']).toBe(0);
    expect(values['payerCount1h']).toBe(1);
  });

  it('remembers nothing of a vector that was only read', () => {
    const fold = createFold();
    const before = read(fold, NOON);
    read(fold, NOON, { payerId: 'payer_b', deviceId: 'device_b' });
    expect(read(fold, NOON)).toEqual(before);
    expect(fold.sizes()).toEqual({ payer: 0, instrument: 0, device: 0, ip: 0, counterparty: 0 });
  });

  it('does not let a storm of retries look like velocity', () => {
    const fold = createFold();
    const first = payment(NOON);
    fold.observe(first);
    fold.observe(failed(first, NOON + 1));
    for (let i = 1; i <= 30; i++) {
      const retry = payment(NOON + i * MINUTE, { kind: 'retry', retryOf: first.paymentId, status: 'failed' });
      fold.observe(retry);
      fold.observe(failed(retry, NOON + i * MINUTE + 1));
    }
    const values = read(fold, NOON + 40 * MINUTE);
    expect(values['payerCount1h']).toBe(1);
    expect(values['payerSum1d']).toBe(10_000);
    expect(values['payerFailures1d']).toBe(1);
    expect(values['payerRetries1d']).toBe(30);
    expect(values['instrumentRetries1d']).toBe(30);
  });

  it('counts a report of fraud from the instant it is known, not from the payment', () => {
    const fold = createFold({ maturityDays: 7 });
    const bad = payment(NOON, { amountPaise: 70_000n });
    fold.observe(bad);
    expect(read(fold, NOON + 5 * DAY)['counterpartyFrauds30d']).toBe(0);
    fold.observe(reported(bad, NOON + 6 * DAY));
    const values = read(fold, NOON + 8 * DAY);
    expect(values['counterpartyFrauds30d']).toBe(1);
    expect(values['counterpartyDaysSinceLastFraud']).toBe(2);
    expect(values['counterpartyMatured30d']).toBe(1);
    expect(values['counterpartyLastFraudAmount']).toBe(70_000);
    expect(values['counterpartyRisk30d']).toBeCloseTo((1 + 0.1) / (1 + 20), 6);
  });

  it('counts the clean payments since the newest known fraud once they are mature', () => {
    const fold = createFold({ maturityDays: 7 });
    const bad = payment(NOON);
    fold.observe(bad);
    for (let day = 1; day <= 5; day++) fold.observe(payment(NOON + day * DAY));
    fold.observe(reported(bad, NOON + 6 * DAY));
    expect(read(fold, NOON + 10 * DAY)['counterpartyCleanStreak']).toBe(3);
  });

  it('counts degrees and acquaintance of payers, devices and instruments', () => {
    const fold = createFold();
    fold.observe(payment(NOON, { payerId: 'payer_b' }));
    fold.observe(payment(NOON + MINUTE, { payerId: 'payer_c' }));
    fold.observe(payment(NOON + 2 * MINUTE, { deviceId: 'device_b' }));
    const values = read(fold, NOON + 3 * MINUTE);
    expect(values['deviceDistinctEver']).toBe(2);
    expect(values['deviceDistinct1h']).toBe(2);
    expect(values['payerDeviceMet']).toBe(0);
    expect(values['payerDevicesEver']).toBe(1);
    expect(values['payerInstrumentMet']).toBe(1);
    expect(values['payerInstrumentHoursSinceMet']).toBeCloseTo(1 / 60, 6);
  });

  it('measures the way and the speed from the last known place', () => {
    const fold = createFold();
    fold.observe(payment(NOON, { latitude: 12.97, longitude: 77.59 }));
    const values = read(fold, NOON + 3_600_000, { latitude: 28.61, longitude: 77.21 });
    expect(values['kmFromLast']).toBeGreaterThan(1700);
    expect(values['kmFromLast']).toBeLessThan(1780);
    expect(values['kmPerHour']).toBe(values['kmFromLast']);
  });
});

describe('the declared features', () => {
  it('have unique names, a meaning, and belong to payer-level entities only', () => {
    expect(new Set(FEATURE_NAMES).size).toBe(FEATURES.length);
    const allowed = new Set<string | null>([null, 'payer', 'instrument', 'device', 'ip', 'counterparty']);
    for (const feature of FEATURES) {
      expect(allowed.has(feature.entity)).toBe(true);
      expect(feature.measure === 'request').toBe(feature.entity === null);
      expect(feature.meaning).not.toMatch(/child|pupil|student|age|gender/i);
      expect(feature.meaning.length).toBeGreaterThan(10);
    }
  });

  it('cover counts, sums, means, maxima, spread and distinct counts of every entity and window', () => {
    for (const entity of ENTITIES) {
      for (const window of ['10m', '1h', '1d', '7d', '30d', '90d']) {
        for (const aggregate of ['Count', 'Sum', 'Mean', 'Max', 'Spread', 'Distinct']) {
          expect(FEATURE_NAMES).toContain(`${entity}${aggregate}${window}`);
        }
      }
    }
  });

  it('are addressed by a hash that settings change', () => {
    expect(featureSetHash({ maturityDays: 30 })).toBe(featureSetHash({ maturityDays: 30 }));
    expect(featureSetHash({ maturityDays: 30 })).not.toBe(featureSetHash({ maturityDays: 7 }));
  });
});
