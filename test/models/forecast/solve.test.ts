import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lagProduct, solveNormal } from '../../../models/forecast/solve.js';

const RUNS = 200;

describe('sums for regressions', () => {
  it('of lagged products are those taken one after another', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.nat(),
        fc.nat(),
        (values, a, b) => {
          const x = Float64Array.from(values);
          const distance = a % x.length;
          const from = distance + (b % (x.length - distance));
          let sum = 0;
          for (let t = from; t < x.length; t++) sum += x[t]! * x[t - distance]!;
          expect(lagProduct(x, distance, from, x.length)).toBeCloseTo(sum, 9);
        },
      ),
      { numRuns: RUNS },
    );
  });
  it('are solved for the unknowns that made them', () => {
    const p = 3;
    const a = Float64Array.of(4, 1, 0.5, 0, 3, 0.2, 0, 0, 2);
    const x = [1, -2, 3];
    const at = (i: number, j: number): number => a[Math.min(i, j) * p + Math.max(i, j)]!;
    const b = Float64Array.from(x, (_, i) => x.reduce((sum, value, j) => sum + at(i, j) * value, 0));
    solveNormal(a, b, p, 1);
    for (const [i, value] of x.entries()) expect(b[i]!).toBeCloseTo(value, 9);
  });
});
