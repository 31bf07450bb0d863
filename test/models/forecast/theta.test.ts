import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dynamicThetaAhead } from '../../../models/forecast/theta.js';
import { makeSeries } from './worlds.js';

const RUNS = 60;
/** The search stops a little before the bottom. */
const NEARLY = 0.95;

/** Squared one-step errors from the fourth on, the line fitted anew to all values before each step. */
function plainErrors(y: Float64Array, [first, alpha, theta]: readonly [number, number, number]): number {
  let level = first;
  let sum = 0;
  for (let t = 0; t < y.length; t++) {
    const centre = (t + 1) / 2;
    const mean = t === 0 ? 0 : y.subarray(0, t).reduce((total, value) => total + value, 0) / t;
    let cross = 0;
    let spread = 0;
    for (let i = 0; i < t; i++) {
      cross += (i + 1 - centre) * (y[i]! - mean);
      spread += (i + 1 - centre) ** 2;
    }
    const slope = spread > 0 ? cross / spread : 0;
    const fade = (1 - alpha) ** t;
    const line = fade * (mean - centre * slope) + ((1 - fade * (1 - alpha)) / alpha) * slope;
    const fitted = level + (1 - 1 / theta) * line;
    if (t >= 3) sum += (y[t]! - fitted) ** 2;
    level = alpha * y[t]! + (1 - alpha) * level;
  }
  return sum;
}

describe('dynamic optimised Theta', () => {
  it('finds parameters that no change of a tenth makes clearly better by the plain definition', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 60 }), fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const y = makeSeries({ n, slope: 0.5, noise: 0.1, seed });
        const warm = new Map<string, Float64Array>();
        dynamicThetaAhead(y, 4, warm, 'it');
        const [level, alpha, theta, length] = warm.get('it')! as unknown as [number, number, number, number];
        expect(length).toBe(n);
        const reached = plainErrors(y, [level, alpha, theta]);
        for (const share of [0.9, 1.1]) {
          const moved = Math.min(0.99, Math.max(0.05, alpha * share));
          expect(plainErrors(y, [level, moved, theta])).toBeGreaterThan(NEARLY * reached);
          expect(plainErrors(y, [level * share, alpha, theta])).toBeGreaterThan(NEARLY * reached);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
