import { describe, expect, it } from '@jest/globals';
import { dayOf, HOUR_MS, minuteOfDay } from '../../../core/days.js';
import { NEVER_RETRIED, REASONS, STOLEN_CARD_REASONS } from '../../../ingest/simulate/reasons.js';
import type { PaymentFact } from '../../../ingest/facts.js';
import { drawSample, MEDIUM } from './sample.js';

const sample = drawSample(MEDIUM, 11);
const byId = new Map(sample.payments.map((payment) => [payment.paymentId, payment]));
const unattended = sample.payments.filter(({ status }) => status === 'attempted');
const retries = sample.payments.filter(({ kind }) => kind === 'retry');

function originalOf({ retryOf }: PaymentFact): PaymentFact {
  const original = byId.get(retryOf ?? '');
  if (original === undefined) throw new Error(`no original ${retryOf}`);
  return original;
}

describe('mandate executions', () => {
  it('keep UPI off the peak hours 10:00-13:00 and 17:00-21:30 IST', () => {
    const minutes = unattended
      .filter(({ method }) => method === 'upi')
      .map(({ occurredAt }) => minuteOfDay(occurredAt));
    expect(minutes.length).toBeGreaterThan(500);
    const inPeak = (minute: number): boolean =>
      (minute >= 600 && minute < 780) || (minute >= 1020 && minute < 1290);
    expect(minutes.filter(inPeak)).toEqual([]);
  });

  it('have neither device, address nor place', () => {
    expect(
      unattended.filter(
        ({ deviceId, ip, latitude }) => deviceId !== null || ip !== null || latitude !== null,
      ),
    ).toEqual([]);
  });

  it('hear their result later, within 36 hours and once', () => {
    const delays = unattended.flatMap(({ paymentId, occurredAt }) =>
      (sample.outcomes.get(paymentId) ?? []).map(({ knownAt }) => knownAt - occurredAt),
    );
    expect(Math.min(...delays)).toBeGreaterThan(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(36 * HOUR_MS);
    expect(unattended.every(({ paymentId }) => (sample.outcomes.get(paymentId)?.length ?? 0) <= 1)).toBe(
      true,
    );
  });

  it('stay below the limit of 15,000 rupees without a second factor', () => {
    expect(unattended.filter(({ amountPaise }) => amountPaise > 1_500_000n)).toEqual([]);
  });
});

describe('retries', () => {
  it('are at most three, on T+1 to T+3, of the same instrument and sum', () => {
    const counts = new Map<string, number>();
    for (const retry of retries) {
      const original = originalOf(retry);
      counts.set(original.paymentId, (counts.get(original.paymentId) ?? 0) + 1);
      const days = dayOf(retry.occurredAt) - dayOf(original.occurredAt);
      expect([1, 2, 3]).toContain(days);
      expect(retry).toMatchObject({
        payerId: original.payerId,
        instrumentId: original.instrumentId,
        amountPaise: original.amountPaise,
      });
      expect(original.retryOf).toBeNull();
    }
    expect(retries.length).toBeGreaterThan(50);
    expect(Math.max(...counts.values())).toBe(3);
  });

  it('wait for the previous result and never repeat what only the payer can mend', () => {
    const last = new Map<string, PaymentFact>();
    for (const attempt of unattended) {
      const key = attempt.retryOf ?? attempt.paymentId;
      const previous = last.get(key);
      last.set(key, attempt);
      if (previous === undefined) continue;
      const result = sample.outcomes.get(previous.paymentId)?.at(-1);
      expect(result?.status).toBe('failed');
      expect(result?.knownAt).toBeLessThan(attempt.occurredAt);
      expect(NEVER_RETRIED.has(result?.failureReason ?? '')).toBe(false);
    }
  });

  it('succeed sometimes, but less often than first attempts', () => {
    const share = (payments: readonly PaymentFact[]): number =>
      payments.filter((payment) => sample.reasonOf(payment) === null).length / payments.length;
    const firsts = unattended.filter(({ kind }) => kind === 'payment');
    expect(share(firsts)).toBeGreaterThan(0.8);
    expect(share(retries)).toBeGreaterThan(0.15);
    expect(share(retries)).toBeLessThan(0.7);
  });

  it('are followed by payment links of kind dunning that name the original', () => {
    const dunning = sample.payments.filter(({ kind }) => kind === 'dunning');
    expect(dunning.length).toBeGreaterThan(10);
    for (const link of dunning) expect(originalOf(link).occurredAt).toBeLessThan(link.occurredAt);
  });
});

describe('failures', () => {
  it("carry Razorpay's reasons, and only failures carry one", () => {
    const byMethod = Object.values(REASONS).flatMap((methods) => Object.values(methods).flat());
    const listed = new Set<string | null>(
      [...byMethod, ...STOLEN_CARD_REASONS].map(([reason]) => reason),
    ).add('card_expired');
    for (const fact of sample.facts) {
      if (fact.fact !== 'payment' && fact.fact !== 'outcome') continue;
      if (fact.status === 'failed') expect(listed).toContain(fact.failureReason);
      else expect(fact.failureReason).toBeNull();
    }
  });

  it('for want of funds are more likely late in the month than after the common paydays', () => {
    const share = (from: number, to: number): number => {
      const debits = unattended.filter(({ occurredAt }) => {
        const dayOfMonth = new Date(occurredAt + 5.5 * HOUR_MS).getUTCDate();
        return dayOfMonth >= from && dayOfMonth <= to;
      });
      return (
        debits.filter((payment) => sample.reasonOf(payment) === 'insufficient_funds').length / debits.length
      );
    };
    expect(share(20, 27)).toBeGreaterThan(1.5 * share(7, 12));
  });

  it('for technical reasons cluster in outages', () => {
    const technical = /technical|not_available|request_timed_out/;
    const hours = new Map<number, { all: number; technical: number }>();
    for (const payment of sample.payments) {
      const hour = Math.floor(payment.occurredAt / HOUR_MS);
      const tally = hours.get(hour) ?? { all: 0, technical: 0 };
      tally.all++;
      if (technical.test(sample.reasonOf(payment) ?? '')) tally.technical++;
      hours.set(hour, tally);
    }
    const tallies = [...hours.values()];
    const expected = tallies.reduce((sum, { technical: count }) => sum + count, 0) / sample.payments.length;
    expect(expected).toBeLessThan(0.08);
    // Without outages the variance of the hourly counts would be binomial.
    const dispersion = tallies.reduce(
      (sum, { all, technical: count }) => sum + (count - all * expected) ** 2,
      0,
    );
    const binomial = tallies.reduce((sum, { all }) => sum + all * expected * (1 - expected), 0);
    expect(dispersion / binomial).toBeGreaterThan(1.3);
  });

  it('are now and then authorised late', () => {
    const late = sample.payments.filter(
      ({ status, paymentId }) => status === 'failed' && sample.outcomes.has(paymentId),
    );
    expect(late.length).toBeGreaterThan(3);
    expect(late.length / sample.payments.length).toBeLessThan(0.005);
    expect(late.every(({ failureReason }) => /timed_out$/.test(failureReason ?? ''))).toBe(true);
  });
});
