import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openFilter, type SmoothingShape } from '../../../models/forecast/smoothing.js';
import { makeSeries } from './worlds.js';

const RUNS = 200;
const SEASON = 4;

/** As written in the book, one term at a time. */
function plainLoss(
  y: Float64Array,
  { error, trend, season }: SmoothingShape,
  at: Float64Array,
  first: Float64Array,
) {
  const [alpha, share, gammaShare, phi] = at as unknown as number[];
  const gamma = gammaShare! * (1 - alpha!);
  const damping = trend === 'damped' ? phi! : 1;
  let level = at[4]!;
  let slope = trend === 'none' ? 0 : at[5]!;
  const seasons = [...first];
  let sum = 0;
  let logs = 0;
  for (const [t, value] of y.entries()) {
    const base = level + damping * slope;
    const index = season === 'none' ? (error === 'additive' ? 0 : 1) : seasons[t % SEASON]!;
    const isFactor = season === 'multiplicative';
    const fitted = season === 'none' ? base : isFactor ? base * index : base + index;
    if (error === 'multiplicative') {
      sum += ((value - fitted) / fitted) ** 2;
      logs += Math.log(fitted);
    } else sum += (value - fitted) ** 2;
    const plain = season === 'none' ? value : isFactor ? value / index : value - index;
    const next = base + alpha! * (plain - base);
    if (trend !== 'none') slope = damping * slope + share! * (next - level - damping * slope);
    if (season !== 'none')
      seasons[t % SEASON] = index + gamma * ((isFactor ? value / base : value - base) - index);
    level = next;
  }
  return y.length * Math.log(sum) + (error === 'multiplicative' ? 2 * logs : 0);
}

describe('a pass of exponential smoothing', () => {
  const share = fc.double({ min: 0.01, max: 0.6, noNaN: true });
  const shapes = fc.record({
    error: fc.constantFrom('additive' as const, 'multiplicative' as const),
    trend: fc.constantFrom('none' as const, 'additive' as const, 'damped' as const),
    season: fc.constantFrom('none' as const, 'additive' as const, 'multiplicative' as const),
  });

  it('has the likelihood of the plain recursion for every shape, however large the values', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.tuple(share, share, share),
        fc.constantFrom(1, 1e-30, 1e30),
        fc.integer({ min: 0, max: 50 }),
        (shape, [alpha, beta, gamma], unit, seed) => {
          const y = makeSeries({ n: 90, slope: 0.3, season: SEASON, swing: 0.1, noise: 0.02, seed }).map(
            (value) => unit * value,
          );
          const at = Float64Array.of(alpha, beta, gamma, 0.9, 100 * unit, 0.3 * unit);
          const first = Float64Array.of(0, 0.1, 0, -0.1).map((index) =>
            shape.season === 'multiplicative' ? 1 + index : 100 * unit * index,
          );
          const loss = openFilter(y, shape, shape.season === 'none' ? new Float64Array(0) : first).run(at);
          expect(loss).toBeCloseTo(plainLoss(y, shape, at, first), 6);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
