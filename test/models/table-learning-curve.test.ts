import { describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { tableLearningCurve } from '../../models/table-learning-curve.js';
import type { Table } from '../../models/table.js';
import { mixedSample } from './frames.js';

const request = { folds: 2, repeats: 1, seed: 1, budgetSeconds: 60, clock: manualClock(0) };

const table: Table = {
  ...mixedSample(2000, 1),
  time: null,
  group: null,
  weights: null,
  positive: '1',
  notes: [],
};

describe('the learning curve of a table', () => {
  it('fits on nested shares of the first split, and judges all of them on the same rows', async () => {
    const points = await tableLearningCurve(table, { ...request, learner: 'logistic' });
    expect(points.map(({ share, trainRows }) => [share, trainRows])).toEqual([
      [1 / 8, 125],
      [1 / 4, 250],
      [1 / 2, 500],
      [1, 1000],
    ]);
    const [first] = points;
    const last = points.at(-1)!;
    expect(first!.gain).toBeNull();
    expect(last.newest.logLoss).toBeLessThan(first!.newest.logLoss);
    expect(last.newest.interval.low).toBeLessThanOrEqual(last.newest.averagePrecision);
  });

  it('draws groups whole for its intervals', async () => {
    const group = Int32Array.from({ length: 2000 }, (_, row) => row >> 1);
    const points = await tableLearningCurve({ ...table, group }, { ...request, learner: 'logistic' });
    expect(points).toHaveLength(4);
  });
});
