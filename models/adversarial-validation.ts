/**
 * Do the newest rows look like those the model was fitted on? Small trees try to tell the two periods apart: an AUC near
 * one half says that they cannot, and that the test speaks for tomorrow; otherwise the features by which they succeed are
 * named. Each owner's rows stay on one side of the fit, or its habits would give the period away.
 * Sources: classifier two-sample tests (Lopez-Paz and Oquab 2017); attributions by TreeSHAP (Lundberg et al. 2020).
 */
import { seededRandom, type Random } from '../core/random.js';
import { bootstrap, bootstrapDefaults, type Interval } from './bootstrap.js';
import type { FitProgress, Frame, Model } from './contract.js';
import { aucOf, curveOf, rank } from './curve.js';
import { groupedFolds } from './grouped-folds.js';
import { aucRoc } from './metrics.js';
import { takeLabels, takeRows } from './split.js';
import { boostedTrees } from './trees/boosted-trees.js';

export interface Period {
  readonly frame: Frame;
  /** Who made each row, in codes that both periods share (n). */
  readonly owner: Int32Array;
}

export interface PeriodDifference {
  /** Of telling newer from older rows, on rows that the trees were not fitted on. */
  readonly aucRoc: number;
  /** 95 %, owners drawn whole. */
  readonly interval: Interval;
  /** Sampled from each period. */
  readonly rows: number;
  /** Those that say most, first. */
  readonly features: readonly DriftingFeature[];
}

export interface DriftingFeature {
  readonly feature: string;
  /** Of what all features together say, 0 to 1. */
  readonly share: number;
  /** P(a newer value exceeds an older one), ties half; missing is lowest. One half: no shift. Null for categories. */
  readonly exceeds: number | null;
  /** Medians of the known values; null when none is known. */
  readonly olderMedian: number | null;
  readonly newerMedian: number | null;
}

export interface AdversarialSettings {
  readonly features: readonly string[];
  readonly mostRows: number;
  readonly named: number;
  readonly seed: number;
  readonly onProgress?: FitProgress;
}

export const adversarialDefaults = {
  mostRows: 10_000, // From each period: the AUC is then known to about a hundredth.
  named: 10, // A longer list of drifting features is not read.
} as const;

const TELLING_TREES = {
  ...boostedTrees.defaults,
  trees: 60, // Enough for a shift that matters; a hundredth of AUC more is of no use.
  learningRate: 0.1,
  maxLeaves: 8, // Shifts are mostly of one feature or two.
  minRowsPerLeaf: 50, // Or single owners are learned.
  maxBins: 15, // Coarse, since an exact maximum or mean would give its owner away.
  columnSubsample: 0.3, // Windows that say the same take turns, so that each is named.
  earlyStoppingRounds: 0, // No rows are held back.
} as const;

/** Explaining costs most, and the mean size of a few hundred contributions is stable. */
const EXPLAINED_ROWS = 300;

export function adversarialValidation(
  older: Period,
  newer: Period,
  settings: AdversarialSettings,
): PeriodDifference {
  const { frame, owner, isNewer } = samplePeriods(older, newer, settings);
  const folds = groupedFolds(isNewer, owner, { folds: 2, repeats: 1, seed: settings.seed });
  const probabilities = new Float64Array(frame.rows);
  const contributions = new Float64Array(frame.names.length);
  for (const [k, { train, test }] of folds.entries()) {
    const model = boostedTrees.fit(takeRows(frame, train), takeLabels(isNewer, train), {
      settings: TELLING_TREES,
      seed: settings.seed,
      onProgress: (done, total) => settings.onProgress?.(k + done / total, folds.length),
    });
    const told = model.predict(takeRows(frame, test));
    test.forEach((row, i) => (probabilities[row] = told[i]!));
    addContributions(model, frame, test, contributions);
  }
  const ranking = rank(isNewer, probabilities);
  const { auc } = bootstrap(
    { y: isNewer, cluster: owner },
    (counts) => ({ auc: aucOf(curveOf(ranking, counts)) }),
    { ...bootstrapDefaults, seed: settings.seed, draw: 'clusters' },
  );
  return {
    aucRoc: aucOf(curveOf(ranking)),
    interval: auc,
    rows: isNewer.length / 2,
    features: tellingFeatures(frame, isNewer, contributions, settings.named),
  };
}

interface Periods {
  readonly frame: Frame;
  readonly owner: Int32Array;
  readonly isNewer: Uint8Array;
}

/** As many rows of the one as of the other, so that one half is chance and the trees have no base rate to lean on. */
function samplePeriods(
  older: Period,
  newer: Period,
  { features, mostRows, seed }: AdversarialSettings,
): Periods {
  const random = seededRandom(seed).fork('adversarial validation');
  const size = Math.min(mostRows, older.frame.rows, newer.frame.rows);
  const drawn = [older, newer].map((period) => ({ period, rows: drawRows(period.frame.rows, size, random) }));
  const both = (valuesOf: (period: Period) => ArrayLike<number>): number[] =>
    drawn.flatMap(({ period, rows }) => {
      const values = valuesOf(period);
      return Array.from(rows, (row) => values[row]!);
    });
  const told = features
    .map((name) => {
      const column = both(({ frame }) => frame.columns[frame.names.indexOf(name)]!);
      return { name, column: Float32Array.from(column) };
    })
    .filter(({ column }) => column.some((value) => !Object.is(value, column[0])));
  return {
    frame: {
      rows: 2 * size,
      names: told.map(({ name }) => name),
      columns: told.map(({ column }) => column),
      categorical: older.frame.categorical.filter((name) => told.some((one) => one.name === name)),
    },
    owner: Int32Array.from(both(({ owner }) => owner)),
    isNewer: Uint8Array.from({ length: 2 * size }, (_, row) => (row < size ? 0 : 1)),
  };
}

/** `size` of the rows, ascending, every choice equally likely (Knuth, algorithm S). */
function drawRows(rows: number, size: number, random: Random): Int32Array {
  const drawn = new Int32Array(size);
  for (let row = 0, taken = 0; taken < size; row++) {
    if (random.unit() * (rows - row) < size - taken) drawn[taken++] = row;
  }
  return drawn;
}

/** Adds the sizes of the contributions to the log-odds of some rows. */
function addContributions(model: Model, frame: Frame, rows: Int32Array, into: Float64Array): void {
  const step = Math.max(1, Math.floor(rows.length / EXPLAINED_ROWS));
  for (let i = 0; i < rows.length; i += step) {
    const values = Float32Array.from(frame.columns, (column) => column[rows[i]!]!);
    const contributions = model.explain(values);
    for (let k = 0; k < into.length; k++) into[k]! += Math.abs(contributions[k]!);
  }
}

function tellingFeatures(
  frame: Frame,
  isNewer: Uint8Array,
  contributions: Float64Array,
  named: number,
): DriftingFeature[] {
  const total = contributions.reduce((sum, one) => sum + one, 0);
  if (total === 0) return [];
  const first = Array.from(contributions.keys())
    .filter((k) => contributions[k]! > 0)
    .sort((a, b) => contributions[b]! - contributions[a]!)
    .slice(0, named);
  return first.map((k) => {
    const column = frame.columns[k]!;
    const median = (period: number): number | null =>
      medianOf(column.filter((_, row) => isNewer[row] === period));
    return {
      feature: frame.names[k]!,
      share: contributions[k]! / total,
      exceeds: frame.categorical.includes(frame.names[k]!) ? null : exceeds(column, isNewer),
      olderMedian: median(0),
      newerMedian: median(1),
    };
  });
}

function exceeds(column: Float32Array, isNewer: Uint8Array): number {
  return aucRoc(
    isNewer,
    Float64Array.from(column, (value) => (Number.isNaN(value) ? -Number.MAX_VALUE : value)),
  );
}

function medianOf(values: Float32Array): number | null {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  return known.length === 0 ? null : known[known.length >> 1]!;
}
