/**
 * What the trees minimise: logistic loss for a binary target, squared or quantile loss (Koenker and Bassett 1978) for a
 * number. The losses' slopes are in kernels/grow-loss.ts; here are the constant start, the loss that early stopping
 * watches, and what a target must be.
 */
import { AppError, assert } from '../../core/errors.js';
import type { Frame } from '../contract.js';
import { requireBothClasses } from '../fit-input.js';
import { averagePrecision, logLoss } from '../metrics.js';
import { sigmoid } from '../sigmoid.js';

export const OBJECTIVES = ['logistic', 'squared', 'quantile'] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** Labels 0 and 1 for the logistic loss, any numbers for the others (n). */
export type Target = Uint8Array | Float32Array | Float64Array;

export interface ObjectiveSettings {
  readonly objective: Objective;
  readonly quantile: number;
  readonly positiveWeight: number;
  readonly earlyStoppingMetric: 'log-loss' | 'average-precision';
}

/** Beyond these, sums of squares or of weights would leave the range of a double or a float. */
const LARGEST_TARGET = 1e100;
const LARGEST_WEIGHT = 1e30;
/** Log-odds that no leaf needs to exceed. */
const LARGEST_LOG_ODDS = 1024;

/** Throws `one-class`, `bad-target` or `bad-weights` in one line that says what to change. */
export function requireTarget(
  frame: Frame,
  y: Target,
  weights: Float32Array | undefined,
  { objective }: ObjectiveSettings,
): void {
  assert(weights === undefined || weights.length === y.length, 'one weight for each row');
  if (weights?.some((weight) => !(weight >= 0 && weight <= LARGEST_WEIGHT))) {
    const message = `a weight is negative, missing or beyond ${LARGEST_WEIGHT}; make every one a finite share`;
    throw new AppError('bad-input', 'bad-weights', message);
  }
  if (objective === 'logistic') {
    assert(y instanceof Uint8Array, 'the target of the logistic loss holds 0 and 1 in bytes');
    requireBothClasses(frame, y);
    return;
  }
  assert(frame.rows === y.length, `the frame has ${frame.rows} rows and the target ${y.length}`);
  if (y.length === 0) throw new AppError('bad-input', 'no-rows', 'the training part has no rows');
  const bad = y.findIndex((value) => !(Math.abs(value) <= LARGEST_TARGET));
  if (bad < 0) return;
  const message = `the target of row ${bad} is ${y[bad]}; leave rows without a finite number out`;
  throw new AppError('bad-input', 'bad-target', message);
}

/** The best constant: log-odds, mean or quantile. Throws `bad-weights` when the weights leave a class or all rows out. */
export function startOf(y: Target, weights: Float32Array | undefined, settings: ObjectiveSettings): number {
  const weightOf = (row: number): number => weights?.[row] ?? 1;
  if (settings.objective === 'quantile') {
    requireWeight(y.some((_, row) => weightOf(row) > 0));
    return weightedQuantile(Float64Array.from(y), weights && Float64Array.from(weights), settings.quantile);
  }
  const isLogistic = settings.objective === 'logistic';
  let sum = 0;
  let total = 0;
  for (let row = 0; row < y.length; row++) {
    const weight = weightOf(row) * (isLogistic && y[row] === 1 ? settings.positiveWeight : 1);
    total += weight;
    sum += weight * y[row]!;
  }
  requireWeight(total > 0 && Number.isFinite(total));
  if (!isLogistic) return sum / total;
  requireWeight(sum > 0 && sum < total);
  return Math.log(sum / (total - sum));
}

function requireWeight(isEnough: boolean): void {
  if (isEnough) return;
  throw new AppError(
    'bad-input',
    'bad-weights',
    'the weights leave one class or all rows without any; give them positive finite weight',
  );
}

/** Smallest value at which the weights up to it reach the share of all. */
export function weightedQuantile(
  values: Float64Array,
  weights: Float64Array | undefined,
  share: number,
): number {
  if (weights === undefined) {
    const sorted = values.toSorted();
    return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!;
  }
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const bound = share * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return values[order.find((at) => (sum += weights[at]!) >= bound) ?? order.at(-1)!]!;
}

/** What early stopping watches: less is better. */
export function watchedLoss(y: Target, scores: Float64Array, settings: ObjectiveSettings): number {
  switch (settings.objective) {
    case 'logistic': {
      const labels = y as Uint8Array; // By `requireTarget`.
      if (settings.earlyStoppingMetric === 'average-precision') return -averagePrecision(labels, scores);
      return logLoss(labels, scores.map(sigmoid));
    }
    case 'squared':
      return meanOf(scores, (score, row) => (y[row]! - score) ** 2);
    case 'quantile':
      return meanOf(scores, (score, row) => {
        const rest = y[row]! - score;
        return rest * (rest >= 0 ? settings.quantile : settings.quantile - 1);
      });
  }
}

function meanOf(values: Float64Array, of: (value: number, at: number) => number): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += of(values[at]!, at);
  return sum / values.length;
}

/** The grid of a fit's leaf values. */
export interface LeafGrid {
  /** A value is a whole number of these; a power of two. */
  readonly unit: number;
  /** No value is larger. */
  readonly largest: number;
}

/**
 * Leaf values are whole multiples of a power of two, small enough that the sum of one leaf a tree is exact in a double:
 * then the order of adding does not matter, neither to the fit nor to a prediction. 2^-32 for log-odds of up to 511 trees.
 */
export function leafGridOf(
  y: Target,
  start: number,
  trees: number,
  { objective }: ObjectiveSettings,
): LeafGrid {
  let spread = 0;
  for (const value of y) spread = Math.max(spread, Math.abs(value - start));
  const largest = objective === 'logistic' ? LARGEST_LOG_ODDS : 2 * spread || 1;
  return { unit: 2 ** (Math.ceil(Math.log2(largest * (trees + 1))) - 51), largest };
}

export function roundToGrid(value: number, { unit, largest }: LeafGrid): number {
  return Math.round(Math.max(-largest, Math.min(largest, value)) / unit) * unit;
}
