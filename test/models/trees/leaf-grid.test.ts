import { describe, expect, it } from '@jest/globals';
import { leafGrid } from '../../../models/trees/leaf-grid.js';
import { packTrees } from '../../../models/trees/trees.js';
import type { Trees } from '../../../models/trees/trees.js';

/** One tree for each pair of leaf values. */
function stumps(pairs: readonly (readonly [number, number])[]): Trees {
  const leaf = { feature: -1, kind: 0, threshold: 0, right: -1, rows: 1, codes: [] };
  const nodes = pairs.flatMap(([left, right], t) => [
    { ...leaf, feature: 0, right: 3 * t + 2, value: 0 },
    { ...leaf, value: left },
    { ...leaf, value: right },
  ]);
  return packTrees({ bias: 0, roots: pairs.map((_, t) => 3 * t), nodes });
}

describe('the grid of leaf values', () => {
  it('is the largest power of two that divides them all', () => {
    expect(
      leafGrid(
        stumps([
          [0.75, -0.5],
          [3, 0],
        ]),
      ),
    ).toMatchObject({ unit: 0.25, lowest: Float64Array.of(-2, 0), bytes: 1 });
    expect(leafGrid(stumps([[96, -32]]))).toMatchObject({ unit: 32, bytes: 1 });
    expect(leafGrid(stumps([[0, 0]]))).toMatchObject({ unit: 1, bytes: 1 });
  });

  it('counts the bytes between the lowest and the highest leaf of a tree', () => {
    expect(leafGrid(stumps([[0, 255]]))?.bytes).toBe(1);
    expect(
      leafGrid(
        stumps([
          [0, 256],
          [1, 2],
        ]),
      )?.bytes,
    ).toBe(2);
    expect(leafGrid(stumps([[-(2 ** 31), 2 ** 31 - 1]]))?.bytes).toBe(4);
    expect(
      leafGrid(
        stumps([
          [0, 2 ** 32],
          [1, 2],
        ]),
      )?.bytes,
    ).toBe(5);
  });

  it('is none where a sum could round or a value has no finite multiple', () => {
    expect(leafGrid(stumps([[0.1, 1e9]]))).toBeNull();
    expect(leafGrid(stumps([[5e-324, 1]]))).toBeNull();
    expect(leafGrid(stumps([[2 ** -1074, 0]]))).toBeNull();
    expect(
      leafGrid(
        stumps([
          [2 ** 52, 1],
          [2 ** 52, 1],
        ]),
      ),
    ).toBeNull();
    expect(leafGrid(stumps([[1e300, -1e300]]))).toBeNull();
  });
});
