import { describe, expect, it } from '@jest/globals';
import type { PaymentFact } from '../../../ingest/facts.js';
import { DAY_MS, minuteOfDay } from '../../../core/days.js';
import { drawSample } from './sample.js';

const sample = drawSample({ months: 9, schools: 4, payers: 1600, endOn: '2026-04-01' }, 5);
const isFraud = ({ paymentId }: PaymentFact): boolean => sample.mechanics.has(paymentId);
const frauds = sample.payments.filter(isFraud);

/** Area under the ROC curve of one value, by ranks, ties counted half. */
function aucRoc(values: readonly number[], positive: readonly boolean[]): number {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  let rankSum = 0;
  let positives = 0;
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (let i = from; i < to; i++) {
      if (positive[order[i] ?? 0] !== true) continue;
      rankSum += (from + to + 1) / 2;
      positives++;
    }
    from = to;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (values.length - positives));
}

/** A text column as its share of payments reported as fraud so far: what could be known when the payment was made. */
function reportedShare(column: (payment: PaymentFact) => string | null): number[] {
  const tallies = new Map<string | null, { all: number; reported: number }>();
  const textOf = new Map<string, string | null>();
  const shares: number[] = [];
  for (const fact of sample.facts) {
    if (fact.fact !== 'payment' && fact.fact !== 'label') continue;
    const text = fact.fact === 'payment' ? column(fact) : (textOf.get(fact.paymentId) ?? null);
    const tally = tallies.get(text) ?? { all: 0, reported: 0 };
    tallies.set(text, tally);
    if (fact.fact === 'label') {
      tally.reported += fact.fraud ? 1 : -1;
      continue;
    }
    shares.push((tally.reported + 0.006) / (tally.all + 1));
    tally.all++;
    textOf.set(fact.paymentId, text);
  }
  return shares;
}

describe('fraud', () => {
  it('is 0.4 to 0.8 per cent of payments, by every mechanic', () => {
    const share = frauds.length / sample.payments.length;
    expect(share).toBeGreaterThan(0.004);
    expect(share).toBeLessThan(0.008);
    const seen = new Set(frauds.map(({ paymentId }) => sample.mechanics.get(paymentId)));
    expect(seen).toEqual(
      new Set(['card_testing', 'account_takeover', 'stolen_card', 'compromised_counter', 'friendly_fraud']),
    );
  });

  it('is reported 3 to 60 days later, and not always', () => {
    const occurred = new Map(sample.payments.map(({ paymentId, occurredAt }) => [paymentId, occurredAt]));
    const reports = sample.labels.filter(({ fraud }) => fraud);
    const delays = reports.map(
      ({ paymentId, knownAt }) => (knownAt - (occurred.get(paymentId) ?? 0)) / DAY_MS,
    );
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...delays)).toBeLessThanOrEqual(60);
    const reported = new Set(reports.map(({ paymentId }) => paymentId));
    const share = frauds.filter(({ paymentId }) => reported.has(paymentId)).length / frauds.length;
    expect(share).toBeGreaterThan(0.5);
    expect(share).toBeLessThan(0.98);
  });

  it('is reported of honest payments only by mistake, which a review may take back', () => {
    const mistaken = sample.labels.filter(
      ({ fraud, paymentId }) => fraud && !sample.mechanics.has(paymentId),
    );
    expect(mistaken.length / sample.payments.length).toBeLessThan(0.001);
    const reversed = sample.labels.filter(({ fraud }) => !fraud);
    expect(reversed.every(({ paymentId }) => !sample.mechanics.has(paymentId))).toBe(true);
  });

  const numbers: Record<string, (payment: PaymentFact) => number> = {
    amount: ({ amountPaise }) => Number(amountPaise),
    minuteOfDay: ({ occurredAt }) => minuteOfDay(occurredAt),
    millisecond: ({ occurredAt }) => occurredAt % 1000,
    instant: ({ occurredAt }) => occurredAt,
    sequence: ({ sequence }) => sequence,
    latency: ({ knownAt, occurredAt }) => knownAt - occurredAt,
    latitude: ({ latitude }) => latitude ?? -1,
    longitude: ({ longitude }) => longitude ?? -1,
  };
  it.each(Object.keys(numbers))('is not given away by the number %s alone', (name) => {
    const auc = aucRoc(sample.payments.map(numbers[name] ?? (() => 0)), sample.payments.map(isFraud));
    expect(Math.max(auc, 1 - auc)).toBeLessThan(0.9);
  });

  const texts: Record<string, (payment: PaymentFact) => string | null> = {
    kind: ({ kind }) => kind,
    method: ({ method }) => method,
    category: ({ category }) => category,
    country: ({ country }) => country,
    status: ({ status }) => status,
    failureReason: ({ failureReason }) => failureReason,
    counterparty: ({ counterpartyId }) => counterpartyId,
    payer: ({ payerId }) => payerId,
    instrument: ({ instrumentId }) => instrumentId,
    device: ({ deviceId }) => deviceId,
    ip: ({ ip }) => ip,
    ipPrefix: ({ ip }) => ip?.split('.')[0] ?? null,
  };
  it.each(Object.keys(texts))('is not given away by the reports on the same %s alone', (name) => {
    const auc = aucRoc(reportedShare(texts[name] ?? (() => null)), sample.payments.map(isFraud));
    expect(Math.max(auc, 1 - auc)).toBeLessThan(0.9);
  });

  it.each(['payerId', 'instrumentId', 'deviceId', 'ip', 'paymentId'] as const)(
    'has a %s that looks like others',
    (field) => {
      const known = sample.payments.filter(
        (payment) => payment.deviceId !== null && payment.method === 'card',
      );
      const texts = known.map((payment) => payment[field] ?? '');
      const rank = new Map([...new Set(texts)].sort().map((text, index) => [text, index]));
      const auc = aucRoc(
        texts.map((text) => rank.get(text) ?? 0),
        known.map(isFraud),
      );
      expect(Math.abs(auc - 0.5)).toBeLessThan(0.2);
      const shape = (text: string): string => text.replace(/_[a-z0-9]{14}$/, '_').replace(/\d+/g, '0');
      const honest = new Set(
        known.filter((payment) => !isFraud(payment)).map((payment) => shape(payment[field] ?? '')),
      );
      expect(
        frauds
          .filter(({ deviceId, method }) => deviceId !== null && method === 'card')
          .every((payment) => honest.has(shape(payment[field] ?? ''))),
      ).toBe(true);
    },
  );

  it('opens a dispute for every chargeback', () => {
    const disputed = new Set(
      sample.facts.flatMap((fact) => (fact.fact === 'dispute' ? [fact.paymentId] : [])),
    );
    const charged = sample.labels.filter(
      ({ source, paymentId }) => source === 'chargeback' && sample.mechanics.has(paymentId),
    );
    expect(charged.length).toBeGreaterThan(20);
    expect(charged.filter(({ paymentId }) => !disputed.has(paymentId))).toEqual([]);
  });
});
