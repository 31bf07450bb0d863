import { describe, expect, it } from '@jest/globals';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import { explainTrees } from '../../../models/trees/tree-shap.js';
import { goesLeft, logOdds, packTrees } from '../../../models/trees/trees.js';
import type { FlatNode, Trees } from '../../../models/trees/trees.js';
import { decodeTrees } from '../../../models/trees/trees-json.js';
import { mixedSample, rowOf } from '../frames.js';

function node(fields: Partial<FlatNode>): FlatNode {
  return { feature: -1, kind: 0, threshold: 0, right: -1, value: 0, rows: 1, codes: [], ...fields };
}

/** The expected log-odds when only the features of `known` (a bit each) are known: the definition, by recursion. */
function expectation(trees: Trees, row: Float32Array, known: number): number {
  const of = (at: number): number => {
    const feature = trees.feature[at]!;
    if (feature < 0) return trees.value[at]!;
    const [left, right] = [at + 1, trees.right[at]!];
    if ((known >> feature) & 1) return of(goesLeft(trees, at, row[feature]!) ? left : right);
    return (of(left) * trees.rows[left]! + of(right) * trees.rows[right]!) / trees.rows[at]!;
  };
  return trees.bias + trees.roots.reduce((sum, root) => sum + of(root), 0);
}

/** Shapley's formula over all subsets. */
function shapley(trees: Trees, row: Float32Array, d: number): number[] {
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  const size = (set: number): number => set.toString(2).replaceAll('0', '').length;
  return Array.from({ length: d }, (_, feature) => {
    let sum = 0;
    for (let set = 0; set < 2 ** d; set++) {
      if ((set >> feature) & 1) continue;
      const weight = (factorial(size(set)) * factorial(d - size(set) - 1)) / factorial(d);
      sum += weight * (expectation(trees, row, set | (1 << feature)) - expectation(trees, row, set));
    }
    return sum;
  });
}

describe('TreeSHAP', () => {
  it('shares an interaction of two features as the definition does', () => {
    // A conjunction: 8 only when both features are above 0, each seen by half of the rows.
    const nodes = [
      node({ feature: 0, right: 2, rows: 4 }),
      node({ value: 0, rows: 2 }),
      node({ feature: 1, right: 4, rows: 2 }),
      node({ value: 0 }),
      node({ value: 8 }),
    ];
    const trees = packTrees({ bias: 1, roots: [0], nodes });
    expect([...explainTrees(trees, Float32Array.of(1, 1), 2)]).toEqual(
      [3, 3, 3].map((value) => expect.closeTo(value, 12)),
    );
    expect([...explainTrees(trees, Float32Array.of(-1, 1), 2)]).toEqual(
      [-3, 1, 3].map((value) => expect.closeTo(value, 12)),
    );
  });

  it('equals the sum over all subsets for fitted trees with repeated features, gaps and categories', () => {
    const { frame, y } = mixedSample(600, 1);
    const settings = { ...boostedTrees.defaults, trees: 12, maxLeaves: 12, minRowsPerLeaf: 5 };
    const model = boostedTrees.fit(frame, y, { settings, seed: 1 });
    const trees = packTrees(decodeTrees(JSON.parse(JSON.stringify(model))).trees);
    for (let at = 0; at < 25; at++) {
      const row = rowOf(frame, at);
      const expected = shapley(trees, row, 4);
      const contributions = [...explainTrees(trees, row, 4)];
      expected.forEach((value, k) => expect(contributions[k]).toBeCloseTo(value, 10));
      expect(contributions.reduce((sum, value) => sum + value, 0)).toBeCloseTo(logOdds(trees, row, 0), 10);
    }
  });
});
