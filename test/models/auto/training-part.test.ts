import { describe, expect, it } from '@jest/globals';
import { newestHeldOut, sampleOf, takePart, watchedSplit } from '../../../models/auto/training-part.js';
import { synthetic } from './synthetic.js';

const ROWS = 400;
const rows = Int32Array.from({ length: ROWS }, (_, row) => row);

describe('parts of the training rows', () => {
  it('take everything that belongs to a row along', () => {
    const part = {
      ...synthetic('linear', ROWS, 1),
      at: Float64Array.from(rows),
      group: rows,
      weights: Float32Array.from(rows),
    };
    const taken = takePart(part, Int32Array.of(7, 3));
    expect([...taken.frame.columns[0]!]).toEqual([part.frame.columns[0]![7], part.frame.columns[0]![3]]);
    expect([[...taken.at!], [...taken.group!], [...taken.weights!], [...taken.y]]).toEqual([
      [7, 3],
      [7, 3],
      [7, 3],
      [part.y[7], part.y[3]],
    ]);
  });

  it('are sampled with the share of each class, and a small sample lies in a large one', () => {
    const y = Uint8Array.from(rows, (row) => Number(row % 10 === 0));
    const small = sampleOf(y, rows, 50, 1);
    const large = sampleOf(y, rows, 200, 1);
    expect([small.length, small.filter((row) => y[row] === 1).length]).toEqual([50, 5]);
    expect(small.every((row) => large.includes(row))).toBe(true);
    expect(sampleOf(y, rows, ROWS, 1)).toBe(rows);
  });

  it('watch the newest rows where there is a time, whole groups always, and none where they are few', () => {
    const part = synthetic('linear', ROWS, 2);
    const at = Float64Array.from(rows, (row) => ROWS - row);
    const byTime = watchedSplit({ ...part, at }, 1)!;
    expect(Math.min(...byTime.test.map((row) => at[row]!))).toBeGreaterThan(
      Math.max(...byTime.train.map((row) => at[row]!)),
    );
    const group = rows.map((row) => Math.floor(row / 4));
    const byGroup = watchedSplit({ ...part, group }, 1)!;
    const fitted = new Set(Array.from(byGroup.train, (row) => group[row]));
    expect([...byGroup.test].some((row) => fitted.has(group[row]))).toBe(false);
    expect(watchedSplit(synthetic('linear', 20, 3), 1)).toBeNull();
  });

  it('hold a group out with its first row', () => {
    const at = Float64Array.of(1, 2, 3, 4);
    expect([...newestHeldOut(at, undefined, 0.5).test]).toEqual([2, 3]);
    expect([...newestHeldOut(at, Int32Array.of(1, 2, 2, 3), 0.5).test]).toEqual([3]);
  });
});
