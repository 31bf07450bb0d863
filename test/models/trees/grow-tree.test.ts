import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Frame } from '../../../models/contract.js';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import type { BoostedTreesSettings } from '../../../models/trees/boosted-trees.js';
import { mixedSample } from '../frames.js';

const small = { ...boostedTrees.defaults, trees: 12, learningRate: 0.2 };

function artefact(frame: Frame, y: Uint8Array, settings: BoostedTreesSettings): string {
  return JSON.stringify(boostedTrees.fit(frame, y, { settings, seed: 5 }));
}

describe('growing trees', () => {
  it('gives the same artefact for one and three threads, sampled or not', () => {
    const { frame, y } = mixedSample(130_000, 1); // Long enough to be worth starting them.
    for (const rate of [1, 0.6]) {
      const settings = { ...small, trees: 100, rowSubsample: rate, columnSubsample: rate };
      expect(artefact(frame, y, { ...settings, threads: 3 })).toBe(artefact(frame, y, settings));
    }
  });

  it('refuses a number of threads that cannot be started', () => {
    const { frame, y } = mixedSample(100, 1);
    for (const threads of [0, 1.5, 99, NaN])
      expect(() => artefact(frame, y, { ...small, threads })).toThrow(/threads is from 1 to/);
  });

  it('splits a stump where exact sums in doubles say, missing values on their better side', () => {
    const row = fc.tuple(
      fc.oneof(fc.constant(NaN), fc.integer({ min: 0, max: 9 })),
      fc.integer({ min: 0, max: 4 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 20, maxLength: 120 }), (rows) => {
        const y = Uint8Array.from(rows, (values) => Number(values[2]));
        fc.pre(y.includes(0) && y.includes(1));
        const columns = [0, 1].map((k) => Float32Array.from(rows, (values) => Number(values[k])));
        const frame: Frame = { rows: rows.length, names: ['a', 'b'], columns, categorical: [] };
        const settings = {
          ...small,
          trees: 1,
          maxLeaves: 2,
          minRowsPerLeaf: 3,
          rowSubsample: 1,
          columnSubsample: 1,
        };
        const model = boostedTrees.fit(frame, y, { settings, seed: 1 });
        const best = bestStumpGain(columns, y, settings);
        const sides = splitOf(model.predict(frame));
        if (best < 1e-4) return;
        expect(gainOf(sides, y, settings)).toBeGreaterThan(best * (1 - 1e-5));
      }),
      { numRuns: 200 },
    );
  });

  it('takes a column of 10,000 categories, and three rows', () => {
    const rows = 12_000;
    const codes = Float32Array.from({ length: rows }, (_, at) => at % 10_000);
    const y = Uint8Array.from({ length: rows }, (_, at) => at % 2);
    const many: Frame = { rows, names: ['code'], columns: [codes], categorical: ['code'] };
    const three: Frame = { ...many, rows: 3, columns: [Float32Array.of(1, 2, NaN)] };
    for (const [frame, target] of [
      [many, y],
      [three, Uint8Array.of(0, 1, 1)],
    ] as const) {
      for (const minRowsPerLeaf of [1, 20]) {
        const settings = { ...small, minRowsPerLeaf, minCategoryRows: 1, l2: 0, minChildWeight: 0 };
        const model = boostedTrees.fit(frame, target, { settings, seed: 1 });
        expect(model.predict(frame).every((p) => p > 0 && p < 1)).toBe(true);
        expect(boostedTrees.fromJSON(JSON.parse(JSON.stringify(model))).treeCount).toBe(model.treeCount);
      }
    }
  });
});

/** Twice the loss saved when these rows are parted, at the constant start. */
function gainOf(left: readonly boolean[], y: Uint8Array, { l2 }: BoostedTreesSettings): number {
  const p = y.reduce((sum, label) => sum + label, 0) / y.length;
  const score = (keep: (at: number) => boolean): number => {
    let [g, h] = [0, 0];
    for (let at = 0; at < y.length; at++) {
      if (!keep(at)) continue;
      g += p - y[at]!;
      h += p * (1 - p);
    }
    return (g * g) / (h + l2);
  };
  return score((at) => left[at]!) + score((at) => !left[at]!) - score(() => true);
}

function splitOf(predictions: Float64Array): boolean[] {
  return Array.from(predictions, (value) => value === predictions[0]);
}

/** Tries every threshold of every column with the missing rows on either side. */
function bestStumpGain(
  columns: readonly Float32Array[],
  y: Uint8Array,
  settings: BoostedTreesSettings,
): number {
  let best = 0;
  for (const column of columns) {
    for (let edge = -0.5; edge < 10; edge++) {
      for (const missing of [true, false]) {
        const left = Array.from(column, (value) => (Number.isNaN(value) ? missing : value <= edge));
        const rows = left.filter(Boolean).length;
        if (Math.min(rows, left.length - rows) < settings.minRowsPerLeaf) continue;
        best = Math.max(best, gainOf(left, y, settings));
      }
    }
  }
  return best;
}
