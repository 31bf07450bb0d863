import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { psi } from '../../models/drift-measures.js';
import { binnedSample, binnedScore, countBins } from '../../models/reference.js';
import type { BinnedColumn } from '../../models/reference.js';

function columnOf(values: readonly number[], categorical = false): BinnedColumn {
  const frame = {
    rows: values.length,
    names: ['x'],
    columns: [Float32Array.from(values)],
    categorical: categorical ? ['x'] : [],
  };
  return binnedSample(frame, [...values.keys()]).columns[0]!;
}

const values = fc.array(
  fc.oneof(
    fc.float({ noNaN: true, min: -1000, max: 1000 }),
    fc.integer({ min: 0, max: 3 }),
    fc.constant(NaN),
  ),
  { minLength: 1, maxLength: 120 },
);

describe('a column in bins', () => {
  it('counts every row once, missing values apart, as a slow search for the bin does', () => {
    fc.assert(
      fc.property(values, values, (fitted, served) => {
        const column = columnOf(fitted);
        const slow = new Array<number>(column.edges.length + 2).fill(0);
        for (const value of Float32Array.from(served)) {
          const bin = column.edges.findIndex((edge) => value <= edge);
          const known = bin === -1 ? column.edges.length : bin;
          slow[Number.isNaN(value) ? column.edges.length + 1 : known]! += 1;
        }
        expect(countBins(column, Float32Array.from(served))).toEqual(slow);
        expect(column.counts.reduce((sum, count) => sum + count, 0)).toBe(fitted.length);
      }),
    );
  });

  it('has ascending edges and leaves no bin of distinct values empty', () => {
    fc.assert(
      fc.property(values, (fitted) => {
        const { edges, counts } = columnOf(fitted);
        expect([...edges].sort((a, b) => a - b)).toEqual(edges);
        const distinct = new Set(Float32Array.from(fitted).filter((value) => !Number.isNaN(value))).size;
        if (distinct > 1) expect(counts.slice(0, -1).every((count) => count > 0)).toBe(true);
      }),
    );
  });

  it('cuts many different values at their deciles', () => {
    const { counts } = columnOf(Array.from({ length: 1000 }, (_, i) => i));
    expect(counts.slice(0, -1).every((count) => Math.abs(count - 100) <= 1)).toBe(true);
  });

  it('sees a constant move, and a rare value become frequent', () => {
    const constant = columnOf(new Array<number>(100).fill(0));
    expect(psi(constant.counts, countBins(constant, new Float32Array(50).fill(3)))).toBeGreaterThan(1);
    const rare = columnOf([...new Array<number>(99).fill(0), 7]);
    expect(psi(rare.counts, countBins(rare, Float32Array.of(0, 7, 7, 7, 0, 7, 7, 7, 0, 7)))).toBeGreaterThan(
      1,
    );
  });

  it('keeps codes apart and puts unknown ones together', () => {
    const column = columnOf([2, 2, 5, NaN], true);
    expect([column.edges, column.counts]).toEqual([
      [2, 5],
      [2, 1, 0, 1],
    ]);
    expect(countBins(column, Float32Array.of(5, 9, 3, NaN))).toEqual([0, 1, 2, 1]);
  });
});

describe('a sample', () => {
  it('counts payers, not rows, and bounds the rows that it looks at', () => {
    const scores = Float64Array.from({ length: 50_000 }, (_, i) => (i % 997) / 997);
    const payer = Int32Array.from(scores, (_, i) => i >> 9);
    const { rows, payers, columns } = binnedScore(scores, payer);
    expect(rows).toBeLessThanOrEqual(20_000);
    expect(payers).toBe(98);
    expect(columns[0]?.counts.reduce((sum, count) => sum + count, 0)).toBe(rows);
  });
});
