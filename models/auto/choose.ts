/**
 * From the judged finalists to one answer: the best of them or of their averages, but the reference unless another beats it
 * by more than the standard error of their paired difference, and calibrated where a map learned on one half of the held-out
 * rows helps the other half by as much. Every comparison is on rows that no finalist was fitted on.
 */
import { averageProbabilities } from '../average.js';
import { calibrated, fitCalibration } from '../calibrate.js';
import type { Calibration, CalibrationMethod } from '../calibrate.js';
import type { Split } from '../split.js';
import { takeLabels } from '../split.js';
import { meanLoss } from './halving.js';
import type { Judged } from './halving.js';
import type { Recipe } from './recipe.js';
import type { TrainingPart } from './training-part.js';

export interface Choice {
  /** One, or the members of an average. */
  readonly members: readonly [Judged, ...Judged[]];
  readonly calibration: Calibration | null;
  /** Why the best was not taken, where it was not. */
  readonly reason: string | null;
}

const MOST_MEMBERS = 3;

export function choose(
  part: TrainingPart,
  splits: readonly Split[],
  finalists: readonly Judged[],
  reference: Recipe | null,
): Choice {
  const options = subsets(finalists, MOST_MEMBERS).map((members) => {
    const predictions = splits.map((_, k) =>
      members.length === 1
        ? members[0].predictions[k]!
        : averageProbabilities(members.map((member) => member.predictions[k]!)),
    );
    return { members, predictions, loss: meanLoss(part.y, splits, predictions) };
  });
  const best = options.reduce((least, one) => (one.loss < least.loss ? one : least));
  const floor = options.find(({ members }) => members.length === 1 && members[0].recipe === reference);
  const holdout = holdoutOf(part, splits);
  const isProven = floor === undefined || isBetter(holdout, join(best.predictions), join(floor.predictions));
  const taken = isProven ? best : floor;
  return {
    members: taken.members,
    calibration: usefulCalibration(holdout, join(taken.predictions)),
    reason: taken === best ? null : 'nothing beats it by more than a standard error',
  };
}

/** The held-out rows of all splits, one after the other. */
interface Holdout {
  readonly y: Uint8Array;
  /** Rows of one cluster err together (n). */
  readonly cluster: Int32Array;
}

function holdoutOf({ y, group }: TrainingPart, splits: readonly Split[]): Holdout {
  const rows = Int32Array.from(splits.flatMap(({ test }) => [...test]));
  return { y: takeLabels(y, rows), cluster: group === undefined ? rows : rows.map((row) => group[row]!) };
}

function join(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

/** Is the mean log-loss of `one` below that of `other` by more than the standard error of the difference? */
function isBetter({ y, cluster }: Holdout, one: Float64Array, other: Float64Array): boolean {
  const gains = y.reduce((sum, label, i) => sum + rowLoss(label, other[i]!) - rowLoss(label, one[i]!), 0);
  const mean = gains / y.length;
  const deviations = new Map<number, number>();
  y.forEach((label, i) => {
    const gain = rowLoss(label, other[i]!) - rowLoss(label, one[i]!);
    deviations.set(cluster[i]!, (deviations.get(cluster[i]!) ?? 0) + gain - mean);
  });
  let squares = 0;
  for (const deviation of deviations.values()) squares += deviation ** 2;
  const clusters = deviations.size;
  return clusters > 1 && mean > Math.sqrt((squares * clusters) / (clusters - 1)) / y.length;
}

function rowLoss(label: number, p: number): number {
  return -Math.log(Math.max(1e-15, label === 1 ? p : 1 - p));
}

/** Fewer rows of a class than this do not show a curve. */
const LEAST_OF_A_CLASS_TO_CALIBRATE = 100;
/** Isotonic steps need many positives; two parameters do not. */
const LEAST_OF_A_CLASS_FOR_STEPS = 1000;

function usefulCalibration(holdout: Holdout, p: Float64Array): Calibration | null {
  const positives = holdout.y.reduce((sum, label) => sum + label, 0);
  const rarest = Math.min(positives, holdout.y.length - positives);
  if (rarest < LEAST_OF_A_CLASS_TO_CALIBRATE) return null;
  const methods: CalibrationMethod[] =
    rarest < LEAST_OF_A_CLASS_FOR_STEPS ? ['platt'] : ['platt', 'isotonic'];
  const useful = methods.filter((method) => isBetter(holdout, crossCalibrated(holdout.y, p, method), p));
  const method = useful.at(0);
  return method === undefined ? null : fitCalibration(method, holdout.y, p);
}

/** Every row calibrated by the map of the rows of the other parity within its class, which both halves thus share alike. */
function crossCalibrated(y: Uint8Array, p: Float64Array, method: CalibrationMethod): Float64Array {
  const seen = [0, 0];
  const half = y.map((label) => seen[label]!++ % 2);
  const maps = [0, 1].map((side) => {
    const others = Int32Array.from(y.keys()).filter((i) => half[i] !== side);
    return fitCalibration(
      method,
      takeLabels(y, others),
      Float64Array.from(others, (i) => p[i]!),
    );
  });
  return p.map((probability, i) => calibrated(probability, maps[half[i]!]!));
}

function subsets<T>(items: readonly T[], most: number): (readonly [T, ...T[]])[] {
  const found: (readonly [T, ...T[]])[] = [];
  const extend = (chosen: readonly T[], from: number): void => {
    for (let k = from; k < items.length; k++) {
      const next = [...chosen, items[k]!] as const;
      const [first, ...others] = next;
      found.push([first, ...others]);
      if (next.length < most) extend(next, k + 1);
    }
  };
  extend([], 0);
  return found;
}
