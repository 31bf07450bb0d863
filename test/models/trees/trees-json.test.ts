import { describe, expect, it } from '@jest/globals';
import { packTrees, unpackTrees } from '../../../models/trees/trees.js';
import { decodeTrees, encodeTrees } from '../../../models/trees/trees-json.js';
import { randomForest } from './forests.js';

const { trees } = randomForest({
  seed: 4,
  features: 3,
  trees: 6,
  leaves: 6,
  unit: 0,
  codes: 0.3,
  thresholds: 12,
});
const text = JSON.stringify({ featureNames: ['a', 'b', 'c'], ...encodeTrees(unpackTrees(trees)) });

interface Json {
  bias: unknown;
  featureNames: string[];
  roots: number[];
  feature: number[];
  right: number[];
  kind: number[];
  value: unknown[];
  rows: number[];
  threshold: unknown[];
  codes: Record<string, unknown>;
}

describe('trees as JSON', () => {
  it('come back as they were, infinite thresholds included', () => {
    expect(trees.threshold.some((threshold) => Math.abs(threshold) === Infinity)).toBe(true);
    expect(packTrees(decodeTrees(JSON.parse(text)).trees)).toEqual(trees);
  });

  const inner = [...trees.feature.keys()].find((node) => trees.feature[node]! >= 0)!;
  const leaf = [...trees.feature.keys()].find((node) => trees.feature[node]! < 0)!;
  const damages: [name: string, damage: (json: Json) => unknown][] = [
    ['a root in the middle of a tree', (json) => (json.roots[1]! += 1)],
    ['a right child outside its tree', (json) => (json.right[inner]! += 1)],
    ['a right child before its parent', (json) => (json.right[inner] = 0)],
    ['a feature beyond the names', (json) => (json.feature[inner] = 3)],
    ['half a feature', (json) => (json.feature[inner] = 0.5)],
    ['an unknown kind', (json) => (json.kind[inner] = 4)],
    ['a leaf value that is no number', (json) => (json.value[leaf] = null)],
    ['a leaf value in words', (json) => (json.value[leaf] = 'x')],
    ['no rows at a node', (json) => (json.rows[leaf] = 0)],
    ['a threshold that is no number', (json) => (json.threshold[inner] = 'NaN')],
    ['a missing threshold', (json) => (json.threshold[inner] = null)],
    ['a bias that is no number', (json) => (json.bias = null)],
    ['codes that do not ascend', (json) => (json.codes[String(inner)] = [2, 2])],
    ['codes that are no list', (json) => (json.codes[String(inner)] = 7)],
    ['a column that is too short', (json) => json.value.pop()],
  ];
  it.each(damages)('are refused with %s', (_name, damage) => {
    const json = JSON.parse(text) as Json;
    damage(json);
    expect(() => decodeTrees(json)).toThrow(/no boosted-trees model/);
  });
});
