import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stratifiedFolds, takeRows, timeSplit } from '../../models/split.js';

describe('a split in time', () => {
  const period = { trainStartDay: 10, trainDays: 7, delayDays: 7, testDays: 7, historyDays: 0 };

  it('trains on the training days, leaves out the delay and tests on the test days', () => {
    const day = Int32Array.from({ length: 40 }, (_, i) => i);
    const rows = { day, payer: new Int32Array(40), fraud: new Uint8Array(40) };
    const { train, test } = timeSplit({ ...period, ...rows });
    expect([train[0], train.at(-1), test[0], test.at(-1)]).toEqual([10, 16, 24, 30]);
    expect(timeSplit({ ...period, ...rows, historyDays: 4 }).train[0]).toBe(6);
  });

  it('drops a payer from the day on which its fraud is known, eight days after', () => {
    // Payer 1 had a fraud in the training days, 2 on day 17 (known on day 25), 3 on day 5, before them.
    const rows = [
      [12, 1, 1],
      [24, 1, 0],
      [30, 1, 0],
      [17, 2, 1],
      [24, 2, 0],
      [25, 2, 0],
      [26, 2, 1],
      [5, 3, 1],
      [24, 3, 0],
      [24, 4, 1],
      [30, 4, 0],
    ] as const;
    const [day, payer] = [0, 1].map((k) => Int32Array.from(rows, (row) => row[k]!));
    const fraud = Uint8Array.from(rows, (row) => row[2]);
    const { test } = timeSplit({ ...period, day: day!, payer: payer!, fraud });
    expect([...test].map((row) => `day ${day![row]} payer ${payer![row]}`)).toEqual([
      'day 24 payer 2',
      'day 24 payer 3',
      'day 24 payer 4',
      'day 30 payer 4',
    ]);
  });
});

describe('stratified folds', () => {
  it('test every row once in each repeat, never train on a tested row, and share the classes evenly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 5 }),
        fc.integer({ min: 5, max: 40 }),
        fc.integer({ min: 5, max: 40 }),
        (folds, a, b) => {
          const y = Uint8Array.from({ length: a + b }, (_, row) => (row < a ? 1 : 0));
          const splits = stratifiedFolds(y, { folds, repeats: 2, seed: 1 });
          expect(splits).toHaveLength(2 * folds);
          for (const repeat of [splits.slice(0, folds), splits.slice(folds)]) {
            expect(repeat.flatMap(({ test }) => [...test]).sort((x, z) => x - z)).toEqual([...y.keys()]);
          }
          for (const { train, test } of splits) {
            expect(train.length + test.length).toBe(y.length);
            expect(test.some((row) => train.includes(row))).toBe(false);
            const positives = test.filter((row) => y[row] === 1).length;
            expect(Math.abs(positives - a / folds)).toBeLessThan(1);
          }
        },
      ),
    );
  });

  it('are the same for the same seed and differ between repeats', () => {
    const y = Uint8Array.from({ length: 40 }, (_, row) => row % 2);
    const settings = { folds: 4, repeats: 2, seed: 3 };
    const splits = stratifiedFolds(y, settings);
    expect(stratifiedFolds(y, settings)).toEqual(splits);
    expect(splits[0]).not.toEqual(splits[4]);
  });

  it('refuse more folds than the rarer class has rows', () => {
    expect(() => stratifiedFolds(Uint8Array.of(0, 0, 0, 0, 1), { folds: 3, repeats: 1, seed: 1 })).toThrow(
      /rarer class has 1 rows/,
    );
  });

  it('name the rows that a frame then holds', () => {
    const frame = { rows: 3, names: ['x'], columns: [Float32Array.of(5, 6, 7)], categorical: [] };
    expect(takeRows(frame, Int32Array.of(2, 0)).columns).toEqual([Float32Array.of(7, 5)]);
  });
});
