import { describe, expect, it } from '@jest/globals';
import { boundedPeriod, choosePeriod, daysIn, grainOf, periodBefore } from '../../reporting/period.js';

const history = { from: '2025-01-15', to: '2026-03-01' };

describe('periods', () => {
  it('end with the last day of the history and begin within it', () => {
    expect(choosePeriod('30', history)).toEqual({ from: '2026-01-31', to: '2026-03-01' });
    expect(choosePeriod('365', { from: '2026-02-01', to: '2026-03-01' })).toEqual({
      from: '2026-02-01',
      to: '2026-03-01',
    });
    expect(choosePeriod('all', history)).toEqual(history);
  });

  it('compare with as many days immediately before', () => {
    const february = { from: '2024-02-01', to: '2024-02-29' };
    expect(daysIn(february)).toBe(29);
    expect(periodBefore(february)).toEqual({ from: '2024-01-03', to: '2024-01-31' });
  });

  it('are drawn by day, week or month as they grow', () => {
    expect(grainOf({ from: '2026-01-01', to: '2026-03-31' })).toBe('day');
    expect(grainOf(history)).toBe('week');
    expect(grainOf({ from: '2020-01-01', to: '2026-01-01' })).toBe('month');
  });

  it.each([
    ['2026-02-30', undefined, 'bad-day'],
    ['2026-02-02', '2026-02-01', 'empty-period'],
    ['1900-01-01', '2026-01-01', 'period-too-long'],
  ])('refuse %s to %s', (from, to, code) => {
    expect(() => boundedPeriod(from, to, history)).toThrow(expect.objectContaining({ code }));
  });
});
