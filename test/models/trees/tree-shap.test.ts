import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import { explainTrees } from '../../../models/trees/tree-shap.js';
import { logOdds, packTrees, unpackTrees } from '../../../models/trees/trees.js';
import type { FlatNode, FlatTrees, Trees } from '../../../models/trees/trees.js';
import { decodeTrees } from '../../../models/trees/trees-json.js';
import { mixedSample, rowOf } from '../frames.js';
import { randomColumns, randomForest } from './forests.js';

function node(fields: Partial<FlatNode>): FlatNode {
  return { feature: -1, kind: 0, threshold: 0, right: -1, value: 0, rows: 1, codes: [], ...fields };
}

/** What a node says, in the words of its declaration. */
function goesLeft({ kind, threshold, codes }: FlatNode, value: number): boolean {
  const missingLeft = kind % 2 === 1;
  if (kind >= 2) return codes.includes(value) !== missingLeft;
  return Number.isNaN(value) ? missingLeft : value <= threshold;
}

/** The expected log-odds when only the features of `known` (a bit each) are known: the definition, by recursion. */
function expectation({ bias, roots, nodes }: FlatTrees, row: Float32Array, known: number): number {
  const of = (at: number): number => {
    const { feature, value, right } = nodes[at]!;
    if (feature < 0) return value;
    if ((known >> feature) & 1) return of(goesLeft(nodes[at]!, row[feature]!) ? at + 1 : right);
    const [onLeft, onRight] = [nodes[at + 1]!.rows, nodes[right]!.rows];
    return (of(at + 1) * onLeft + of(right) * onRight) / (onLeft + onRight);
  };
  return bias + roots.reduce((sum, root) => sum + of(root), 0);
}

/** Shapley's formula over all subsets, then the expectation without any feature. */
function shapley(packed: Trees, row: Float32Array, d: number): number[] {
  const trees = unpackTrees(packed);
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
  const size = (set: number): number => set.toString(2).replaceAll('0', '').length;
  const expected = Array.from({ length: 2 ** d }, (_, set) => expectation(trees, row, set));
  const values = Array.from({ length: d }, (_, feature) => {
    let sum = 0;
    for (let set = 0; set < 2 ** d; set++) {
      if ((set >> feature) & 1) continue;
      const weight = (factorial(size(set)) * factorial(d - size(set) - 1)) / factorial(d);
      sum += weight * (expected[set | (1 << feature)]! - expected[set]!);
    }
    return sum;
  });
  return [...values, expected[0]!];
}

function largestGap(values: Float64Array, expected: readonly number[]): number {
  return Math.max(...expected.map((value, k) => Math.abs(values[k]! - value)));
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
    const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 12));
    expect([...explainTrees(trees, Float32Array.of(1, 1), 2)]).toEqual(close(3, 3, 3));
    expect([...explainTrees(trees, Float32Array.of(-1, 1), 2)]).toEqual(close(-3, 1, 3));
  });

  it('equals the sum over all subsets for fitted trees with repeated features, gaps and categories', () => {
    const { frame, y } = mixedSample(600, 1);
    const settings = { ...boostedTrees.defaults, trees: 12, maxLeaves: 12, minRowsPerLeaf: 5 };
    const model = boostedTrees.fit(frame, y, { settings, seed: 1 });
    const trees = packTrees(decodeTrees(JSON.parse(JSON.stringify(model))).trees);
    for (let at = 0; at < 25; at++) {
      const row = rowOf(frame, at);
      expect(largestGap(explainTrees(trees, row, 4), shapley(trees, row, 4))).toBeLessThan(1e-12);
    }
  });

  it('equals it for any forest and any values', () => {
    const shapes = fc.record({
      seed: fc.integer({ min: 0, max: 2 ** 31 }),
      features: fc.integer({ min: 1, max: 7 }),
      trees: fc.constantFrom(0, 1, 4),
      leaves: fc.constantFrom(1, 2, 9, 30),
      unit: fc.constantFrom(2 ** -10, 0),
      codes: fc.constantFrom(0, 0.4),
      thresholds: fc.constantFrom(2, 20),
    });
    const property = fc.property(shapes, (shape) => {
      const forest = randomForest(shape);
      const columns = randomColumns(forest, 4, shape.seed);
      for (let i = 0; i < 4; i++) {
        const row = Float32Array.from(columns, (column) => column[i]!);
        const gap = largestGap(
          explainTrees(forest.trees, row, shape.features),
          shapley(forest.trees, row, shape.features),
        );
        expect(gap).toBeLessThan(1e-11);
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('sums to the log-odds within 1e-9 on long paths of many features', () => {
    const shape = {
      seed: 8,
      features: 60,
      trees: 40,
      leaves: 200,
      unit: 2 ** -20,
      codes: 0.1,
      thresholds: 30,
    };
    const forest = randomForest(shape);
    const columns = randomColumns(forest, 50, 8);
    for (let i = 0; i < 50; i++) {
      const row = Float32Array.from(columns, (column) => column[i]!);
      const sum = explainTrees(forest.trees, row, 60).reduce((total, value) => total + value, 0);
      expect(Math.abs(sum - logOdds(forest.trees, row, 0))).toBeLessThan(1e-9);
    }
  });

  it('stays finite and sums up where a branch was never seen in training', () => {
    const nodes = [
      node({ feature: 0, right: 4, rows: 4 }),
      node({ feature: 1, right: 3, rows: 4 }),
      node({ value: 2, rows: 4 }),
      node({ value: -7, rows: 0 }),
      node({ value: 5, rows: 0 }),
    ];
    const trees = packTrees({ bias: 0, roots: [0], nodes });
    for (const row of [
      [0, 0],
      [0, 1],
      [1, 1],
      [NaN, NaN],
    ]) {
      const values = explainTrees(trees, Float32Array.from(row), 2);
      const sum = values.reduce((total, value) => total + value, 0);
      expect(Math.abs(sum - logOdds(trees, Float32Array.from(row), 0))).toBeLessThan(1e-9);
    }
  });
});
