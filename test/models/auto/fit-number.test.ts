import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { fitNumber } from '../../../models/auto/fit-number.js';
import type { NumberRequest } from '../../../models/auto/fit-number.js';
import type { TrainingPart } from '../../../models/auto/training-part.js';

const request: NumberRequest = { objective: 'squared', quantile: 0.5, seed: 1 };

/** The target is a square with noise as wide as the second column. */
function sample(rows: number, seed: number): { part: TrainingPart; target: Float64Array } {
  const random = seededRandom(seed);
  const columns = [0, 1].map(() => Float32Array.from({ length: rows }, () => random.unit()));
  const [x, width] = columns as [Float32Array, Float32Array];
  const target = Float64Array.from(x, (value, row) => 10 * value ** 2 + width[row]! * random.normal());
  const y = Uint8Array.from(target, (value) => Number(value > 2.5));
  return { part: { frame: { rows, names: ['x', 'width'], columns, categorical: [] }, y }, target };
}

describe('trees for a number', () => {
  it('predict the mean of rows they have not seen, nearly as well as the noise allows', () => {
    const { part, target } = sample(1500, 1);
    const { model, chosen } = fitNumber(part, target, request);
    const fresh = sample(1000, 2);
    const p = model.predict(fresh.part.frame);
    const mse = fresh.target.reduce((sum, value, row) => sum + (value - p[row]!) ** 2, 0) / p.length;
    expect(mse).toBeLessThan(0.45); // The noise alone has 1/3.
    expect(chosen).toMatch(/^\d+ boosted trees/);
  });

  it('predict the quantile that is asked for', () => {
    const { part, target } = sample(2000, 3);
    const { model } = fitNumber(part, target, { ...request, objective: 'quantile', quantile: 0.9 });
    const fresh = sample(2000, 4);
    const p = model.predict(fresh.part.frame);
    const covered = fresh.target.filter((value, row) => value <= p[row]!).length / p.length;
    expect(Math.abs(covered - 0.9)).toBeLessThan(0.05);
  });

  it('rise with a feature that they are told to rise with', () => {
    const { part, target } = sample(400, 5);
    const { model } = fitNumber(part, target, { ...request, trees: { monotone: { x: 1 } } });
    const line = Array.from({ length: 50 }, (_, k) => model.predictOne(Float32Array.of(k / 50, 0.5)));
    expect(line.every((value, k) => k === 0 || value >= line[k - 1]!)).toBe(true);
  });

  it('answer three rows with finite numbers', () => {
    const { part, target } = sample(3, 6);
    const { model } = fitNumber(part, target, request);
    expect(model.predict(part.frame).every(Number.isFinite)).toBe(true);
  });
});
