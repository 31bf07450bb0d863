/**
 * Rank-Gaussian knots of a number: quantiles of the training values and the standard normal score of their mid-ranks,
 * joined by straight lines and flat beyond the ends. A net then sees every number on one scale, whatever its tails or its
 * unit. Sources: van der Waerden 1952; the error function and its inverse after Winitzki 2008 (error below 2e-3).
 */
import { lowerBound } from '../../features/lower-bound.js';

export interface Knots {
  /** Distinct finite values, ascending. */
  readonly values: readonly number[];
  /** Normal score of each. */
  readonly scores: readonly number[];
}

/** Ranks of so many values are as good as those of all: the error of a quantile is about 0.2 %. */
const MOST_SAMPLED = 100_000;

/** At most `most` knots of the finite values of `columns` taken together. No finite value, no knots. */
export function fitKnots(columns: readonly Float32Array[], most: number): Knots {
  const sorted = sample(columns).sort();
  const values: number[] = [];
  const scores: number[] = [];
  // Knots lie evenly in score, not in rank: a threshold far out in a tail needs its own, and rare rows decide there.
  const end = sorted.length === 0 ? 0 : normalQuantile(1 - 0.5 / sorted.length);
  for (let k = 0; k < most && sorted.length > 0; k++) {
    const share = normalShare(end * ((2 * k) / (most - 1) - 1));
    const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    if (values.at(-1) === value) continue;
    // Equal values share the middle of their ranks.
    const middle = (lowerBound(sorted, value) + upperBound(sorted, value)) / 2;
    values.push(value);
    scores.push(normalQuantile(middle / sorted.length));
  }
  return { values, scores };
}

/** The score of a value that is not NaN; infinities take the score of the ends. */
export function scoreOf({ values, scores }: Knots, value: number): number {
  const last = values.length - 1;
  if (value <= values[0]!) return scores[0]!;
  if (value >= values[last]!) return scores[last]!;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= value) low = middle;
    else high = middle;
  }
  const share = (value - values[low]!) / (values[high]! - values[low]!);
  return scores[low]! + share * (scores[high]! - scores[low]!);
}

function sample(columns: readonly Float32Array[]): Float32Array {
  const rows = columns.reduce((sum, column) => sum + column.length, 0);
  const stride = Math.max(1, Math.ceil(rows / MOST_SAMPLED));
  const taken = new Float32Array(Math.ceil(rows / stride) + columns.length);
  let n = 0;
  for (const column of columns) {
    for (let row = 0; row < column.length; row += stride) {
      const value = column[row]!;
      if (Number.isFinite(value)) taken[n++] = value;
    }
  }
  return taken.subarray(0, n);
}

function upperBound(ascending: Float32Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

const WINITZKI = 0.147;

/** The share of a standard normal below `score`. */
function normalShare(score: number): number {
  const square = (score * score) / 2;
  const decay = (square * (4 / Math.PI + WINITZKI * square)) / (1 + WINITZKI * square);
  return (1 + Math.sign(score) * Math.sqrt(1 - Math.exp(-decay))) / 2;
}

/** The inverse, of a share strictly between 0 and 1. */
function normalQuantile(share: number): number {
  const centred = 2 * share - 1;
  const log = Math.log(1 - centred * centred);
  const half = 2 / (Math.PI * WINITZKI) + log / 2;
  return Math.sign(centred) * Math.SQRT2 * Math.sqrt(Math.sqrt(half * half - log / WINITZKI) - half);
}
