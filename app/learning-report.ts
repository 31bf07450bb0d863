/** A learning curve in words: one line a sample, and what the last step says about more rows. */
import type { LearningPoint } from '../models/learning-curve.js';
import { range } from './text-table.js';

export function learningHeader(first: string, positives = 'frauds'): string[] {
  return [first, 'rows', positives, 'log-loss: train', 'test', 'AP: train', 'test (95 %)', 'gain (95 %)'];
}

export function learningRow(first: string, { train, newest, gain, ...point }: LearningPoint): string[] {
  return [
    first,
    String(point.trainRows),
    String(point.trainPositives),
    train.logLoss.toFixed(5),
    newest.logLoss.toFixed(5),
    train.averagePrecision.toFixed(4),
    `${newest.averagePrecision.toFixed(4)} (${range(newest.interval)})`,
    gain === null ? '' : `${gain.value.toFixed(4)} (${range(gain.interval)})`,
  ];
}

/** What the last step says; `rows` is what they are called. */
export function learningSentence(points: readonly LearningPoint[], rows: string): string[] {
  const last = points.at(-1);
  if (last === undefined || last.gain === null) return [];
  const { value, interval } = last.gain;
  const verdict =
    interval.low > 0
      ? `more ${rows} would help further`
      : interval.high < 0
        ? `more ${rows} made it worse: look at what changed`
        : `more ${rows} of the same kind would change little`;
  const apart = last.train.averagePrecision - last.newest.averagePrecision;
  return [
    `the last doubling brought ${value.toFixed(4)} average precision: ${verdict}; training rows are ${apart.toFixed(2)} above the test`,
  ];
}
