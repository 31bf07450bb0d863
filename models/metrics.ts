/**
 * Metrics of a probability for a binary outcome. Every one takes y in {0, 1} (n) and scores (n). Ranking metrics take any
 * score; the others take probabilities in [0, 1]. Nothing here returns NaN: an undefined metric is an `AppError`.
 */
import { AppError, assert } from '../core/errors.js';
import { aucOf, averagePrecisionOf, curveOf, rank, recallAtFprOf } from './curve.js';

/** Keeps the log-loss of a certain but wrong prediction finite; scikit-learn clips near here too. */
const SMALLEST_PROBABILITY = 1e-15;

export function aucRoc(y: Uint8Array, scores: Float64Array): number {
  return aucOf(curveOf(rank(y, scores)));
}

export function averagePrecision(y: Uint8Array, scores: Float64Array): number {
  return averagePrecisionOf(curveOf(rank(y, scores)));
}

/** The largest recall whose false positive rate is at most `bound`. */
export function recallAtFpr(y: Uint8Array, scores: Float64Array, bound: number): number {
  return recallAtFprOf(curveOf(rank(y, scores)), bound);
}

/** Mean squared error of the probability (Brier 1950). */
export function brier(y: Uint8Array, probabilities: Float64Array): number {
  return meanOf(y, probabilities, brierOf);
}

export function logLoss(y: Uint8Array, probabilities: Float64Array): number {
  return meanOf(y, probabilities, logLossOf);
}

/** Of one row, as `brier` and `logLoss` average it. */
export function brierOf(label: number, p: number): number {
  return (p - label) ** 2;
}

export function logLossOf(label: number, p: number): number {
  const ofOutcome = label === 1 ? p : 1 - p;
  return -Math.log(Math.max(SMALLEST_PROBABILITY, ofOutcome));
}

/** Share of rows on the right side of `threshold`; a probability equal to it predicts 1. */
export function accuracy(y: Uint8Array, probabilities: Float64Array, threshold = 0.5): number {
  return meanOf(y, probabilities, (label, p) => (p >= threshold === (label === 1) ? 1 : 0));
}

/** Accuracy of always answering the larger class: the baseline of `accuracy`. */
export function majorityAccuracy(y: Uint8Array): number {
  requireRows(y);
  const positives = y.reduce((sum, label) => sum + label, 0);
  return Math.max(positives, y.length - positives) / y.length;
}

/** Expected calibration error over equal-width bins (Naeini et al. 2015): row-weighted |mean p - mean y|. */
export function calibrationError(y: Uint8Array, probabilities: Float64Array, bins = 10): number {
  requireRows(y);
  const gaps = new Float64Array(bins);
  for (let row = 0; row < y.length; row++) {
    const p = probabilities[row]!;
    gaps[Math.min(bins - 1, Math.floor(p * bins))]! += p - y[row]!;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / y.length;
}

function meanOf(y: Uint8Array, scores: Float64Array, lossOf: (label: number, p: number) => number): number {
  requireRows(y);
  assert(y.length === scores.length, 'one score for each outcome');
  let sum = 0;
  for (let row = 0; row < y.length; row++) sum += lossOf(y[row]!, scores[row]!);
  return sum / y.length;
}

function requireRows(y: Uint8Array): void {
  if (y.length === 0)
    throw new AppError('bad-input', 'no-rows', 'there are no rows to measure; check the split');
}
