/**
 * True and false positives at every distinct score, from which all ranking metrics follow. Rows of equal score are one
 * step: no order among them is assumed. Source: Fawcett 2006.
 */
import { AppError, assert } from '../core/errors.js';
import { orderDescending } from './sort.js';

/** Rows in descending order of their score; computed once and reused by every resample. */
export interface Ranking {
  readonly y: Uint8Array;
  readonly order: Int32Array;
  /** 1 where the row at this place of the order is the last of its score (n). */
  readonly endsStep: Uint8Array;
}

export interface Curve {
  /** Cumulative weights after each step, highest score first (steps). */
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
}

export function rank(y: Uint8Array, scores: Float64Array): Ranking {
  assert(y.length === scores.length, 'one score for each outcome');
  const order = orderDescending(scores);
  const endsStep = new Uint8Array(order.length);
  for (let i = 0; i < order.length; i++) {
    endsStep[i] = i + 1 === order.length || scores[order[i]!] !== scores[order[i + 1]!] ? 1 : 0;
  }
  return { y, order, endsStep };
}

/** `counts` says how often each row counts (n), once by default. Throws `one-class` when a class has no weight. */
export function curveOf({ y, order, endsStep }: Ranking, counts?: ArrayLike<number>): Curve {
  const truePositives: number[] = [];
  const falsePositives: number[] = [];
  let tp = 0;
  let fp = 0;
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const count = counts === undefined ? 1 : counts[row]!;
    if (y[row] === 1) tp += count;
    else fp += count;
    if (endsStep[i] === 0) continue;
    truePositives.push(tp);
    falsePositives.push(fp);
  }
  if (tp === 0 || fp === 0) {
    throw new AppError(
      'bad-input',
      'one-class',
      'the scored rows hold one class only; ranking metrics need both',
    );
  }
  return {
    truePositives: Float64Array.from(truePositives),
    falsePositives: Float64Array.from(falsePositives),
  };
}

/** Area under the ROC curve: P(a positive outranks a negative) with ties counted half. */
export function aucOf({ truePositives, falsePositives }: Curve): number {
  let area = 0;
  let tp = 0;
  let fp = 0;
  for (let i = 0; i < truePositives.length; i++) {
    area += (falsePositives[i]! - fp) * (truePositives[i]! + tp);
    tp = truePositives[i]!;
    fp = falsePositives[i]!;
  }
  return area / 2 / (tp * fp);
}

/** Average precision: sum of (recall step) x precision, without interpolation, as scikit-learn defines it. */
export function averagePrecisionOf({ truePositives, falsePositives }: Curve): number {
  let sum = 0;
  let before = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const tp = truePositives[i]!;
    if (tp > before) sum += ((tp - before) * tp) / (tp + falsePositives[i]!);
    before = tp;
  }
  return sum / before;
}

/** The largest recall whose false positive rate is at most `bound`. */
export function recallAtFprOf({ truePositives, falsePositives }: Curve, bound: number): number {
  const last = truePositives.length - 1;
  const allowed = bound * falsePositives[last]!;
  let recall = 0;
  for (let i = 0; i <= last && falsePositives[i]! <= allowed; i++)
    recall = truePositives[i]! / truePositives[last]!;
  return recall;
}
