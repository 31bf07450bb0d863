import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Frame } from '../../models/contract.js';
import { logistic } from '../../models/logistic.js';
import { aucRoc } from '../../models/metrics.js';
import { logit } from '../../models/sigmoid.js';
import { mixedSample, rowOf } from './frames.js';

const line = { ...logistic.defaults, numbers: 'line' as const };

function oneColumn(values: readonly number[]): Frame {
  return { rows: values.length, names: ['x'], columns: [Float32Array.from(values)], categorical: [] };
}

describe('logistic regression', () => {
  it('finds the maximum likelihood of a table that can be solved by hand', () => {
    // Without penalty the fitted rates of the two groups are 1/4 and 3/4: a slope of 2 log 3 on x in {0, 1}.
    const frame = oneColumn([0, 0, 0, 0, 1, 1, 1, 1]);
    const y = Uint8Array.of(0, 0, 0, 1, 0, 1, 1, 1);
    const model = logistic.fit(frame, y, { settings: { ...line, l2: 0 }, seed: 1 });
    expect(model.predictOne(Float32Array.of(0))).toBeCloseTo(0.25, 6);
    expect(model.predictOne(Float32Array.of(1))).toBeCloseTo(0.75, 6);
  });

  it('makes the gradient of the penalised likelihood zero', () => {
    const { frame, y } = mixedSample(500, 1);
    const model = logistic.fit(frame, y, { settings: line, seed: 1 });
    // The bias is not penalised, so predicted and observed positives are equal in number.
    const predicted = model.predict(frame).reduce((sum, p) => sum + p, 0);
    expect(predicted).toBeCloseTo(
      y.reduce((sum, label) => sum + label, 0),
      6,
    );
  });

  it('stays finite where the classes are separated and nothing is penalised', () => {
    const model = logistic.fit(oneColumn([1, 2, 3, 4]), Uint8Array.of(0, 0, 1, 1), {
      settings: { ...line, l2: 0 },
      seed: 1,
    });
    expect(model.predictOne(Float32Array.of(1))).toBeLessThan(0.01);
    expect(model.predictOne(Float32Array.of(4))).toBeGreaterThan(0.99);
  });

  it('ranks unseen rows well and explains them additively', () => {
    const train = mixedSample(3000, 2);
    const test = mixedSample(1500, 3);
    const model = logistic.fit(train.frame, train.y, { settings: logistic.defaults, seed: 1 });
    expect(aucRoc(test.y, model.predict(test.frame))).toBeGreaterThan(0.83);
    for (let row = 0; row < 50; row++) {
      const values = rowOf(test.frame, row);
      const sum = model.explain(values).reduce((total, part) => total + part, 0);
      expect(Math.abs(sum - logit(model.predictOne(values)))).toBeLessThan(1e-9);
    }
  });

  it('bends where bins are asked for and the risk is not monotone', () => {
    const values = Array.from({ length: 2000 }, (_, i) => (i % 100) / 100);
    const y = Uint8Array.from(values, (value, i) =>
      value > 0.3 && value < 0.6 ? Number(i % 10 !== 0) : Number(i % 10 === 0),
    );
    const auc = (numbers: 'line' | 'line-and-bins'): number => {
      const model = logistic.fit(oneColumn(values), y, {
        settings: { ...logistic.defaults, numbers },
        seed: 1,
      });
      return aucRoc(y, model.predict(oneColumn(values)));
    };
    expect(auc('line')).toBeLessThan(0.65);
    expect(auc('line-and-bins')).toBeGreaterThan(0.8);
  });

  it('survives a round trip through JSON and refuses a damaged document', () => {
    const { frame, y } = mixedSample(400, 4);
    const model = logistic.fit(frame, y, { settings: logistic.defaults, seed: 1 });
    const json = JSON.parse(JSON.stringify(model)) as { weights: number[] };
    const again = logistic.fromJSON(json);
    expect(JSON.stringify(again)).toBe(JSON.stringify(model));
    expect(again.predict(frame)).toEqual(model.predict(frame));
    expect(() => logistic.fromJSON({ ...json, weights: [] })).toThrow(/no logistic model/);
  });

  it('predicts a probability, never NaN, on any table of two classes', () => {
    const value = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(NaN, Infinity, -Infinity, 0, 1));
    const table = fc.array(fc.tuple(value, value, fc.integer({ min: 0, max: 4 }), fc.boolean()), {
      minLength: 3,
      maxLength: 60,
    });
    fc.assert(
      fc.property(table, (rows) => {
        const y = Uint8Array.from(rows, (row, i) => (i === 0 ? 1 : i === 1 ? 0 : Number(row[3])));
        const columns = [0, 1, 2].map((k) => Float32Array.from(rows, (row) => Number(row[k])));
        const frame: Frame = { rows: rows.length, names: ['a', 'b', 'c'], columns, categorical: ['c'] };
        const model = logistic.fit(frame, y, {
          settings: { ...logistic.defaults, minCategoryRows: 2 },
          seed: 1,
        });
        const wild = { ...frame, columns: columns.map((column) => column.map((x) => x * 1e6)) };
        for (const p of [...model.predict(frame), ...model.predict(wild)])
          expect(p >= 0 && p <= 1).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
