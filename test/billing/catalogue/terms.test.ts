import { describe, expect, it } from '@jest/globals';
import { monthlyPaise, periodPaise } from '../../../billing/catalogue/terms.js';
import type { Interval } from '../../../billing/catalogue/terms.js';
import { sold } from '../subscriptions/terms.js';

const monthly = (unitPaise: bigint, interval: Interval): bigint =>
  monthlyPaise(sold({ unitPaise, interval }));

describe('terms', () => {
  it('cost quantity times price and every add-on', () => {
    const addOns = [{ addOnId: 'fruit', name: 'Fruit', quantity: 3, unitPaise: 20_01n }];
    expect(periodPaise(sold({ unitPaise: 99_99n, quantity: 2, addOns, setupFeePaise: 500_00n }))).toBe(
      260_01n,
    );
  });

  it('come to a month by 52 weeks, 365 days and 12 months, rounded half up', () => {
    expect(monthly(1200_00n, { unit: 'month', count: 1 })).toBe(1200_00n);
    expect(monthly(1200_00n, { unit: 'year', count: 1 })).toBe(100_00n);
    expect(monthly(300_00n, { unit: 'week', count: 1 })).toBe(1300_00n);
    expect(monthly(12_00n, { unit: 'day', count: 1 })).toBe(365_00n);
    expect(monthly(100n, { unit: 'month', count: 3 })).toBe(33n);
    expect(monthly(6n, { unit: 'year', count: 1 })).toBe(1n);
    expect(monthly(5n, { unit: 'year', count: 1 })).toBe(0n);
  });
});
