import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../../core/random.js';
import { createSampler, scaleOf } from '../../../../models/forecast/neural/windows.js';
import { makeSeries } from '../worlds.js';

const shape = { lookback: 6, h: 4, season: 3 };
const RUNS = 30;

describe('windows of series', () => {
  it('look the same in any unit of the series', () => {
    const y = makeSeries({ n: 40, noise: 0.2 });
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (factor) => {
        const scaled = y.map((value) => factor * value);
        const [one, two] = [y, scaled].map((own) => createSampler([own], shape, seededRandom(1))!(8));
        for (const [k, value] of one!.inputs.entries()) expect(two!.inputs[k]).toBeCloseTo(value, 3);
        for (const [k, value] of one!.targets.entries()) expect(two!.targets[k]).toBeCloseTo(value, 3);
      }),
      { numRuns: RUNS },
    );
  });

  it('weigh only steps that are known, and every window has one', () => {
    const { rows, weights } = createSampler([makeSeries({ n: 9, noise: 0.2 })], shape, seededRandom(1))!(50);
    const known = Array.from({ length: rows }, (_, row) =>
      weights.subarray(4 * row, 4 * row + 4).reduce((sum, weight) => sum + weight, 0),
    );
    expect(new Set(known)).toEqual(new Set([1, 2, 3]));
  });

  it('leave out what never changes and what is too short', () => {
    const flat = new Float64Array(30).fill(7);
    expect(scaleOf(flat, 30, shape)).toBeNull();
    expect(scaleOf(new Float64Array(30), 30, shape)).toBeNull();
    expect(createSampler([flat, makeSeries({ n: 6, noise: 0.1 })], shape, seededRandom(1))).toBeNull();
  });
});
