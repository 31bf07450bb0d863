/**
 * The retry task: which learner with which settings, which debits fit, calibrate and test, and the figures. In time: what was chosen in the
 * last eighth tests, what was chosen in the eighth before it calibrates, and both only train or calibrate with results that were
 * known before the next part began.
 */
import { bootstrap, bootstrapDefaults, type Interval } from '../bootstrap.js';
import { calibrateModel, fitCalibration, type Calibration } from '../calibrate.js';
import type { Model } from '../contract.js';
import { aucOf, curveOf, rank } from '../curve.js';
import { logistic } from '../logistic.js';
import { brier, brierOf, calibrationError, logLoss } from '../metrics.js';
import { takeLabels, takeRows } from '../split.js';
import { boostedTrees } from '../trees/boosted-trees.js';
import type { RetryFrame } from '../../features/retry/rows.js';

export const RETRY_LEARNERS = ['trees', 'logistic'] as const;
export type RetryLearner = (typeof RETRY_LEARNERS)[number];

const PART = 1 / 8;
/** Fewer failures than this teach nothing that lasts. */
export const FEWEST_FAILURES = { fit: 100, calibrate: 20, test: 20 } as const;

const RETRY_TREES = {
  ...boostedTrees.defaults,
  trees: 300,
  learningRate: 0.04,
  maxLeaves: 8, // Three conditions at once: whose money, since when, against what amount.
  minRowsPerLeaf: 100, // A leaf of the failures then holds some twenty events.
  l2: 10, // Small leaves are noise.
  columnSubsample: 0.4, // Salary days and histories say nearly the same.
  earlyStoppingRounds: 0, // The newest rows are the most valuable ones, so none is held back.
  monotone: { amountToUsual: -1, amountToMostDebited: -1, amountToLastPaid: -1, ownBalanceShare: 1 }, // More money is never harder to find.
} as const;
const RETRY_LOGISTIC = { ...logistic.defaults, quantileBins: 5 } as const;

export interface RetrySpans {
  readonly fit: Int32Array;
  readonly calibrate: Int32Array;
  readonly test: Int32Array;
}

export function retrySpans({ rows }: Pick<RetryFrame, 'rows'>): RetrySpans {
  const chosenAt = (share: number): number =>
    rows[Math.min(rows.length - 1, Math.floor(rows.length * share))]?.chosenAtMs ?? 0;
  const [calibrateFrom, testFrom] = [chosenAt(1 - 2 * PART), chosenAt(1 - PART)];
  const pick = (from: number, until: number): Int32Array =>
    Int32Array.from(rows.keys()).filter((i) => {
      const { chosenAtMs, knownAtMs } = rows[i]!;
      return chosenAtMs >= from && knownAtMs < until;
    });
  return {
    fit: pick(-Infinity, calibrateFrom),
    calibrate: pick(calibrateFrom, testFrom),
    test: pick(testFrom, Infinity),
  };
}

export function fitRetryModel(
  { frame, y }: Pick<RetryFrame, 'frame' | 'y'>,
  fit: Int32Array,
  { learner, seed }: { readonly learner: RetryLearner; readonly seed: number },
): Model {
  const part = takeRows(frame, fit);
  const labels = takeLabels(y, fit);
  if (learner === 'logistic') return logistic.fit(part, labels, { settings: RETRY_LOGISTIC, seed });
  return boostedTrees.fit(part, labels, { settings: RETRY_TREES, seed });
}

export function calibrationOf(
  model: Model,
  { frame, y }: Pick<RetryFrame, 'frame' | 'y'>,
  calibrate: Int32Array,
): Calibration {
  return fitCalibration('platt', takeLabels(y, calibrate), model.predict(takeRows(frame, calibrate)));
}

/** For worlds in which nothing is judged: calibrated on the second span, then fitted again on everything. */
export function fitCalibratedRetry(
  made: RetryFrame,
  settings: { readonly learner: RetryLearner; readonly seed: number },
): Model {
  const { fit, calibrate } = retrySpans(made);
  const calibration = calibrationOf(fitRetryModel(made, fit, settings), made, calibrate);
  return calibrateModel(fitRetryModel(made, Int32Array.from(made.rows.keys()), settings), calibration);
}

export interface RetryFigures {
  readonly aucRoc: number;
  readonly brier: number;
  readonly logLoss: number;
  readonly calibrationError: number;
}

export function retryFigures(y: Uint8Array, probability: Float64Array): RetryFigures {
  return {
    aucRoc: aucOf(curveOf(rank(y, probability))),
    brier: brier(y, probability),
    logLoss: logLoss(y, probability),
    calibrationError: calibrationError(y, probability),
  };
}

/** 95 % bootstrap of whole payers. */
export function retryIntervals(
  y: Uint8Array,
  probability: Float64Array,
  cluster: Int32Array,
  seed: number,
): Readonly<Record<'aucRoc' | 'brier', Interval>> {
  const ranking = rank(y, probability);
  return bootstrap(
    { y, cluster },
    (counts) => ({ aucRoc: aucOf(curveOf(ranking, counts)), brier: weightedBrier(y, probability, counts) }),
    { ...bootstrapDefaults, draw: 'clusters', seed },
  );
}

function weightedBrier(y: Uint8Array, probability: Float64Array, counts: Int32Array): number {
  let sum = 0;
  let rows = 0;
  for (let i = 0; i < y.length; i++) {
    sum += counts[i]! * brierOf(y[i]!, probability[i]!);
    rows += counts[i]!;
  }
  return sum / rows;
}
