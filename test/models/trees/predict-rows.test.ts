import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { logOddsOfRow } from '../../../models/trees/predict-one.js';
import { logOddsOfRows } from '../../../models/trees/predict-rows.js';
import { logOdds } from '../../../models/trees/trees.js';
import { randomColumns, randomForest } from './forests.js';
import type { ForestShape } from './forests.js';

const shapes = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  features: fc.integer({ min: 1, max: 9 }),
  trees: fc.constantFrom(1, 2, 7, 8, 9, 30),
  leaves: fc.constantFrom(1, 2, 5, 16, 17, 33, 70, 256, 300),
  unit: fc.constantFrom(2 ** -32, 2 ** -8, 2 ** -40, 2 ** 20, 0),
  codes: fc.constantFrom(0, 0.3, 1),
  thresholds: fc.constantFrom(1, 3, 40, 800),
});

/** Both fast ways against the definition, bit for bit. */
function disagreements(shape: ForestShape, rows: number): number[] {
  const forest = randomForest(shape);
  const columns = randomColumns(forest, rows, shape.seed);
  const together = logOddsOfRows(forest.trees, columns, rows);
  return [...together.keys()].filter((i) => {
    const row = Float32Array.from(columns, (column) => column[i]!);
    const expected = logOdds(forest.trees, row, 0);
    return !(together[i] === expected && logOddsOfRow(forest.trees, row, 0) === expected);
  });
}

describe('the log-odds of many rows and of one', () => {
  it('are those of walking every tree, bit for bit, for any model and any values', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 130 }), (shape, rows) => {
        expect(disagreements(shape, rows)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('are so over several blocks and more trees than their bytes are summed in at once', () => {
    const shape = { seed: 3, features: 6, trees: 700, leaves: 16, codes: 0.1, thresholds: 200 };
    expect(disagreements({ ...shape, unit: 2 ** -32 }, 2500)).toEqual([]);
    expect(disagreements({ ...shape, unit: 0 }, 1100)).toEqual([]);
  });

  it('are so for the largest bytes in every tree', () => {
    const forest = randomForest({
      seed: 5,
      features: 2,
      trees: 600,
      leaves: 2,
      unit: 1,
      codes: 0,
      thresholds: 9,
    });
    forest.trees.value.forEach((_, node) => {
      forest.trees.value[node] = node % 2 === 0 ? 2 ** 32 - 1 : 0;
    });
    const columns = randomColumns(forest, 200, 5);
    logOddsOfRows(forest.trees, columns, 200).forEach((sum, i) => {
      const row = Float32Array.from(columns, (column) => column[i]!);
      expect(sum).toBe(logOdds(forest.trees, row, 0));
    });
  });

  it('are the bias without trees, and nothing without rows', () => {
    const empty = randomForest({
      seed: 1,
      features: 2,
      trees: 0,
      leaves: 2,
      unit: 1,
      codes: 0,
      thresholds: 3,
    });
    const columns = randomColumns(empty, 3, 1);
    expect([...logOddsOfRows(empty.trees, columns, 3)]).toEqual(Array(3).fill(empty.trees.bias));
    expect(logOddsOfRow(empty.trees, Float32Array.of(1, 2), 0)).toBe(empty.trees.bias);
    expect(logOddsOfRows(empty.trees, columns, 0)).toHaveLength(0);
  });
});
