import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { logGamma } from '../../../models/lifetime/log-gamma.js';

describe('the logarithm of the gamma function', () => {
  it('is that of factorials, and of the square root of pi at a half', () => {
    expect(logGamma(1)).toBeCloseTo(0, 14);
    expect(logGamma(6)).toBeCloseTo(Math.log(120), 13);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
  });

  it('grows by the logarithm of its argument from one to the next', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (x) => {
        const step = logGamma(x + 1) - logGamma(x);
        expect(Math.abs(step - Math.log(x))).toBeLessThan(1e-11 * (1 + Math.abs(logGamma(x))));
      }),
    );
  });
});
