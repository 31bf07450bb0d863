import { describe, expect, it } from '@jest/globals';
import { earliestAfterNotice, noticeLeadMs } from '../../../billing/retry/notice.js';
import { HOUR_MS } from '../../../core/days.js';
import { ist } from '../../support/debit-situations.js';

describe('the debit after a notice', () => {
  it.each([
    ['2026-03-02 11:30', '2026-03-03 13:00'],
    ['2026-03-02 16:30', '2026-03-03 21:30'],
    ['2026-03-02 08:00', '2026-03-03 09:00'],
    ['2026-03-02 09:00', '2026-03-03 13:00'],
    ['2026-03-02 23:30', '2026-03-04 00:30'],
  ])('U3 a UPI notice delivered at %s allows the debit at %s', (delivered, debit) => {
    expect(earliestAfterNotice('upi', ist(delivered))).toBe(ist(debit));
  });

  it('U3 a card waits 36 hours and 5 minutes', () => {
    expect(earliestAfterNotice('card', ist('2026-03-02 11:30'))).toBe(ist('2026-03-03 23:35'));
  });

  it('E4 no lead is shorter than a day, and bank mandates have no notice', () => {
    expect(noticeLeadMs('upi')).toBeGreaterThanOrEqual(24 * HOUR_MS);
    expect(noticeLeadMs('card')).toBeGreaterThanOrEqual(24 * HOUR_MS);
    expect(noticeLeadMs('nach')).toBeNull();
    expect(earliestAfterNotice('nach', ist('2026-03-02 08:00'))).toBe(ist('2026-03-02 08:00'));
  });
});
