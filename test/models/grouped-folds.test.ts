import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canFold, groupedFolds } from '../../models/grouped-folds.js';

const request = { folds: 4, repeats: 2, seed: 1 };

describe('grouped folds', () => {
  it('never divide a group and test every row once in each repeat', () => {
    const anyRows = fc.array(fc.record({ group: fc.nat(30), label: fc.nat(1) }), {
      minLength: 40,
      maxLength: 200,
    });
    fc.assert(
      fc.property(anyRows, (rows) => {
        const y = Uint8Array.from(rows, ({ label }) => label);
        const group = Int32Array.from(rows, ({ group: code }) => code);
        fc.pre(canFold(y, group, request.folds));
        const splits = groupedFolds(y, group, request);
        const times = new Uint8Array(rows.length);
        for (const { train, test } of splits) {
          const inTrain = new Set(Array.from(train, (row) => group[row]));
          expect(Array.from(test).some((row) => inTrain.has(group[row]))).toBe(false);
          expect(train.length + test.length).toBe(rows.length);
          for (const row of test) times[row]!++;
        }
        expect([...times].every((count) => count === request.repeats)).toBe(true);
      }),
    );
  });

  it('agree in size and in positives where the groups allow it', () => {
    const group = Int32Array.from({ length: 1200 }, (_, row) => Math.floor(row / 3));
    const y = Uint8Array.from(group, (code, row) => Number(code % 5 === 0 && row % 3 === 0));
    for (const { test } of groupedFolds(y, group, request)) {
      expect(test.length).toBe(300);
      expect(test.reduce((sum, row) => sum + y[row]!, 0)).toBe(20);
    }
  });

  it('refuse fewer groups with a positive than folds, and are stratified folds without groups', () => {
    const y = Uint8Array.of(1, 1, 1, 1, 0, 0, 0, 0);
    const group = Int32Array.of(1, 1, 1, 1, 2, 3, 4, 5);
    expect(canFold(y, group, 2)).toBe(false);
    expect(() => groupedFolds(y, group, { ...request, folds: 2 })).toThrow(
      /1 groups with a positive row and 4 without, too few for 2 folds/,
    );
    expect(groupedFolds(y, undefined, request)).toHaveLength(8);
  });
});
