import { describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { seededRandom } from '../../core/random.js';
import { evaluateNumber } from '../../models/evaluate-number.js';
import type { NumberEvaluationRequest } from '../../models/evaluate-number.js';
import type { NumberTable } from '../../models/table.js';

const request: NumberEvaluationRequest = {
  objective: 'squared',
  quantile: 0.5,
  folds: 2,
  repeats: 1,
  seed: 1,
  clock: manualClock(0),
};

function table(rows: number, seed: number): NumberTable {
  const random = seededRandom(seed);
  const x = Float32Array.from({ length: rows }, () => random.normal());
  const y = Float64Array.from(x, (value) => 3 * value + random.normal() + 1e6);
  const frame = { rows, names: ['x'], columns: [x], categorical: [] };
  return { frame, y, time: null, group: null, weights: null, notes: [] };
}

describe('judging predictions of a number', () => {
  it('beats the mean on rows it has not seen, with intervals around the scores', () => {
    const result = evaluateNumber(table(600, 1), request);
    expect(result.r2).toBeGreaterThan(0.8); // The noise leaves 0.9.
    expect(result.baseline.r2).toBeLessThanOrEqual(0);
    expect(result.rmse).toBeLessThan(result.baseline.rmse / 2);
    expect(result.interval.rmse.low).toBeLessThan(result.rmse);
    expect(result.interval.rmse.high).toBeGreaterThan(result.rmse);
    expect([result.splits, result.trainRows, result.testRows]).toEqual([2, 300, 300]);
  });

  it('judges a quantile beside the constant quantile', () => {
    const result = evaluateNumber(table(800, 2), { ...request, objective: 'quantile', quantile: 0.8 });
    expect(Math.abs(result.coverage - 0.8)).toBeLessThan(0.06);
    expect(Math.abs(result.baseline.coverage - 0.8)).toBeLessThan(0.03);
    expect(result.pinball).toBeLessThan(result.baseline.pinball);
  });

  it('draws whole groups for its intervals, and splits in time', () => {
    const original = table(200, 3);
    const group = Int32Array.from({ length: 200 }, (_, row) => row >> 1);
    const at = Float64Array.from({ length: 200 }, (_, row) => row);
    const result = evaluateNumber({ ...original, group, time: { at, testFrom: 150 } }, request);
    expect([result.splits, result.trainRows, result.testRows]).toEqual([1, 150, 50]);
  });

  it('finds nothing to explain in nearly constant labels, without a NaN', () => {
    const original = table(40, 4);
    const y = new Float64Array(40).map((_, row) => Number(row === 0));
    const result = evaluateNumber({ ...original, y }, request);
    const numbers = [result.rmse, result.mae, result.pinball, result.r2, ...Object.values(result.baseline)];
    expect(numbers.every(Number.isFinite)).toBe(true);
  });

  it('refuses fewer rows than the folds need', () => {
    expect(() => evaluateNumber(table(3, 5), request)).toThrow(/3 labelled rows, too few for 2 folds/);
  });
});
