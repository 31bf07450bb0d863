import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { thresholdAt } from '../../models/threshold.js';

function scores(rows: readonly (readonly [fraudProbability: number, fraud: boolean])[]) {
  return {
    y: Uint8Array.from(rows, ([, fraud]) => Number(fraud)),
    fraudProbability: Float64Array.from(rows, ([p]) => p),
  };
}

describe('a threshold at a false positive rate', () => {
  it('is the lowest probability that keeps the bound', () => {
    const four = scores([
      [0.9, true],
      [0.8, false],
      [0.7, true],
      [0.6, false],
      [0.5, false],
      [0.4, true],
      [0.3, false],
    ]);
    expect(thresholdAt(four, 0)).toBe(0.9);
    expect(thresholdAt(four, 0.25)).toBe(0.7);
    expect(thresholdAt(four, 0.5)).toBe(0.6);
    expect(thresholdAt(four, 1)).toBe(0.3);
  });

  it('flags nobody short of certainty when a good payment has the highest probability', () => {
    const block = scores([
      [0.9, false],
      [0.9, true],
      [0.2, false],
    ]);
    expect(thresholdAt(block, 0.1)).toBe(1);
  });

  it('never flags more good payments than the bound, however many are tied, and could not be lower', () => {
    // Few distinct probabilities, all below one: ties everywhere.
    const row = fc.tuple(
      fc.integer({ min: 0, max: 9 }).map((tenths) => tenths / 10),
      fc.boolean(),
    );
    const bound = fc.constantFrom(0, 0.001, 0.005, 0.1, 0.5, 1);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 80 }), bound, (rows, share) => {
        const threshold = thresholdAt(scores(rows), share);
        const good = rows.filter(([, fraud]) => !fraud).map(([p]) => p);
        const flagged = (from: number) => good.filter((p) => p >= from).length;
        expect(flagged(threshold)).toBeLessThanOrEqual(share * good.length);
        const lower = Math.max(-1, ...rows.map(([p]) => p).filter((p) => p < threshold));
        if (lower >= 0) expect(flagged(lower)).toBeGreaterThan(share * good.length);
      }),
    );
  });
});
