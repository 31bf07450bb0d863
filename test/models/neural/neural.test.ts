import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../core/random.js';
import type { Frame } from '../../../models/contract.js';
import { modelFromJSON } from '../../../models/learners.js';
import { logistic } from '../../../models/logistic.js';
import { aucRoc, logLoss } from '../../../models/metrics.js';
import { neural, type NeuralSettings } from '../../../models/neural/neural.js';
import { logit } from '../../../models/sigmoid.js';
import { mixedSample, rowOf } from '../frames.js';

const tiny: NeuralSettings = { ...neural.defaults, hidden: [16], epochs: 8, batchRows: 64 };

describe('the neural learner', () => {
  const { frame, y } = mixedSample(1200, 1);
  const test = mixedSample(1000, 2);

  it('learns numbers, gaps and categories as well as the generator allows', async () => {
    const model = await neural.fit(frame, y, { settings: { ...neural.defaults, epochs: 15 }, seed: 1 });
    const line = logistic.fit(frame, y, { settings: logistic.defaults, seed: 1 });
    expect(model.backend).toBe('wasm');
    expect(logLoss(test.y, model.predict(test.frame))).toBeLessThan(
      logLoss(test.y, line.predict(test.frame)) + 0.02,
    );
  });

  it('learns what no sum of features can say', async () => {
    const random = seededRandom(3);
    const rows = 1500;
    const columns = [0, 1].map(() => Float32Array.from({ length: rows }, () => random.normal()));
    const parity = Uint8Array.from({ length: rows }, (_, row) =>
      Number(columns[0]![row]! * columns[1]![row]! > 0),
    );
    const crossed: Frame = { rows, names: ['a', 'b'], columns, categorical: [] };
    const model = await neural.fit(crossed, parity, {
      settings: { ...tiny, epochs: 20, learningRate: 0.02 },
      seed: 1,
    });
    expect(aucRoc(parity, model.predict(crossed))).toBeGreaterThan(0.97);
  });

  it('gives the same model for the same seed, and another for another', async () => {
    const fit = async (seed: number) =>
      JSON.stringify((await neural.fit(frame, y, { settings: tiny, seed })).toJSON());
    const first = await fit(1);
    expect(await fit(1)).toBe(first);
    expect(await fit(2)).not.toBe(first);
  });

  it('predicts one row as it predicts a table, also after a round trip through JSON and with columns moved', async () => {
    const model = await neural.fit(frame, y, { settings: tiny, seed: 1 });
    const again = modelFromJSON(JSON.parse(JSON.stringify(model.toJSON())));
    const expected = model.predict(test.frame);
    expect(again.predict(test.frame)).toEqual(expected);
    expect(again.toJSON()).toEqual(model.toJSON());
    const moved = {
      ...test.frame,
      names: [...test.frame.names].reverse(),
      columns: [...test.frame.columns].reverse(),
    };
    expect(model.predict(moved)).toEqual(expected);
    for (let row = 0; row < 200; row++) expect(model.predictOne(rowOf(test.frame, row))).toBe(expected[row]);
  });

  it('explains by contributions that sum to the log-odds', async () => {
    const model = await neural.fit(frame, y, { settings: { ...tiny, hidden: [16, 8] }, seed: 1 });
    const sizes = new Float64Array(4);
    for (let row = 0; row < 200; row++) {
      const values = rowOf(test.frame, row);
      const contributions = model.explain(values);
      const sum = contributions.reduce((total, part) => total + part, 0);
      expect(Math.abs(sum - logit(model.predictOne(values)))).toBeLessThan(1e-6);
      sizes.forEach((_, k) => (sizes[k]! += Math.abs(contributions[k]!)));
    }
    const [amount, , category, noise] = sizes;
    expect(amount).toBeGreaterThan(3 * noise!);
    expect(category).toBeGreaterThan(noise!);
  });

  it('stops where held-out rows stop gaining, given or not', async () => {
    const settings = { ...tiny, epochs: 40, patience: 1, learningRate: 0.05 };
    const alone = await neural.fit(frame, y, { settings, seed: 1 });
    const watched = await neural.fit(frame, y, { settings, seed: 1, validation: test });
    expect(alone.epochs).toBeLessThan(40);
    expect(watched.epochs).toBeLessThan(40);
    expect(
      (await neural.fit(frame, y, { settings: { ...tiny, patience: 0, epochs: 3 }, seed: 1 })).epochs,
    ).toBe(3);
  });

  it('heeds the weights of rows and of the positive class', async () => {
    const mean = (values: Float64Array) => values.reduce((sum, p) => sum + p, 0) / values.length;
    const weights = Float32Array.from(y, (label) => (label === 1 ? 5 : 1));
    const plain = await neural.fit(frame, y, { settings: tiny, seed: 1 });
    const weighted = await neural.fit(frame, y, { settings: tiny, seed: 1, weights });
    const positive = await neural.fit(frame, y, { settings: { ...tiny, positiveWeight: 5 }, seed: 1 });
    expect(mean(weighted.predict(frame))).toBeGreaterThan(mean(plain.predict(frame)) + 0.1);
    expect(positive.predict(frame)).toEqual(weighted.predict(frame));
  });

  it('reports its progress up to the end', async () => {
    const seen: number[] = [];
    await neural.fit(frame, y, {
      settings: { ...tiny, patience: 0 },
      seed: 1,
      onProgress: (done, total) => seen.push(done / total),
    });
    expect(seen.length).toBeGreaterThan(10);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  it('refuses one class, settings that cannot be meant and a rate that diverges', async () => {
    const fit = (labels: Uint8Array, settings: Partial<NeuralSettings>) =>
      neural.fit(frame, labels, { settings: { ...tiny, ...settings }, seed: 1 });
    await expect(fit(new Uint8Array(frame.rows), {})).rejects.toMatchObject({ code: 'one-class' });
    await expect(fit(y, { dropout: 1 })).rejects.toMatchObject({ code: 'bad-settings' });
    await expect(fit(y, { hidden: [0] })).rejects.toMatchObject({ code: 'bad-settings' });
    await expect(fit(y, { learningRate: 1e30, weightDecay: 0 })).rejects.toMatchObject({ code: 'diverged' });
  });

  it('refuses JSON that is no net', async () => {
    const json = (
      await neural.fit(frame, y, { settings: { ...tiny, epochs: 1 }, seed: 1 })
    ).toJSON() as object;
    const broken = [
      { parameters: 'AAAA' },
      { means: 3 },
      { inputs: null },
      { featureNames: ['a'] },
      { hidden: [3] },
    ];
    for (const change of broken) {
      expect(() => neural.fromJSON({ ...json, ...change })).toThrow(/no neural model/);
    }
    expect(() => neural.fromJSON(null)).toThrow(/no neural model/);
  });

  it('answers a probability for any table: constant, empty or infinite columns, three rows, codes never seen', async () => {
    const value = fc.oneof(
      fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 3.4e38, 1e-38),
      fc.float({ noNaN: true }),
      fc.integer({ min: -5, max: 5 }),
    );
    const column = fc.oneof(
      fc.constantFrom(0, NaN, Infinity).map((same) => () => same),
      fc.func(value),
    );
    const table = fc
      .tuple(fc.integer({ min: 3, max: 30 }), fc.array(column, { minLength: 1, maxLength: 5 }))
      .map(([rows, columns]) => ({
        rows,
        names: columns.map((_, k) => `c${k}`),
        columns: columns.map((read) => Float32Array.from({ length: rows }, (_, row) => read(row))),
        categorical: ['c1', 'c3'].filter((_, k) => columns.length > 2 * k + 1),
      }));
    await fc.assert(
      fc.asyncProperty(table, table, async (train, other) => {
        const labels = Uint8Array.from({ length: train.rows }, (_, row) => row % 2);
        const model = await neural.fit(train, labels, {
          settings: { ...tiny, hidden: [3], epochs: 2 },
          seed: 1,
        });
        const rows = [rowOf(train, 0), train.columns.map((_, k) => other.columns[k]?.[0] ?? NaN)];
        for (const row of rows.map((values) => Float32Array.from(values))) {
          expect(model.predictOne(row)).toBeGreaterThan(0);
          expect(model.predictOne(row)).toBeLessThan(1);
          expect(model.explain(row).every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('folds ten thousand categories into those with rows enough', async () => {
    const random = seededRandom(5);
    const codes = Float32Array.from({ length: 3000 }, () =>
      random.unit() < 0.5 ? random.below(3) : random.below(10_000),
    );
    const labels = Uint8Array.from(codes, (code) => Number(random.unit() < (code === 0 ? 0.9 : 0.2)));
    const many: Frame = { rows: 3000, names: ['code'], columns: [codes], categorical: ['code'] };
    const model = await neural.fit(many, labels, { settings: tiny, seed: 1 });
    const [risky, safe, unseen] = [0, 1, 123_456].map((code) => model.predictOne(Float32Array.of(code)));
    expect(risky).toBeGreaterThan(0.7);
    expect(safe).toBeLessThan(0.35);
    expect(unseen).toBeLessThan(0.35);
    expect(JSON.stringify(model.toJSON()).length).toBeLessThan(10_000);
  });
});
