import { describe, expect, it } from '@jest/globals';
import type { LivePayment } from '../../../ingest/simulate/live.js';
import { liveTraffic } from '../../../ingest/simulate/live.js';
import { openMerchant } from '../../../ingest/simulate/merchant.js';
import { SMALL } from './sample.js';

const START = Date.UTC(2026, 10, 1, 6);

function listen(startAtMs: number, count: number, paymentsPerSecond = 3): LivePayment[] {
  const traffic = liveTraffic(openMerchant(SMALL, 1), { startAtMs, paymentsPerSecond });
  return Array.from({ length: count }, () => traffic.next().value);
}

describe('live traffic', () => {
  const payments = listen(START, 3_000);

  it('comes in order at about the wished rate', () => {
    const due = payments.map(({ dueAtMs }) => dueAtMs);
    expect(due.every((dueAtMs, index) => dueAtMs >= (due[index - 1] ?? START))).toBe(true);
    const seconds = ((due.at(-1) ?? 0) - START) / 1000;
    expect(payments.length / seconds).toBeGreaterThan(2.7);
    expect(payments.length / seconds).toBeLessThan(3.3);
  });

  it('has a result for every payment, and now and then a fraud report', () => {
    expect(
      payments.every(({ outcome }) => (outcome.status === 'failed') === (outcome.failureReason !== null)),
    ).toBe(true);
    expect(payments.every(({ outcome }) => Number.isInteger(outcome.delayMs) && outcome.delayMs > 0)).toBe(
      true,
    );
    const reports = payments.filter(({ label }) => label !== null).length;
    expect(reports).toBeGreaterThan(0);
    expect(reports).toBeLessThan(0.03 * payments.length);
  });

  it('repeats itself for the same start, and shares no payment with another start', () => {
    const again = listen(START, 200);
    expect(again).toEqual(payments.slice(0, 200));
    const ids = new Set(payments.map(({ request }) => request.paymentId));
    expect(listen(START + 1, 200).filter(({ request }) => ids.has(request.paymentId))).toEqual([]);
  });

  it('continues with families and instruments of the history', () => {
    const known = new Set<string | null>();
    for (const fact of openMerchant(SMALL, 1).history()) {
      if (fact.fact === 'payment') known.add(fact.instrumentId);
    }
    const early = payments.slice(0, 200);
    expect(early.filter(({ request }) => known.has(request.instrumentId)).length).toBeGreaterThan(120);
  });
});
