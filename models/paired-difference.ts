/**
 * How much better one score is than another on the same rows: the difference of a ranking metric or of a mean loss and its
 * interval, with both scores measured on every resample. Far narrower than two intervals side by side, since the rows' luck cancels.
 * Source: Efron and Tibshirani 1993, chapter 16.
 */
import { bootstrap, bootstrapDefaults, type Interval } from './bootstrap.js';
import { curveOf, rank, type Curve } from './curve.js';

export interface PairedScores {
  readonly y: Uint8Array;
  /** Whole clusters are drawn where given, else rows within their class (n). */
  readonly cluster?: Int32Array | undefined;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

export interface Difference {
  /** Of the first score over the second. */
  readonly value: number;
  /** 95 %. */
  readonly interval: Interval;
}

export function pairedDifference(
  { y, cluster, first, second }: PairedScores,
  metric: (curve: Curve) => number,
  seed: number,
): Difference {
  const [ofFirst, ofSecond] = [rank(y, first), rank(y, second)];
  const difference = (counts?: Int32Array): number =>
    metric(curveOf(ofFirst, counts)) - metric(curveOf(ofSecond, counts));
  return { value: difference(), interval: intervalOf({ y, cluster }, difference, seed) };
}

/** `first` and `second` hold each row's loss: the difference of their means. */
export function pairedMeanDifference({ y, cluster, first, second }: PairedScores, seed: number): Difference {
  const gaps = first.map((loss, row) => loss - second[row]!);
  const mean = (counts?: Int32Array): number => {
    let [sum, rows] = [0, 0];
    for (let row = 0; row < gaps.length; row++) {
      const count = counts?.[row] ?? 1;
      sum += count * gaps[row]!;
      rows += count;
    }
    return sum / rows;
  };
  return { value: mean(), interval: intervalOf({ y, cluster }, mean, seed) };
}

function intervalOf(
  { y, cluster }: Pick<PairedScores, 'y' | 'cluster'>,
  difference: (counts: Int32Array) => number,
  seed: number,
): Interval {
  const { interval } = bootstrap(
    { y, ...(cluster === undefined ? {} : { cluster }) },
    (counts) => ({ interval: difference(counts) }),
    { ...bootstrapDefaults, seed, draw: cluster === undefined ? 'classes' : 'clusters' },
  );
  return interval;
}
