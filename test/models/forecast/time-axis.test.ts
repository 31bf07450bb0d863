import { describe, expect, it } from '@jest/globals';
import { readTimeAxis } from '../../../models/forecast/time-axis.js';

const numbers = (...times: number[]): Float64Array => Float64Array.from(times);
const dates = (...days: string[]): Float64Array => Float64Array.from(days, (day) => Date.parse(day) / 1000);

describe('a time axis', () => {
  it('has a gap where a step is missing', () => {
    expect([...readTimeAxis(numbers(3, 4, 5, 7, 8, 9, 10), false, 'a').steps]).toEqual([0, 1, 2, 4, 5, 6, 7]);
  });
  it('counts months, quarters and years as equal steps', () => {
    const months = dates('2025-01-31', '2025-02-28', '2025-03-31', '2025-04-30', '2025-06-30');
    expect([...readTimeAxis(months, true, 'a').steps]).toEqual([0, 1, 2, 3, 5]);
    const quarters = dates('2024-01-01', '2024-04-01', '2024-07-01', '2024-10-01', '2025-01-01');
    expect([...readTimeAxis(quarters, true, 'a').steps]).toEqual([0, 1, 2, 3, 4]);
  });
  it('takes working days as consecutive and says so', () => {
    const days = Array.from({ length: 40 }, (_, i) => 7 * Math.floor(i / 5) + (i % 5));
    const axis = readTimeAxis(numbers(...days), false, 'a');
    expect(axis.isConsecutive).toBe(true);
    expect(axis.steps.at(-1)).toBe(39);
  });
  it('refuses a time twice and two frequencies, naming the series', () => {
    expect(() => readTimeAxis(numbers(1, 2, 2, 3), false, 'till 4')).toThrow(
      /"till 4" has several values at 2/,
    );
    expect(() => readTimeAxis(numbers(0, 7, 14, 21, 28, 29, 30, 31, 32, 33), false, 'till 4')).toThrow(
      /changes its frequency/,
    );
  });
});
