import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lowerBound } from '../../features/lower-bound.js';

const numbers = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 40 });

describe('the lower bound', () => {
  it('counts the numbers that are less', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: -21, max: 21 }), (values, value) => {
        const less = values.filter((one) => one < value).length;
        expect(lowerBound(Float64Array.from(values).sort(), value)).toBe(less);
        expect(lowerBound(Float32Array.from(values).sort(), value)).toBe(less);
      }),
    );
  });

  it('takes zero and minus zero for equal', () => {
    expect([lowerBound(Float64Array.of(-0, 0), 0), lowerBound(Float64Array.of(-0, 0), -0)]).toEqual([0, 0]);
  });
});
