import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../core/random.js';
import type { Frame } from '../../../models/contract.js';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import type { BoostedTreesSettings } from '../../../models/trees/boosted-trees.js';
import { leafGridOf, roundToGrid, weightedQuantile } from '../../../models/trees/objective.js';
import { mixedSample, rowOf } from '../frames.js';

const small = { ...boostedTrees.defaults, trees: 60, learningRate: 0.1 };

/** y = 10 x + noise of a width that grows with x. */
function fanSample(rows: number, seed: number): { frame: Frame; y: Float64Array } {
  const random = seededRandom(seed);
  const x = Float32Array.from({ length: rows }, () => random.unit());
  const y = Float64Array.from(x, (value) => 10 * value + (random.unit() - 0.5) * value);
  return { frame: { rows, names: ['x'], columns: [x], categorical: [] }, y };
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('squared loss', () => {
  it('predicts the number itself, far closer than the mean does, at any scale', () => {
    for (const scale of [1e-12, 1, 1e30]) {
      const train = fanSample(2000, 1);
      const test = fanSample(500, 2);
      const settings: BoostedTreesSettings = { ...small, objective: 'squared' };
      const target = train.y.map((value) => value * scale);
      const model = boostedTrees.fit(train.frame, target, { settings, seed: 1 });
      const errors = model.predict(test.frame).map((value, row) => (value / scale - test.y[row]!) ** 2);
      expect(meanOf(errors)).toBeLessThan(0.15);
      const again = boostedTrees.fromJSON(JSON.parse(JSON.stringify(model)));
      expect(again.predict(test.frame)).toEqual(model.predict(test.frame));
    }
  });

  it('weighs rows: without weight a row has no say', () => {
    const { frame, y } = fanSample(1000, 3);
    const spoiled = y.map((value, row) => (row % 2 === 0 ? value : 1000));
    const weights = Float32Array.from(y, (_, row) => (row % 2 === 0 ? 3 : 0));
    const settings: BoostedTreesSettings = { ...small, objective: 'squared' };
    const model = boostedTrees.fit(frame, spoiled, { settings, seed: 1, weights });
    const errors = model.predict(frame).map((value, row) => (value - y[row]!) ** 2);
    expect(meanOf(errors)).toBeLessThan(0.3);
  });

  it('stops early by its own loss', () => {
    const { frame } = fanSample(300, 4);
    const random = seededRandom(5);
    const noise = Float64Array.from({ length: 300 }, () => random.normal());
    const validation = { frame, y: Float64Array.from({ length: 300 }, () => random.normal()) };
    const settings: BoostedTreesSettings = { ...small, trees: 200, objective: 'squared' };
    const model = boostedTrees.fit(frame, noise, { settings, seed: 1, validation });
    expect(model.treeCount).toBeLessThan(100);
  });
});

describe('quantile loss', () => {
  it.each([0.1, 0.5, 0.9])('leaves the share %d of unseen targets below', (quantile) => {
    const train = fanSample(4000, 6);
    const test = fanSample(2000, 7);
    const settings: BoostedTreesSettings = { ...small, objective: 'quantile', quantile, trees: 100 };
    const predictions = boostedTrees.fit(train.frame, train.y, { settings, seed: 1 }).predict(test.frame);
    const below = test.y.filter((value, row) => value <= predictions[row]!).length / 2000;
    expect(Math.abs(below - quantile)).toBeLessThan(0.06);
  });

  it('takes the smallest value at which the weights reach the share', () => {
    const values = fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 0, max: 3 })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(values, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (pairs, share) => {
        const total = pairs.reduce((sum, [, weight]) => sum + weight, 0);
        fc.pre(total > 0);
        const upTo = (bound: number): number =>
          pairs.reduce((sum, [value, weight]) => sum + (value <= bound ? weight : 0), 0);
        const expected = Math.min(...pairs.map(([value]) => value).filter((v) => upTo(v) >= share * total));
        const numbers = Float64Array.from(pairs, ([value]) => value);
        const weights = Float64Array.from(pairs, ([, weight]) => weight);
        expect(weightedQuantile(numbers, weights, share)).toBe(expected);
      }),
    );
  });
});

describe('the grid of leaf values', () => {
  it('makes the sum of one leaf a tree exact in any order', () => {
    const leaves = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(leaves, (values) => {
        const grid = leafGridOf(Uint8Array.of(0, 1), 0, values.length, small);
        const rounded = values.map((value) => roundToGrid(value, grid));
        const sum = (list: readonly number[]): number => list.reduce((total, value) => total + value, 0);
        expect(sum(rounded.toReversed())).toBe(sum(rounded));
        expect(sum(rounded.toSorted((a, b) => a - b))).toBe(sum(rounded));
        rounded.forEach((value, k) => expect(Math.abs(value - values[k]!)).toBeLessThan(1e-8));
      }),
    );
  });
});

describe('a target that cannot be learned', () => {
  const { frame, y } = mixedSample(50, 1);
  const fit =
    (target: Uint8Array | Float64Array, settings: Partial<BoostedTreesSettings>, weights?: number[]) => () =>
      boostedTrees.fit(frame, target, {
        settings: { ...small, trees: 3, ...settings },
        seed: 1,
        ...(weights === undefined ? {} : { weights: Float32Array.from(weights) }),
      });

  it('is refused with the row and its value', () => {
    for (const bad of [NaN, Infinity, -Infinity, 1e200]) {
      const target = Float64Array.from(y);
      target[7] = bad;
      expect(fit(target, { objective: 'squared' })).toThrow(`the target of row 7 is ${bad}`);
    }
  });

  it('is refused for weights that are no finite shares, or leave a class out', () => {
    for (const bad of [NaN, Infinity, -1]) {
      expect(
        fit(
          y,
          {},
          [...y].map((_, row) => (row === 3 ? bad : 1)),
        ),
      ).toThrow(/make every one a finite share/);
    }
    expect(fit(y, {}, [...y])).toThrow(/leave one class/);
    expect(
      fit(
        Float64Array.from(y),
        { objective: 'quantile' },
        [...y].map(() => 0),
      ),
    ).toThrow(/leave one class/);
  });

  it('of one value everywhere is answered with that value', () => {
    const target = new Float64Array(50).fill(3.25);
    for (const objective of ['squared', 'quantile'] as const) {
      const model = fit(target, { objective })();
      expect(model.predictOne(rowOf(frame, 0))).toBeCloseTo(3.25, 9);
    }
  });
});
