import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../core/random.js';
import { fitKnots, scoreOf } from '../../../models/neural/gaussian-scores.js';

describe('rank-Gaussian scores', () => {
  it('make normal numbers of numbers with a long tail', () => {
    const random = seededRandom(1);
    const values = Float32Array.from({ length: 20_000 }, () => Math.exp(2 * random.normal()));
    const knots = fitKnots([values], 64);
    for (const z of [-2.5, -1, 0, 0.5, 2, 3]) expect(scoreOf(knots, Math.exp(2 * z))).toBeCloseTo(z, 0);
    const scores = values.map((value) => scoreOf(knots, value));
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / scores.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(Math.abs(variance - 1)).toBeLessThan(0.1);
  });

  it('give equal values one score, the middle of their ranks', () => {
    const knots = fitKnots([Float32Array.of(0, 0, 0, 0, 0, 0, 7, 7, 9, 9)], 16);
    expect(scoreOf(knots, 0)).toBeCloseTo(-0.524, 2);
    expect(scoreOf(knots, 7)).toBeCloseTo(0.524, 2);
    expect(scoreOf(knots, 9)).toBeCloseTo(1.282, 2);
  });

  it('rise with the value, stay finite and flat beyond the ends', () => {
    const value = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 20 }),
        (some, most) => {
          const knots = fitKnots([Float32Array.from(some)], most);
          expect(knots.values.length).toBeLessThanOrEqual(most);
          expect(knots.values).toEqual([...knots.values].sort((a, b) => a - b));
          if (knots.values.length < 2) return;
          const ordered = some.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b);
          const scores = [-Infinity, ...ordered, Infinity].map((one) => scoreOf(knots, Math.fround(one)));
          expect(scores.every(Number.isFinite)).toBe(true);
          scores.slice(1).forEach((score, k) => expect(score).toBeGreaterThanOrEqual(scores[k]! - 1e-9));
        },
      ),
    );
  });
});
