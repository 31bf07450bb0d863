import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { knotMatrix, poolingMatrix, stackShape } from '../../../../models/forecast/neural/stack.js';

const RUNS = 50;

describe('the fixed matrices of a stack', () => {
  it('keep a constant: columns of pooling and of knots sum to 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12 }), (n, k) => {
        for (const { rows, columns, values } of [poolingMatrix(n, k), knotMatrix(k, n)]) {
          for (let j = 0; j < columns; j++) {
            let sum = 0;
            for (let i = 0; i < rows; i++) sum += values[i * columns + j]!;
            expect(sum).toBeCloseTo(1, 5);
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('pool from the newest value and join knots by straight lines', () => {
    expect([...poolingMatrix(3, 2).values]).toEqual([1, 0, 0, 0.5, 0, 0.5]);
    expect([...knotMatrix(2, 4).values]).toEqual([1, 0.75, 0.25, 0, 0, 0.25, 0.75, 1]);
    expect([...knotMatrix(2, 2).values]).toEqual([1, 0, 0, 1]);
  });

  it('leave the last block nothing to take away', () => {
    const { blocks } = stackShape(12, 8, 16, [4, 2, 1]);
    expect(blocks).toEqual([
      { pool: 4, backKnots: 3, knots: 2 },
      { pool: 2, backKnots: 6, knots: 4 },
      { pool: 1, backKnots: 0, knots: 8 },
    ]);
  });
});
