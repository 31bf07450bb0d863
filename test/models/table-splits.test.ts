import { describe, expect, it } from '@jest/globals';
import { tableSplits } from '../../models/table-splits.js';

const folds = { folds: 2, repeats: 1, seed: 1 };
const y = Uint8Array.of(0, 1, 0, 1, 0, 1);
const at = Float64Array.of(1, 2, 3, 4, 5, 6);

describe('splitting a table', () => {
  it('trains before the border and tests from it on', () => {
    const [split] = tableSplits({ time: { at, testFrom: 4 }, group: null }, y, folds);
    expect([[...split!.train], [...split!.test]]).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('puts a group that reaches over the border where its first row is', () => {
    const group = Int32Array.of(1, 2, 3, 3, 4, 2);
    const [split] = tableSplits({ time: { at, testFrom: 4 }, group }, y, folds);
    expect([[...split!.train], [...split!.test]]).toEqual([[0, 1, 2, 3, 5], [4]]);
  });

  it('folds without a time, and refuses a border with an empty side', () => {
    expect(tableSplits({ time: null, group: null }, y, folds)).toHaveLength(2);
    expect(() => tableSplits({ time: { at, testFrom: 1 }, group: null }, y, folds)).toThrow(
      /no row lies before the start of the test/,
    );
  });
});
