import { describe, expect, it } from '@jest/globals';
import { isOpenHour, nextOpenAt } from '../../../billing/retry/windows.js';
import { ist } from '../../support/debit-situations.js';

describe('open hours', () => {
  it.each([
    ['2026-03-03 09:59', '2026-03-03 09:59'],
    ['2026-03-03 10:00', '2026-03-03 13:00'],
    ['2026-03-03 12:59', '2026-03-03 13:00'],
    ['2026-03-03 16:59', '2026-03-03 16:59'],
    ['2026-03-03 17:00', '2026-03-03 21:30'],
    ['2026-03-03 21:29', '2026-03-03 21:30'],
    ['2026-03-03 23:59', '2026-03-03 23:59'],
  ])('U1 UPI asked at %s opens at %s', (asked, opens) => {
    expect(nextOpenAt('upi', ist(asked))).toBe(ist(opens));
    expect(isOpenHour('upi', ist(asked))).toBe(asked === opens);
  });

  it('U11 a bank mandate that misses nine on Friday before a second Saturday waits for Monday', () => {
    expect(nextOpenAt('nach', ist('2026-03-13 09:00'))).toBe(ist('2026-03-16 00:00'));
    expect(nextOpenAt('emandate', ist('2026-03-13 08:59'))).toBe(ist('2026-03-13 08:59'));
  });

  it('cards have no hours', () => {
    expect(nextOpenAt('card', ist('2026-03-15 11:00'))).toBe(ist('2026-03-15 11:00'));
  });
});
