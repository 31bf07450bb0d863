import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextDaytime } from '../../../billing/notices/daytime.js';
import { DAY_MS, minuteOfDay } from '../../../core/days.js';

const at = (time: string): number => Date.parse(`2026-07-01T${time}+05:30`);

describe('a notice that nobody waits for', () => {
  it.each([
    ['08:00:00', '2026-07-01T08:00:00+05:30'],
    ['20:29:59', '2026-07-01T20:29:59+05:30'],
    ['20:30:00', '2026-07-02T08:00:00+05:30'],
    ['23:59:59', '2026-07-02T08:00:00+05:30'],
    ['00:00:00', '2026-07-01T08:00:00+05:30'],
    ['07:59:59', '2026-07-01T08:00:00+05:30'],
  ])('of %s goes out at %s', (time, expected) => {
    expect(nextDaytime(at(time))).toBe(Date.parse(expected));
  });

  it('goes out by day, within a night, never in the past', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000_000_000 }), (now) => {
        const then = nextDaytime(now);
        expect(then - now).toBeGreaterThanOrEqual(0);
        expect(then - now).toBeLessThan(DAY_MS / 2);
        expect(minuteOfDay(then)).toBeGreaterThanOrEqual(480);
        expect(minuteOfDay(then)).toBeLessThan(1230);
      }),
    );
  });
});
