import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RecentAmounts } from '../../features/recent-amounts.js';

describe('RecentAmounts', () => {
  it('gives the quantiles of the newest amounts, as sorting them would', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 200 }), (amounts) => {
        const recent = new RecentAmounts(50);
        recent.grow(2);
        amounts.forEach((amount, i) => {
          recent.add(i % 2, amount);
          const held = amounts
            .slice(0, i + 1)
            .filter((_, k) => k % 2 === i % 2)
            .slice(-50)
            .sort((a, b) => a - b);
          for (const q of [0, 0.5, 0.9, 1])
            expect(recent.quantile(i % 2, q)).toBe(held[Math.floor(q * (held.length - 1))]);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('says NaN for an entity without amounts', () => {
    const recent = new RecentAmounts(50);
    recent.grow(1);
    expect(recent.quantile(0, 0.5)).toBeNaN();
  });
});
