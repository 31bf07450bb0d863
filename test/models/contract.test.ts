import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../core/random.js';
import { averageModels } from '../../models/average.js';
import { calibrateModel, fitCalibration } from '../../models/calibrate.js';
import type { CalibrationMethod } from '../../models/calibrate.js';
import type { Frame, Learner, Model } from '../../models/contract.js';
import { modelFromJSON } from '../../models/learners.js';
import { logistic } from '../../models/logistic.js';
import { neural } from '../../models/neural/neural.js';
import { sequence } from '../../models/neural/sequence.js';
import { sigmoid } from '../../models/sigmoid.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import { mixedSample, rowOf } from './frames.js';

interface Contestant {
  readonly name: string;
  fit(frame: Frame, y: Uint8Array, seed: number): Promise<Model>;
  /** How far a sum of contributions may be from the log-odds. */
  readonly tolerance: number;
}

function contestant<Settings>(
  learner: Learner<Settings>,
  settings: Partial<Settings>,
  tolerance: number,
): Contestant {
  const all = { ...learner.defaults, ...settings };
  return {
    name: learner.name,
    tolerance,
    fit: async (frame, y, seed) => learner.fit(frame, y, { settings: all, seed }),
  };
}

const trees = contestant(boostedTrees, { trees: 20, minRowsPerLeaf: 1, minCategoryRows: 1 }, 1e-9);
const line = contestant(logistic, { minCategoryRows: 2 }, 1e-9);
const net = contestant(neural, { hidden: [8], epochs: 3 }, 1e-6);
const steps = contestant(sequence, { hidden: [8], epochs: 3, stepUnits: 4 }, 1e-6);

const average: Contestant = {
  name: 'average of trees and logistic',
  tolerance: 1e-9,
  fit: async (frame, y, seed) =>
    averageModels([await trees.fit(frame, y, seed), await line.fit(frame, y, seed)]),
};

function calibrated(method: CalibrationMethod): Contestant {
  return {
    name: `trees calibrated by ${method}`,
    tolerance: 1e-9,
    fit: async (frame, y, seed) => {
      const model = await trees.fit(frame, y, seed);
      return calibrateModel(model, fitCalibration(method, y, model.predict(frame)));
    },
  };
}

/** Every name with a lag is a step of the sequence learner and a plain number to the others. */
const NAMES = ['amount', 'age', 'category', 'noise', 'amount[-1]', 'amount[-2]'];

/** With gaps, infinities, a category and two steps. */
function sampleOf(rows: number, seed: number): { frame: Frame; y: Uint8Array } {
  const { frame, y } = mixedSample(rows, seed);
  const random = seededRandom(seed);
  const lags = [1, 2].map(() => Float32Array.from({ length: rows }, () => random.normal()));
  const columns = [...frame.columns, ...lags];
  columns[3] = columns[3]!.map((value, row) =>
    row % 40 === 0 ? Infinity : row % 41 === 0 ? -Infinity : value,
  );
  return { frame: { ...frame, names: NAMES, columns }, y };
}

const number = fc.oneof(
  fc.float({ noNaN: true }),
  fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 3.4e38, -3.4e38, 1e-40),
);
const code = fc.oneof(fc.integer({ min: 0, max: 15 }), fc.constantFrom(NaN, -1, 2.5, 9_999, Infinity));
const anyRow = fc.tuple(number, number, code, number, number, number);
const anyFrame = fc.array(anyRow, { minLength: 1, maxLength: 30 }).map((rows): Frame => ({
  rows: rows.length,
  names: NAMES,
  columns: NAMES.map((_, k) => Float32Array.from(rows, (row) => row[k]!)),
  categorical: ['category'],
}));

/** A table that a careless export could give; the labels alternate. */
function table(rows: number, value: (k: number, row: number) => number): Frame {
  const columns = NAMES.map((_, k) => Float32Array.from({ length: rows }, (_none, row) => value(k, row)));
  return { rows, names: NAMES, columns, categorical: ['category'] };
}

const CODE = NAMES.indexOf('category');
const BAD_TABLES: readonly [what: string, frame: Frame][] = [
  ['constant columns', table(60, () => 3)],
  ['empty columns', table(60, () => NaN)],
  ['one empty column beside others', table(60, (k, row) => (k === 0 ? NaN : (row * (k + 3)) % 11))],
  ['infinities only', table(60, (k, row) => (k === CODE ? 0 : row % 3 === 0 ? Infinity : -Infinity))],
  [
    'infinities among numbers',
    table(60, (k, row) => (k !== CODE && row % 7 === 0 ? -Infinity : (row * (k + 3)) % 11)),
  ],
  ['the largest numbers', table(60, (k, row) => (k === CODE ? row % 4 : row % 2 === 0 ? 3.4e38 : -3.4e38))],
  ['three rows', table(3, (k, row) => row + k)],
  ['two rows', table(2, (k, row) => row + k)],
  ['10,000 categories', table(20_000, (k, row) => (k === CODE ? row % 10_000 : (row * (k + 3)) % 1_009))],
  ['a category in every row', table(500, (k, row) => (k === CODE ? row : (row * (k + 3)) % 101))],
];

const CONTESTANTS = [trees, line, net, steps, average, calibrated('platt'), calibrated('isotonic')];

describe.each(CONTESTANTS)('$name', ({ fit, tolerance }) => {
  const train = sampleOf(600, 1);
  let model: Model;
  beforeAll(async () => {
    model = await fit(train.frame, train.y, 1);
  });

  function expectSound(probability: number, row: Float32Array): void {
    expect(probability >= 0 && probability <= 1).toBe(true);
    const contributions = model.explain(row);
    expect(contributions).toHaveLength(NAMES.length + 1);
    expect(contributions.every(Number.isFinite)).toBe(true);
    expectSum(contributions, probability);
  }

  /** Compared as probabilities: log-odds lose their digits where the probability rounds to 0 or 1. */
  function expectSum(contributions: Float64Array, probability: number): void {
    const sum = contributions.reduce((total, part) => total + part, 0);
    const slope = Math.max(probability * (1 - probability), 1e-12);
    expect(Math.abs(sigmoid(sum) - probability)).toBeLessThanOrEqual(tolerance * slope + 1e-15);
  }

  it('predicts a row alone as in a table, bit for bit, whatever it holds', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const alone = Float64Array.from({ length: frame.rows }, (_, row) =>
          model.predictOne(rowOf(frame, row)),
        );
        expect(model.predict(frame)).toEqual(alone);
      }),
    );
  });

  it('explains any row by finite contributions that sum to its log-odds', () => {
    fc.assert(
      fc.property(anyRow, (values) => {
        const row = Float32Array.from(values);
        expectSound(model.predictOne(row), row);
      }),
    );
  });

  it('comes back from JSON as an equal model', () => {
    const again = modelFromJSON(JSON.parse(JSON.stringify(model)));
    expect(JSON.stringify(again)).toBe(JSON.stringify(model));
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(again.predict(frame)).toEqual(model.predict(frame));
        expect(again.explain(rowOf(frame, 0))).toEqual(model.explain(rowOf(frame, 0)));
      }),
      { numRuns: 20 },
    );
  });

  it('is the same model for the same rows and seed, and leaves the rows as they were', async () => {
    const before = JSON.stringify([train.frame.columns.map((column) => [...column]), [...train.y]]);
    const again = await fit(train.frame, train.y, 1);
    expect(JSON.stringify(again)).toBe(JSON.stringify(model));
    expect(JSON.stringify([train.frame.columns.map((column) => [...column]), [...train.y]])).toBe(before);
  });

  it('finds its columns by name, in any order and among others', () => {
    const { frame } = sampleOf(50, 2);
    const moved: Frame = {
      ...frame,
      names: ['other', ...[...frame.names].reverse()],
      columns: [new Float32Array(50).fill(NaN), ...[...frame.columns].reverse()],
    };
    expect(model.predict(moved)).toEqual(model.predict(frame));
    const lacking = { ...frame, names: frame.names.slice(1), columns: frame.columns.slice(1) };
    expect(() => model.predict(lacking)).toThrow(/needs the feature "amount"/);
  });

  it.each(BAD_TABLES)('answers %s with probabilities and finite explanations', async (_what, frame) => {
    const y = Uint8Array.from({ length: frame.rows }, (_, row) => row % 2);
    const fitted = await fit(frame, y, 1);
    const rows = [0, 1, frame.rows - 1].map((row) => rowOf(frame, row));
    for (const row of [...rows, Float32Array.of(NaN, Infinity, 70_000, -Infinity, 0, 1e38)]) {
      const probability = fitted.predictOne(row);
      expect(probability >= 0 && probability <= 1).toBe(true);
      const contributions = fitted.explain(row);
      expect(contributions.every(Number.isFinite)).toBe(true);
      expectSum(contributions, probability);
    }
    expect(fitted.predict(frame).every((p) => p >= 0 && p <= 1)).toBe(true);
  });

  it('refuses rows of one class, and no rows', async () => {
    await expect(fit(train.frame, new Uint8Array(600), 1)).rejects.toMatchObject({ code: 'one-class' });
    const empty = { ...train.frame, rows: 0, columns: NAMES.map(() => new Float32Array(0)) };
    await expect(fit(empty, new Uint8Array(0), 1)).rejects.toMatchObject({ code: 'one-class' });
  });
});
