import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hourInIst, monthDayInIst, weekdayInIst } from '../../features/calendar.js';

const parts = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Kolkata',
  weekday: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  hourCycle: 'h23',
});

describe('the calendar of a request', () => {
  it('agrees with the time zone database on every instant since 1970', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (atMs) => {
        const named = Object.fromEntries(parts.formatToParts(atMs).map(({ type, value }) => [type, value]));
        expect(Math.floor(hourInIst(atMs))).toBe(Number(named['hour']));
        expect(monthDayInIst(atMs)).toBe(Number(named['day']));
        expect(['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekdayInIst(atMs)]).toBe(named['weekday']);
      }),
    );
  });

  it('begins the Indian day at 18:30 UTC', () => {
    expect(hourInIst(Date.UTC(2026, 0, 1, 18, 30))).toBe(0);
    expect(monthDayInIst(Date.UTC(2026, 0, 1, 18, 29, 59))).toBe(1);
    expect(monthDayInIst(Date.UTC(2026, 0, 1, 18, 30))).toBe(2);
  });
});
