import { describe, expect, it } from '@jest/globals';
import { logOdds, packTrees, unpackTrees } from '../../../models/trees/trees.js';
import type { FlatNode } from '../../../models/trees/trees.js';
import { randomForest } from './forests.js';

const leaf: FlatNode = { feature: -1, kind: 0, threshold: 0, right: -1, value: 0, rows: 1, codes: [] };

/** A stump whose left leaf is 1 and whose right one is 2. */
function side(split: Partial<FlatNode>, value: number): number {
  const nodes = [
    { ...leaf, feature: 0, right: 2, ...split },
    { ...leaf, value: 1 },
    { ...leaf, value: 2 },
  ];
  return logOdds(packTrees({ bias: 0, roots: [0], nodes }), Float32Array.of(value), 0);
}

describe('a node', () => {
  it('sends numbers up to its threshold left, and missing ones where its kind says', () => {
    const values = [-Infinity, 0.5, 0.6, Infinity, NaN];
    expect(values.map((value) => side({ kind: 0, threshold: 0.5 }, value))).toEqual([1, 1, 2, 2, 2]);
    expect(values.map((value) => side({ kind: 1, threshold: 0.5 }, value))).toEqual([1, 1, 2, 2, 1]);
    expect(side({ kind: 0, threshold: -0 }, 0)).toBe(1);
  });

  it('sends the codes of its set away from the side of missing, unseen and broken codes', () => {
    const values = [1, 40, 2, 99, -1, 1.5, NaN, Infinity];
    const codes = [1, 40];
    expect(values.map((value) => side({ kind: 2, codes }, value))).toEqual([1, 1, 2, 2, 2, 2, 2, 2]);
    expect(values.map((value) => side({ kind: 3, codes }, value))).toEqual([2, 2, 1, 1, 1, 1, 1, 1]);
  });
});

describe('trees', () => {
  it('come back from being packed', () => {
    const shape = { seed: 1, features: 5, trees: 20, leaves: 16, unit: 0, codes: 0.3, thresholds: 9 };
    const { trees } = randomForest(shape);
    expect(packTrees(unpackTrees(trees))).toEqual(trees);
  });

  it('hold in an inner node the mean of its leaves by rows', () => {
    const nodes = [
      { ...leaf, feature: 0, right: 2, rows: 4 },
      { ...leaf, value: 1, rows: 3 },
      { ...leaf, value: 5 },
    ];
    expect(packTrees({ bias: 0, roots: [0], nodes }).value[0]).toBe(2);
  });
});
