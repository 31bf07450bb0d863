import { describe, expect, it } from '@jest/globals';
import { unapprovedLimitPaise } from '../../../billing/retry/limits.js';
import { dayOf } from '../../../core/days.js';
import { ist } from '../../support/debit-situations.js';

const on = (date: string): number => dayOf(ist(`${date} 12:00`));

describe('debits without approval', () => {
  it.each([
    ['2021-09-30', 0n, 0n],
    ['2021-10-01', 5_000_00n, 5_000_00n],
    ['2022-06-15', 5_000_00n, 5_000_00n],
    ['2022-06-16', 15_000_00n, 15_000_00n],
    ['2023-12-12', 15_000_00n, 1_00_000_00n],
    ['2026-11-23', 15_000_00n, 1_00_000_00n],
  ])('E2 E3 on %s go up to %s paise, and %s for insurance', (date, general, special) => {
    expect(unapprovedLimitPaise('upi', 'general', on(date))).toBe(general);
    expect(unapprovedLimitPaise('card', 'insurance', on(date))).toBe(special);
  });

  it('bank mandates have no such limit', () => {
    expect(unapprovedLimitPaise('nach', 'general', on('2026-03-02'))).toBeNull();
  });
});
