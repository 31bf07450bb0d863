import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import type { Frame } from '../../../models/contract.js';
import { aucRoc, logLoss } from '../../../models/metrics.js';
import { logit } from '../../../models/sigmoid.js';
import { mixedSample, rowOf } from '../frames.js';

const small = { ...boostedTrees.defaults, trees: 40, learningRate: 0.1 };

describe('boosted trees', () => {
  it('rank unseen rows far better than chance and keep their probabilities calibrated', () => {
    const train = mixedSample(4000, 1);
    const test = mixedSample(2000, 2);
    const model = boostedTrees.fit(train.frame, train.y, { settings: small, seed: 7 });
    const probabilities = model.predict(test.frame);
    expect(aucRoc(test.y, probabilities)).toBeGreaterThan(0.82);
    expect(logLoss(test.y, probabilities)).toBeLessThan(0.52);
    const mean = probabilities.reduce((sum, p) => sum + p, 0) / test.frame.rows;
    expect(mean).toBeCloseTo(test.y.reduce((sum, label) => sum + label, 0) / test.frame.rows, 1);
  });

  it('give the same artefact for the same seed and another one for another', () => {
    const { frame, y } = mixedSample(600, 3);
    const artefact = (seed: number): string =>
      JSON.stringify(boostedTrees.fit(frame, y, { settings: small, seed }));
    expect(artefact(5)).toBe(artefact(5));
    expect(artefact(5)).not.toBe(artefact(6));
  });

  it('survive a round trip through JSON bit for bit', () => {
    const { frame, y } = mixedSample(800, 4);
    const model = boostedTrees.fit(frame, y, { settings: small, seed: 1 });
    const text = JSON.stringify(model);
    const again = boostedTrees.fromJSON(JSON.parse(text));
    expect(JSON.stringify(again)).toBe(text);
    expect(again.predict(frame)).toEqual(model.predict(frame));
    expect(again.explain(rowOf(frame, 3))).toEqual(model.explain(rowOf(frame, 3)));
  });

  it('explain a row by contributions that sum to its log-odds', () => {
    const { frame, y } = mixedSample(800, 5);
    const model = boostedTrees.fit(frame, y, { settings: small, seed: 1 });
    for (let row = 0; row < 100; row++) {
      const values = rowOf(frame, row);
      const sum = model.explain(values).reduce((total, part) => total + part, 0);
      expect(Math.abs(sum - logit(model.predictOne(values)))).toBeLessThan(1e-9);
    }
  });

  it('find the optimal two-way grouping of unordered categories in one split', () => {
    const rows = 1000;
    const codes = Float32Array.from({ length: rows }, (_, row) => row % 10);
    const frame: Frame = { rows, names: ['code'], columns: [codes], categorical: ['code'] };
    const y = Uint8Array.from(codes, (code) => ([1, 4, 6, 9].includes(code) ? 1 : 0));
    const settings = { ...small, trees: 60, maxLeaves: 2, rowSubsample: 1, learningRate: 0.3 };
    const model = boostedTrees.fit(frame, y, { settings, seed: 1 });
    const expected = [...Array(10).keys()].map((code) => [1, 4, 6, 9].includes(code));
    expect(expected.map((_, code) => model.predictOne(Float32Array.of(code)) > 0.9)).toEqual(expected);
  });

  it('send an unseen category and a missing value the same way', () => {
    const { frame, y } = mixedSample(800, 6);
    const model = boostedTrees.fit(frame, y, { settings: small, seed: 1 });
    const at = (category: number): number => model.predictOne(Float32Array.of(0.2, 5, category, 0.5));
    expect(at(9999)).toBe(at(NaN));
    expect(at(-1)).toBe(at(NaN));
    expect(at(2.5)).toBe(at(NaN));
  });

  it('learn from missingness alone', () => {
    const rows = 400;
    const column = Float32Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? NaN : 1));
    const y = Uint8Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 1 : 0));
    const frame: Frame = { rows, names: ['only'], columns: [column], categorical: [] };
    const model = boostedTrees.fit(frame, y, { settings: small, seed: 1 });
    const again = boostedTrees.fromJSON(JSON.parse(JSON.stringify(model)));
    expect(again.predictOne(Float32Array.of(NaN))).toBeGreaterThan(0.9);
    expect(again.predictOne(Float32Array.of(1))).toBeLessThan(0.1);
  });

  it('stop early at the best round of the validation block', () => {
    const { frame } = mixedSample(400, 8);
    const coin = Uint8Array.from({ length: 400 }, (_, row) => row % 2);
    const validation = mixedSample(400, 9);
    const settings = { ...small, trees: 200, earlyStoppingRounds: 5 };
    const rounds: number[] = [];
    const onProgress = (done: number): number => rounds.push(done);
    boostedTrees.fit(frame, coin, { settings, seed: 1, validation, onProgress });
    expect(rounds.length).toBeLessThan(50);
  });

  it('keep constant and empty columns among the feature names without using them', () => {
    const { frame, y } = mixedSample(400, 10);
    const extra = [new Float32Array(400).fill(3), new Float32Array(400).fill(NaN)];
    const wide = {
      ...frame,
      names: [...frame.names, 'constant', 'empty'],
      columns: [...frame.columns, ...extra],
    };
    const model = boostedTrees.fit(wide, y, { settings: small, seed: 1 });
    expect(model.featureNames).toHaveLength(6);
    const contributions = model.explain(rowOf(wide, 0));
    expect([contributions[4], contributions[5]]).toEqual([0, 0]);
  });

  it('answer the base rate when no column can split', () => {
    const frame: Frame = {
      rows: 4,
      names: ['constant'],
      columns: [new Float32Array(4).fill(1)],
      categorical: [],
    };
    const model = boostedTrees.fit(frame, Uint8Array.of(0, 0, 0, 1), { settings: small, seed: 1 });
    expect(model.predictOne(Float32Array.of(1))).toBeCloseTo(0.25, 1);
  });

  it('refuse a target of one class, and no rows', () => {
    const { frame } = mixedSample(50, 11);
    expect(() => boostedTrees.fit(frame, new Uint8Array(50), { settings: small, seed: 1 })).toThrow(
      /50 rows of class 0 only/,
    );
    const empty: Frame = { rows: 0, names: [], columns: [], categorical: [] };
    expect(() => boostedTrees.fit(empty, new Uint8Array(0), { settings: small, seed: 1 })).toThrow(/no rows/);
  });

  it('refuse a damaged artefact', () => {
    const { frame, y } = mixedSample(100, 12);
    const json = JSON.parse(JSON.stringify(boostedTrees.fit(frame, y, { settings: small, seed: 1 }))) as {
      right: number[];
    };
    json.right = json.right.map(() => 0);
    expect(() => boostedTrees.fromJSON(json)).toThrow(/no boosted-trees model/);
  });

  it('weigh a row twice as they would see it twice', () => {
    const { frame, y } = mixedSample(300, 13);
    const settings = { ...small, rowSubsample: 1, columnSubsample: 1, trees: 10 };
    const twiceRows = { ...settings, minRowsPerLeaf: 40, minCategoryRows: 40 };
    const twice = {
      ...frame,
      rows: 600,
      columns: frame.columns.map((column) => Float32Array.from([...column, ...column])),
    };
    const doubled = boostedTrees.fit(twice, Uint8Array.from([...y, ...y]), { settings: twiceRows, seed: 1 });
    const weighted = boostedTrees.fit(frame, y, {
      settings,
      seed: 1,
      weights: new Float32Array(300).fill(2),
    });
    weighted.predict(frame).forEach((p, row) => expect(p).toBeCloseTo(doubled.predict(frame)[row]!, 6));
  });
});

describe('boosted trees on any table', () => {
  const value = fc.oneof(
    fc.float({ noNaN: true }),
    fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1),
    fc.integer({ min: 0, max: 5 }),
  );

  it('predict a probability, never NaN, whatever finite, infinite or missing values the columns hold', () => {
    const table = fc.array(fc.tuple(value, value, fc.integer({ min: 0, max: 6 }), fc.boolean()), {
      minLength: 3,
      maxLength: 80,
    });
    fc.assert(
      fc.property(table, (rows) => {
        const y = Uint8Array.from(rows, (row, i) => (i === 0 ? 1 : i === 1 ? 0 : Number(row[3])));
        const columns = [0, 1, 2].map((k) => Float32Array.from(rows, (row) => Number(row[k])));
        const frame: Frame = { rows: rows.length, names: ['a', 'b', 'c'], columns, categorical: ['c'] };
        const settings = { ...small, trees: 5, minRowsPerLeaf: 1, minCategoryRows: 1 };
        const model = boostedTrees.fit(frame, y, { settings, seed: 1 });
        const probabilities = model.predict(frame);
        probabilities.forEach((p, row) => {
          expect(p > 0 && p < 1).toBe(true);
          expect(model.predictOne(rowOf(frame, row))).toBe(p);
        });
      }),
      { numRuns: 60 },
    );
  });
});
