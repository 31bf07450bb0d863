import { describe, expect, it } from '@jest/globals';
import { logOddsOfRow } from '../../../models/trees/predict-one.js';
import { logOdds, packTrees } from '../../../models/trees/trees.js';
import type { FlatNode } from '../../../models/trees/trees.js';
import { randomColumns, randomForest } from './forests.js';

describe('the log-odds of one row', () => {
  it('read the row at an offset', () => {
    const forest = randomForest({
      seed: 1,
      features: 3,
      trees: 20,
      leaves: 8,
      unit: 1,
      codes: 0.2,
      thresholds: 20,
    });
    const columns = randomColumns(forest, 50, 1);
    const values = Float32Array.from({ length: 150 }, (_, i) => columns[i % 3]![Math.floor(i / 3)]!);
    for (let i = 0; i < 50; i++) {
      expect(logOddsOfRow(forest.trees, values, 3 * i)).toBe(logOdds(forest.trees, values, 3 * i));
    }
  });

  it('refuse a row that is too short, rather than read what was there before', () => {
    const forest = randomForest({
      seed: 2,
      features: 3,
      trees: 20,
      leaves: 8,
      unit: 1,
      codes: 0,
      thresholds: 20,
    });
    expect(() => logOddsOfRow(forest.trees, Float32Array.of(1, 2), 0)).toThrow(/every feature/);
  });

  it('walk a tree that is too large for short links', () => {
    // A chain: the values up to k leave at leaf k.
    const leaves = 40_000;
    const nodes: FlatNode[] = [];
    for (let k = 0; k < leaves; k++) {
      const node = { feature: -1, kind: 0, threshold: 0, right: -1, value: k, rows: 1, codes: [] };
      if (k < leaves - 1)
        nodes.push({ ...node, feature: 0, threshold: k, right: nodes.length + 2, value: 0 });
      nodes.push(node);
    }
    const trees = packTrees({ bias: 0, roots: [0], nodes });
    expect([-1, 0, 0.5, 39_000, 1e6].map((x) => logOddsOfRow(trees, Float32Array.of(x), 0))).toEqual([
      0, 0, 1, 39_000, 39_999,
    ]);
  });
});
