import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contractValuePaise } from '../../../models/lifetime/contract-value.js';

const MONTH = { marginPaise: 1000, periodDays: 365.25 / 12, annualDiscount: 0 };

describe('the value of a contract', () => {
  it('is margin over hazard without a discount: the mean of a geometric life', () => {
    expect(contractValuePaise({ ...MONTH, nextHazard: 0, laterHazard: 0.05 })).toBeCloseTo(20_000, 8);
    expect(contractValuePaise({ ...MONTH, nextHazard: 1, laterHazard: 0.05 })).toBe(0);
  });

  it('is m (1 + d) / (d + h) for a renewal that is sure', () => {
    const d = 1.12 ** (1 / 12) - 1;
    const value = contractValuePaise({ ...MONTH, annualDiscount: 0.12, nextHazard: 0, laterHazard: 0.03 });
    expect(value).toBeCloseTo((1000 * (1 + d)) / (d + 0.03), 8);
  });

  it('is the sum over all renewals to come', () => {
    const share = fc.double({ min: 0.02, max: 0.9, noNaN: true });
    fc.assert(
      fc.property(share, share, share, (nextHazard, laterHazard, annualDiscount) => {
        let alive = 1 - nextHazard;
        let sum = 0;
        for (let t = 0; t < 2000; t++) {
          sum += (1000 * alive) / (1 + annualDiscount) ** (t / 12);
          alive *= 1 - laterHazard;
        }
        const value = contractValuePaise({ ...MONTH, nextHazard, laterHazard, annualDiscount });
        expect(value).toBeCloseTo(sum, 6);
      }),
      { numRuns: 20 },
    );
  });

  it('has no end without a hazard or a discount', () => {
    expect(() => contractValuePaise({ ...MONTH, nextHazard: 0, laterHazard: 0 })).toThrow(/no finite amount/);
  });
});
