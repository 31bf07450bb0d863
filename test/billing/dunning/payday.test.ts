import { expect, it } from '@jest/globals';
import { nextPayday } from '../../../billing/dunning/payday.js';
import { formatDay, parseDay } from '../../../core/days.js';

it.each([
  ['2026-07-08', '2026-08-03', 'the first is a Saturday'],
  ['2026-06-30', '2026-07-01', 'an ordinary first'],
  ['2026-07-01', '2026-08-03', 'never today'],
  ['2026-04-20', '2026-05-04', 'Labour Day is a Friday'],
  ['2026-12-31', '2027-01-01', 'over the year'],
])('after %s the next payday is %s: %s', (day, payday) => {
  expect(formatDay(nextPayday(parseDay(day) ?? 0))).toBe(payday);
});
