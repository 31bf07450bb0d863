import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hypergeometricOfOne, logHypergeometric } from '../../../models/lifetime/hypergeometric.js';

const positive = fc.double({ min: 0.01, max: 40, noNaN: true });
const inside = fc.double({ min: 0, max: 0.98, noNaN: true });

function relative(a: number, b: number): number {
  return Math.abs(a - b) / Math.max(1, Math.abs(b));
}

describe("Gauss's hypergeometric function", () => {
  it('is a power where an upper parameter equals the lower one', () => {
    fc.assert(
      fc.property(positive, positive, inside, (a, b, z) => {
        expect(relative(logHypergeometric(a, b, b, z), -a * Math.log1p(-z))).toBeLessThan(1e-11);
      }),
    );
  });

  it('is a logarithm at (1, 1; 2), near one too', () => {
    for (const z of [0.1, 0.5, 0.9, 0.999]) {
      expect(logHypergeometric(1, 1, 2, z)).toBeCloseTo(Math.log(-Math.log1p(-z) / z), 11);
      expect(hypergeometricOfOne(1, 2, z)).toBeCloseTo(-Math.log1p(-z) / z, 11);
    }
    expect(hypergeometricOfOne(1, 2, 1 - 1e-9)).toBeCloseTo(-Math.log(1e-9), 6);
  });

  it('has the same value as a series and as a continued fraction', () => {
    fc.assert(
      fc.property(positive, positive, inside, (b, more, z) => {
        const c = b + more;
        expect(relative(Math.log(hypergeometricOfOne(b, c, z)), logHypergeometric(1, b, c, z))).toBeLessThan(
          1e-10,
        );
      }),
    );
  });
});
