import { describe, expect, it } from '@jest/globals';
import { periodNumber } from '../../../billing/retry/registered-period.js';
import { dayOf } from '../../../core/days.js';
import { ist } from '../../support/debit-situations.js';

const isSame = (frequency: Parameters<typeof periodNumber>[0], a: string, b: string): boolean =>
  periodNumber(frequency, dayOf(ist(`${a} 00:00`))) === periodNumber(frequency, dayOf(ist(`${b} 23:59`)));

describe('U7 a registered period', () => {
  it.each([
    ['daily', '2026-03-02', '2026-03-02', '2026-03-03'],
    ['weekly', '2026-03-02', '2026-03-08', '2026-03-09'],
    ['monthly', '2026-03-01', '2026-03-31', '2026-04-01'],
    ['quarterly', '2026-01-01', '2026-03-31', '2026-04-01'],
    ['yearly', '2026-01-01', '2026-12-31', '2027-01-01'],
  ] as const)('%s runs from %s to %s and not to %s', (frequency, from, to, next) => {
    expect(isSame(frequency, from, to)).toBe(true);
    expect(isSame(frequency, from, next)).toBe(false);
  });
});
