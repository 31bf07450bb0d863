import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calendarDays, servingDays } from '../../../billing/catalogue/serving-days.js';
import { dayNumber, weekday } from '../../../core/days.js';

const RUNS = 300;
const FIRST = dayNumber(2026, 1, 1);
const calendars = fc.record({
  week: fc.array(fc.constantFrom('0', '1'), { minLength: 7, maxLength: 7 }).map((digits) => digits.join('')),
  exceptions: fc
    .array(fc.tuple(fc.integer({ min: FIRST, max: FIRST + 120 }), fc.boolean()), { maxLength: 20 })
    .map((pairs) => new Map(pairs)),
});
const days = fc.integer({ min: FIRST - 10, max: FIRST + 130 });

describe('serving days', () => {
  it('are those that a walk over every day finds', () => {
    fc.assert(
      fc.property(calendars, days, days, (calendar, from, to) => {
        let walked = 0;
        for (let day = from; day < to; day++)
          walked += (calendar.exceptions.get(day) ?? calendar.week[weekday(day)] === '1') ? 1 : 0;
        expect(servingDays(calendar)(from, to)).toBe(walked);
      }),
      { numRuns: RUNS },
    );
  });

  it('add up over any cut', () => {
    fc.assert(
      fc.property(calendars, fc.tuple(days, days, days), (calendar, cuts) => {
        const [a, b, c] = cuts.sort((x, y) => x - y);
        const count = servingDays(calendar);
        expect(count(a, b) + count(b, c)).toBe(count(a, c));
      }),
      { numRuns: RUNS },
    );
  });

  it('are all days where a plan counts by the calendar', () => {
    expect(calendarDays(FIRST, FIRST + 31)).toBe(31);
  });
});
