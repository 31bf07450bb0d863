import { describe, expect, it } from '@jest/globals';
import { expiryOf, requireFits, requireLimit } from '../../../billing/mandates/terms.js';
import { dayOf, formatDay } from '../../../core/days.js';

const NOW = Date.parse('2026-07-01T08:00:00+05:30');

function expectMost(
  method: 'upi' | 'card' | 'emandate',
  purpose: 'general' | 'insurance' | 'mutual-fund' | 'card-bill',
  mostPaise: bigint,
  now = NOW,
): void {
  expect(() => requireLimit(mostPaise, method, purpose, now)).not.toThrow();
  expect(() => requireLimit(mostPaise + 1n, method, purpose, now)).toThrow('maxPaise');
}

describe('the terms of a mandate', () => {
  it('U6: bound the limit: ₹1 to ₹99,999 on UPI, ₹2,00,000 for the listed purposes', () => {
    expect(() => requireLimit(100n, 'upi', 'general', NOW)).not.toThrow();
    expect(() => requireLimit(99_999_00n, 'upi', 'general', NOW)).not.toThrow();
    expect(() => requireLimit(99n, 'upi', 'general', NOW)).toThrow('maxPaise');
    expect(() => requireLimit(99_999_01n, 'upi', 'general', NOW)).toThrow('maxPaise');
    expectMost('upi', 'insurance', 2_00_000_00n);
    expectMost('emandate', 'general', 1_00_00_000_00n);
  });

  it('E2, E3: bound a card at what needs no approval: ₹15,000, or ₹1,00,000 for three purposes, by date', () => {
    expectMost('card', 'general', 15_000_00n);
    for (const purpose of ['insurance', 'mutual-fund', 'card-bill'] as const)
      expectMost('card', purpose, 1_00_000_00n);
    expectMost('card', 'insurance', 15_000_00n, Date.UTC(2023, 0, 1));
  });

  it('U6, E6: always have an end: ten years ahead, at most thirty, or forty of a bank mandate', () => {
    expect(formatDay(dayOf(expiryOf('upi', undefined, NOW)))).toBe('2036-07-01');
    expect(formatDay(dayOf(expiryOf('upi', '2056-07-01', NOW)))).toBe('2056-07-01');
    expect(() => expiryOf('upi', '2056-07-02', NOW)).toThrow('expiresOn');
    expect(formatDay(dayOf(expiryOf('emandate', '2066-07-01', NOW)))).toBe('2066-07-01');
    for (const wrong of ['2026-07-01', '2020-01-01', '2027-02-30'])
      expect(() => expiryOf('upi', wrong, NOW)).toThrow('expiresOn');
  });

  it('must hold the invoice that the approval pays', () => {
    expect(() => requireFits(500_00n, 500_00n)).not.toThrow();
    expect(() => requireFits(500_01n, 500_00n)).toThrow('raise maxPaise');
  });
});
