import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Slot } from '../../../billing/retry/legal-slots.js';
import { nextAttemptMs, worthOfSlots } from '../../../billing/retry/policy.js';
import type { PolicyInput } from '../../../billing/retry/policy.js';
import { POLICY } from '../../../billing/retry/settings.js';
import { DAY_MS, HOUR_MS } from '../../../core/days.js';

const slotsAt = (hours: readonly number[]): Slot[] =>
  hours.map((hour) => ({ atMs: hour * HOUR_MS, noticeAtMs: null }));

/** Every plan of slots and stops, tried out: exponential, for a handful of slots. */
function bestByTrying(input: PolicyInput, attempt: number, fromMs: number): number {
  if (attempt > 4) return 0;
  let best = 0;
  input.slots.forEach(({ atMs }, i) => {
    if (atMs >= fromMs) best = Math.max(best, worthByTrying(input, attempt, i));
  });
  return best;
}

function worthByTrying(input: PolicyInput, attempt: number, i: number): number {
  const atMs = input.slots[i]?.atMs ?? 0;
  const p = input.successOf(attempt, input.slots)[i] ?? 0;
  const margin =
    input.amountPaise * POLICY.marginShare * (1 - POLICY.delayShare * ((atMs - input.nowMs) / DAY_MS));
  const after = bestByTrying(input, attempt + 1, atMs + nextAttemptMs(input.method));
  return p * margin - POLICY.feePaise + (1 - p) * (after - POLICY.annoyancePaise);
}

describe('the worth of slots', () => {
  it('equals the best of all plans', () => {
    const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 });
    // One slot in each day; a plan knows no other.
    const hours = fc
      .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 23 })), {
        minLength: 1,
        maxLength: 8,
        selector: ([day]) => day,
      })
      .map((days) => days.map(([day, hour]) => 24 * day + hour + 18.5));
    fc.assert(
      fc.property(
        chances,
        hours,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 100, max: 500_000 }),
        (p, list, attempt, amountPaise) => {
          const input: PolicyInput = {
            method: 'upi',
            amountPaise,
            attempt,
            slots: slotsAt([...list].sort((a, b) => a - b)),
            nowMs: 0,
            successOf: (k) => Float64Array.from(list, (_, i) => (p[(i + k) % 8] ?? 0) / k),
          };
          const { worth, success } = worthOfSlots(input, POLICY);
          expect([...success]).toEqual([...input.successOf(attempt, input.slots)]);
          worth.forEach((value, i) => expect(value).toBeCloseTo(worthByTrying(input, attempt, i), 6));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps an attempt for later when the later slot is far better and only one is left', () => {
    const slots = slotsAt([30, 200]);
    const input = { method: 'upi', amountPaise: 60_000, slots, nowMs: 0 } as const;
    const successOf = () => Float64Array.of(0.2, 0.7);
    const last = worthOfSlots({ ...input, attempt: 4, successOf }, POLICY).worth;
    expect(last[1]).toBeGreaterThan(last[0] ?? 0);
    const second = worthOfSlots({ ...input, attempt: 2, successOf }, POLICY).worth;
    expect(second[0]).toBeGreaterThan(second[1] ?? 0);
  });
});
