/**
 * Learning curves: a model fitted on growing samples of the training rows, each judged on its own rows and on one fixed
 * newest block. The distance between the two is what it learned by heart; the last step says what more rows would bring.
 * Samples nest, so that a step adds rows and changes none. Source: Cortes et al. 1993; Viering and Loog 2022.
 */
import { seededRandom } from '../core/random.js';
import { bootstrap, bootstrapDefaults, type Interval } from './bootstrap.js';
import type { FitProgress, Frame, Model } from './contract.js';
import { averagePrecisionOf, curveOf, rank } from './curve.js';
import { averagePrecision, logLoss } from './metrics.js';
import { pairedDifference, type Difference } from './paired-difference.js';
import { hasBothClasses, shuffled, takeLabels, takeRows } from './split.js';

/** Each step doubles the rows: less would drown in noise. */
export const LEARNING_SHARES = [1 / 8, 1 / 4, 1 / 2, 1];

export interface TrainingSample {
  readonly share: number;
  /** Numbers of training rows, ascending. */
  readonly rows: Int32Array;
}

/** A share of each class, drawn at random; smaller samples are part of larger ones. `shares` are in (0, 1]. */
export function randomSamples(y: Uint8Array, shares: readonly number[], seed: number): TrainingSample[] {
  const random = seededRandom(seed).fork('learning curve');
  const classes = [0, 1].map((label) =>
    shuffled(
      Array.from(y.keys()).filter((row) => y[row] === label),
      random,
    ),
  );
  return shares.map((share) => ({
    share,
    rows: Int32Array.from(classes.flatMap((rows) => rows.slice(0, Math.round(share * rows.length)))).sort(),
  }));
}

interface BlockScores {
  readonly logLoss: number;
  readonly averagePrecision: number;
}

export interface LearningPoint {
  readonly share: number;
  readonly trainRows: number;
  readonly trainPositives: number;
  /** On the rows that it was fitted on. */
  readonly train: BlockScores;
  /** On the newest block, which no sample touches. */
  readonly newest: BlockScores & { readonly interval: Interval };
  /** Average precision over the point before on the newest block; null in the first. */
  readonly gain: Difference | null;
}

export interface LearningRequest {
  readonly train: { readonly frame: Frame; readonly y: Uint8Array };
  readonly newest: {
    readonly frame: Frame;
    readonly y: Uint8Array;
    /** Drawn whole for the intervals (n). */
    readonly cluster?: Int32Array | undefined;
  };
  /** Smallest first. A sample without both classes is left out. */
  readonly samples: readonly TrainingSample[];
  readonly fit: (rows: Int32Array, onProgress: FitProgress) => Model | Promise<Model>;
  readonly seed: number;
  readonly onProgress?: FitProgress;
}

export async function learningCurve(request: LearningRequest): Promise<LearningPoint[]> {
  const { train, newest, fit, onProgress } = request;
  const samples = request.samples.filter(({ rows }) => hasBothClasses(takeLabels(train.y, rows)));
  const points: LearningPoint[] = [];
  let before: Float64Array | null = null;
  for (const [k, { share, rows }] of samples.entries()) {
    const model = await fit(rows, (done, total) => onProgress?.(k + done / total, samples.length));
    const y = takeLabels(train.y, rows);
    const probabilities = model.predict(newest.frame);
    points.push({
      share,
      trainRows: rows.length,
      trainPositives: y.reduce((sum, label) => sum + label, 0),
      train: scoresOf(y, model.predict(takeRows(train.frame, rows))),
      newest: { ...scoresOf(newest.y, probabilities), interval: precisionInterval(request, probabilities) },
      gain: before === null ? null : gainOf(request, probabilities, before),
    });
    before = probabilities;
  }
  return points;
}

function scoresOf(y: Uint8Array, probabilities: Float64Array): BlockScores {
  return { logLoss: logLoss(y, probabilities), averagePrecision: averagePrecision(y, probabilities) };
}

function gainOf(
  { newest: { y, cluster }, seed }: LearningRequest,
  first: Float64Array,
  second: Float64Array,
): Difference {
  return pairedDifference({ y, cluster, first, second }, averagePrecisionOf, seed);
}

function precisionInterval(
  { newest: { y, cluster }, seed }: LearningRequest,
  probabilities: Float64Array,
): Interval {
  const ranking = rank(y, probabilities);
  return bootstrap(
    { y, ...(cluster === undefined ? {} : { cluster }) },
    (counts) => ({ averagePrecision: averagePrecisionOf(curveOf(ranking, counts)) }),
    { ...bootstrapDefaults, seed, draw: cluster === undefined ? 'classes' : 'clusters' },
  ).averagePrecision;
}
