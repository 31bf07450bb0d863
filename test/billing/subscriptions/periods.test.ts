import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { INTERVAL_UNITS } from '../../../billing/catalogue/terms.js';
import type { Interval } from '../../../billing/catalogue/terms.js';
import { periodAt, periodOf } from '../../../billing/subscriptions/periods.js';
import { civil, dayNumber, formatDay, parseDay } from '../../../core/days.js';

const RUNS = 500;
const day = (text: string): number => parseDay(text) ?? NaN;

const anchors = fc.integer({ min: dayNumber(2019, 1, 1), max: dayNumber(2033, 12, 31) });
const intervals: fc.Arbitrary<Interval> = fc.record({
  unit: fc.constantFrom(...INTERVAL_UNITS),
  count: fc.integer({ min: 1, max: 60 }),
});

function starts(anchor: string, interval: Interval, count: number): string[] {
  return Array.from({ length: count }, (_, n) => formatDay(periodOf(day(anchor), interval, n).startDay));
}

describe('periods', () => {
  it('tile time without gap or overlap for every anchor and interval', () => {
    fc.assert(
      fc.property(anchors, intervals, fc.integer({ min: 0, max: 200 }), (anchor, interval, n) => {
        const period = periodOf(anchor, interval, n);
        expect(period.endDay).toBeGreaterThan(period.startDay);
        expect(periodOf(anchor, interval, n + 1).startDay).toBe(period.endDay);
        expect(periodOf(anchor, interval, 0).startDay).toBe(anchor);
      }),
      { numRuns: RUNS },
    );
  });

  it('contain the days that are in them and no others', () => {
    fc.assert(
      fc.property(anchors, intervals, fc.integer({ min: 0, max: 5000 }), (anchor, interval, later) => {
        const period = periodAt(anchor, interval, anchor + later);
        expect(period.startDay).toBeLessThanOrEqual(anchor + later);
        expect(period.endDay).toBeGreaterThan(anchor + later);
        expect(period).toEqual(periodOf(anchor, interval, period.number));
      }),
      { numRuns: RUNS },
    );
  });

  it('keep the raw day of the month, or the last one of a short month', () => {
    const months = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(anchors, fc.integer({ min: 1, max: 12 }), months, (anchor, count, n) => {
        const start = civil(periodOf(anchor, { unit: 'month', count }, n).startDay);
        const lastOfMonth = civil(dayNumber(start.year, start.month + 1, 0)).dayOfMonth;
        expect(start.dayOfMonth).toBe(Math.min(civil(anchor).dayOfMonth, lastOfMonth));
      }),
      { numRuns: RUNS },
    );
  });

  it('of an anchor on the 31st are clamped to short months and come back to it', () => {
    expect(starts('2026-01-31', { unit: 'month', count: 1 }, 5)).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
      '2026-05-31',
    ]);
  });

  it('of an anchor on a leap day are on 28 February in other years', () => {
    expect(starts('2028-02-29', { unit: 'year', count: 1 }, 5)).toEqual([
      '2028-02-29',
      '2029-02-28',
      '2030-02-28',
      '2031-02-28',
      '2032-02-29',
    ]);
  });
});
