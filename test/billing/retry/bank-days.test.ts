import { describe, expect, it } from '@jest/globals';
import { isBankDay } from '../../../billing/retry/bank-days.js';
import { dayOf } from '../../../core/days.js';
import { ist } from '../../support/debit-situations.js';

describe('U11 a bank day', () => {
  it.each([
    ['2026-03-02', true, 'a Monday'],
    ['2026-03-01', false, 'a Sunday'],
    ['2026-03-07', true, 'the first Saturday'],
    ['2026-03-14', false, 'the second Saturday'],
    ['2026-03-21', false, 'Eid, on the third Saturday'],
    ['2026-03-28', false, 'the fourth Saturday'],
    ['2026-05-30', true, 'the fifth Saturday'],
    ['2026-04-01', false, 'the closing of accounts'],
    ['2026-01-26', false, 'Republic Day'],
    ['2027-08-15', false, 'Independence Day'],
  ])('%s is %s: %s', (date, isOne) => {
    expect(isBankDay(dayOf(ist(`${date} 12:00`)))).toBe(isOne);
  });
});
