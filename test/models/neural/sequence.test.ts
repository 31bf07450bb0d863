import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import type { Frame } from '../../../models/contract.js';
import { modelFromJSON } from '../../../models/learners.js';
import { aucRoc } from '../../../models/metrics.js';
import { neural } from '../../../models/neural/neural.js';
import { sequence, type SequenceSettings } from '../../../models/neural/sequence.js';
import { logit } from '../../../models/sigmoid.js';
import { rowOf } from '../frames.js';

const LAGS = 4;

/** The target is 1 when any of the steps with the row's own key had a large amount: a question for attention. */
function lookedUp(rows: number, seed: number): { frame: Frame; y: Uint8Array } {
  const random = seededRandom(seed);
  const key = Float32Array.from({ length: rows }, () => random.below(2));
  const keys = Array.from({ length: LAGS }, () => Float32Array.from(key, () => random.below(2)));
  const amounts = Array.from({ length: LAGS }, () => Float32Array.from(key, () => random.normal()));
  // Short histories: older steps are missing.
  key.forEach((_, row) => {
    const length = 1 + random.below(LAGS);
    for (let lag = length; lag < LAGS; lag++) keys[lag]![row] = amounts[lag]![row] = NaN;
  });
  const y = Uint8Array.from(key, (own, row) =>
    Number(keys.some((column, lag) => column[row] === own && amounts[lag]![row]! > 1)),
  );
  const lags = Array.from({ length: LAGS }, (_, lag) => lag);
  return {
    frame: {
      rows,
      names: ['key', ...lags.map((lag) => `key[-${lag + 1}]`), ...lags.map((lag) => `amount[-${lag + 1}]`)],
      columns: [key, ...keys, ...amounts],
      categorical: ['key'],
    },
    y,
  };
}

const tiny: SequenceSettings = {
  ...sequence.defaults,
  ...{ hidden: [16], stepUnits: 12, epochs: 16, batchRows: 64, learningRate: 0.01 },
};

describe('the sequence learner', () => {
  const { frame, y } = lookedUp(1800, 1);
  const test = lookedUp(1000, 2);

  it('finds the steps that the row asks for', async () => {
    const model = await sequence.fit(frame, y, { settings: tiny, seed: 1 });
    const flat = await neural.fit(frame, y, { settings: { ...tiny, hidden: [16] }, seed: 1 });
    const auc = aucRoc(test.y, model.predict(test.frame));
    expect(auc).toBeGreaterThan(0.93);
    expect(auc).toBeGreaterThan(aucRoc(test.y, flat.predict(test.frame)));
  });

  it('predicts one row as a table, survives JSON and explains what sums to the log-odds', async () => {
    const model = await sequence.fit(frame, y, { settings: { ...tiny, epochs: 2 }, seed: 1 });
    const expected = model.predict(test.frame);
    expect(modelFromJSON(JSON.parse(JSON.stringify(model.toJSON()))).predict(test.frame)).toEqual(expected);
    for (let row = 0; row < 50; row++) {
      const values = rowOf(test.frame, row);
      expect(model.predictOne(values)).toBe(expected[row]);
      const sum = model.explain(values).reduce((total, part) => total + part, 0);
      expect(Math.abs(sum - logit(expected[row]!))).toBeLessThan(1e-6);
    }
  });

  it('needs steps, the same for every name, and numbers', async () => {
    const without = (gone: string) => {
      const kept = frame.names.filter((name) => name !== gone);
      return {
        ...frame,
        names: kept,
        columns: kept.map((name) => frame.columns[frame.names.indexOf(name)]!),
      };
    };
    const fit = (rows: Frame) => sequence.fit(rows, y, { settings: tiny, seed: 1 });
    const bare = { ...frame, names: ['key'], columns: [frame.columns[0]!] };
    await expect(fit(bare)).rejects.toMatchObject({ code: 'no-steps' });
    await expect(fit(without('key[-3]'))).rejects.toMatchObject({ code: 'uneven-steps' });
    await expect(fit({ ...frame, categorical: ['key', 'key[-1]'] })).rejects.toMatchObject({
      code: 'uneven-steps',
    });
  });

  it('stays finite where all steps are missing, or the same', async () => {
    for (const same of [NaN, 0, Infinity]) {
      const empty = {
        ...frame,
        columns: frame.columns.map((column, k) => (k === 0 ? column : column.map(() => same))),
      };
      const model = await sequence.fit(empty, y, { settings: { ...tiny, epochs: 1 }, seed: 1 });
      expect(model.explain(rowOf(frame, 0)).every(Number.isFinite)).toBe(true);
    }
  });
});
