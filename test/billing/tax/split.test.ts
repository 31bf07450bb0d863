import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitTax } from '../../../billing/tax/split.js';

describe('a price that includes tax', () => {
  it('G18: at five per cent leaves no paisa for half of all prices from 100 to 2,00,000 paise, else one', () => {
    const residuals = new Map<bigint, number>();
    for (let gross = 100n; gross <= 200_000n; gross++) {
      const { netPaise, taxPaise, roundOffPaise } = splitTax(gross, 500);
      if (netPaise + taxPaise + roundOffPaise !== gross) throw new Error(`${gross} does not add up`);
      residuals.set(roundOffPaise, (residuals.get(roundOffPaise) ?? 0) + 1);
    }
    expect([...residuals.keys()].sort()).toEqual([-1n, 0n, 1n]);
    expect((residuals.get(0n) ?? 0) / 199_901).toBeCloseTo(0.5, 2);
  });

  it('G7: has two equal heads', () => {
    expect(splitTax(105_00n, 500)).toEqual({ netPaise: 100_00n, taxPaise: 5_00n, roundOffPaise: 0n });
    expect(splitTax(118_00n, 1800)).toEqual({ netPaise: 100_00n, taxPaise: 18_00n, roundOffPaise: 0n });
  });

  it('takes back exactly what it charged, at any rate and price', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        fc.integer({ min: 0, max: 1400 }),
        (gross, half) => {
          const charged = splitTax(gross, 2 * half);
          const back = splitTax(-gross, 2 * half);
          expect(back.netPaise).toBe(-charged.netPaise);
          expect(back.taxPaise).toBe(-charged.taxPaise);
          expect(back.roundOffPaise).toBe(-charged.roundOffPaise);
          expect(charged.roundOffPaise >= -1n && charged.roundOffPaise <= 1n).toBe(true);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it('without tax is itself', () => {
    expect(splitTax(123n, 0)).toEqual({ netPaise: 123n, taxPaise: 0n, roundOffPaise: 0n });
  });
});
