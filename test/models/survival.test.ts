import { describe, expect, it } from '@jest/globals';
import { survivalCurve } from '../../models/survival.js';

/** Rows of one period. */
function rows(period: number, atRisk: number, ended: number): [number, number][] {
  return Array.from({ length: atRisk }, (_, i) => [period, i < ended ? 1 : 0]);
}

describe('a survival curve', () => {
  const all = [...rows(2, 80, 8), ...rows(1, 100, 20), ...rows(3, 10, 5)];
  const curve = survivalCurve(
    all.map(([period]) => period),
    Uint8Array.from(all, ([, y]) => y),
    new Float64Array(all.length).fill(0.15),
  );

  it('multiplies what is left of each period, and what the model expected', () => {
    expect(curve.map(({ survival }) => survival)).toEqual([0.8, expect.closeTo(0.72, 12)]);
    expect(curve[1]!.expected).toBeCloseTo(0.85 ** 2, 12);
  });

  it("has Greenwood's interval on the log scale", () => {
    const spread = Math.exp(1.959964 * Math.sqrt(20 / (100 * 80) + 8 / (80 * 72)));
    expect(curve[1]!.low).toBeCloseTo(0.72 / spread, 12);
    expect(curve[1]!.high).toBeCloseTo(0.72 * spread, 12);
  });

  it('begins and stops where hardly anybody is left', () => {
    expect(curve.map(({ period }) => period)).toEqual([1, 2]);
    expect(survivalCurve([], new Uint8Array(0), new Float64Array(0))).toEqual([]);
  });
});
