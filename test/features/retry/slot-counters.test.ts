import { describe, expect, it } from '@jest/globals';
import type { RetryMoment } from '../../../features/retry/moment.js';
import { createSlotCounters } from '../../../features/retry/slot-counters.js';

function at(day: string, over: Partial<RetryMoment> = {}): RetryMoment {
  return {
    method: 'upi',
    issuer: null,
    declineClass: 'funds',
    attempt: 2,
    failedAtMs: 0,
    amountPaise: 100n,
    past: [],
    slotAtMs: Date.parse(`${day}T14:00:00+05:30`),
    ...over,
  };
}

describe('slot counters', () => {
  it('know nothing at first, and approach what they saw', () => {
    const counters = createSlotCounters();
    expect(counters.rate('monthDay', at('2026-01-03'))).toBeCloseTo(0.5, 9);
    for (let i = 0; i < 400; i++) counters.observe(at('2026-01-03'), i % 10 !== 0);
    expect(counters.rate('monthDay', at('2026-01-03'))).toBeCloseTo(0.9, 1);
  });

  it('back off to what the slot is worth to others where a class has no tries of its own', () => {
    const counters = createSlotCounters();
    for (let i = 0; i < 600; i++) {
      counters.observe(at('2026-01-03'), i % 10 !== 0);
      counters.observe(at('2026-01-27'), i % 10 === 0);
    }
    const rate = (day: string): number =>
      counters.rate('monthDay', at(day, { declineClass: 'limit', method: 'card' }));
    expect(rate('2026-02-03')).toBeGreaterThan(0.8);
    expect(rate('2026-02-27')).toBeLessThan(0.2);
  });

  it('bucket by the day in Kolkata, not in Greenwich', () => {
    const counters = createSlotCounters();
    const justAfterMidnight = { slotAtMs: Date.parse('2026-01-01T00:30:00+05:30') };
    for (let i = 0; i < 100; i++) counters.observe(at('2026-01-01', justAfterMidnight), true);
    expect(counters.toJSON()['monthDay']?.[2]).toBe(100);
  });

  it('continue from what they saved', () => {
    const counters = createSlotCounters();
    counters.observe(at('2026-01-03', { issuer: 'bank-a' }), true);
    const again = createSlotCounters(counters.toJSON());
    const asked = at('2026-01-03', { issuer: 'bank-a' });
    expect(again.issuerRate(asked)).toBe(counters.issuerRate(asked));
    expect(again.toJSON()).toEqual(counters.toJSON());
  });
});
