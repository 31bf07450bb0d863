/**
 * What a model owes to a group of features: how much average precision it loses on a block it has not seen when the
 * group's values are dealt to other rows. A group is shuffled together, since of two features that say nearly the same
 * either can be shuffled without harm. Sources: Breiman 2001; Fisher, Rudin and Dominici 2019 (groups and model reliance).
 */
import { seededRandom, type Random } from '../core/random.js';
import { bootstrap, bootstrapDefaults, type Interval } from './bootstrap.js';
import type { FitProgress, Frame, Model } from './contract.js';
import { averagePrecisionOf, curveOf, rank, type Ranking } from './curve.js';
import { shuffled, takeLabels, takeRows } from './split.js';

export interface FeatureGroup {
  readonly name: string;
  readonly features: readonly string[];
}

export interface GroupImportance {
  readonly group: string;
  readonly features: readonly string[];
  /** Average precision lost, mean over the repeats; near or below zero: the model does not need the group. */
  readonly loss: number;
  /** 95 %, over other draws of the block's rows. */
  readonly interval: Interval;
}

export interface ImportanceBlock {
  readonly frame: Frame;
  readonly y: Uint8Array;
  /** Drawn whole for the intervals (n). */
  readonly cluster?: Int32Array | undefined;
}

export interface ImportanceSettings {
  readonly repeats: number;
  readonly resamples: number;
  readonly mostNegatives: number;
  readonly seed: number;
  readonly onProgress?: FitProgress;
}

export const importanceDefaults = {
  repeats: 3, // The draw of the shuffle matters less than the draw of the rows, which the interval covers.
  resamples: 100, // The ends of the interval then move by a sixth of its width.
  mostNegatives: 20_000, // Beyond this, negatives are sampled and weighted back: positives are what is scarce.
} as const;

/** The most important group first. Groups without a value in the block are left out. */
export function permutationImportance(
  model: Model,
  block: ImportanceBlock,
  groups: readonly FeatureGroup[],
  settings: ImportanceSettings,
): GroupImportance[] {
  const random = seededRandom(settings.seed).fork('permutation importance');
  const sample = sampleBlock(block, settings.mostNegatives, random);
  const known = groups
    .map(({ name, features }) => ({ name, features: features.filter((one) => varies(sample.frame, one)) }))
    .filter(({ features }) => features.length > 0);
  const intact = rank(sample.y, model.predict(sample.frame));
  const steps = known.length * settings.repeats;
  const broken = known.map(({ features }, k) =>
    Array.from({ length: settings.repeats }, (_, repeat) => {
      const order = Int32Array.from(shuffled(Array.from(sample.y.keys()), random));
      const ranking = rank(sample.y, model.predict(shuffledColumns(sample.frame, features, order)));
      settings.onProgress?.(k * settings.repeats + repeat + 1, steps);
      return ranking;
    }),
  );
  return measured(known, intact, broken, sample, settings).sort((a, b) => b.loss - a.loss);
}

interface WeightedBlock extends ImportanceBlock {
  /** How many rows of the block each row stands for (n). */
  readonly weights: Float64Array;
}

function sampleBlock(block: ImportanceBlock, mostNegatives: number, random: Random): WeightedBlock {
  const positives = block.y.reduce((sum, label) => sum + label, 0);
  const keep = Math.min(1, mostNegatives / Math.max(1, block.y.length - positives));
  const rows = Int32Array.from(block.y.keys()).filter((row) => block.y[row] === 1 || random.unit() < keep);
  const y = takeLabels(block.y, rows);
  const { cluster } = block;
  return {
    frame: takeRows(block.frame, rows),
    y,
    cluster: cluster && Int32Array.from(rows, (row) => cluster[row]!),
    weights: Float64Array.from(y, (label) => (label === 1 ? 1 : 1 / keep)),
  };
}

function varies(frame: Frame, feature: string): boolean {
  const column = frame.columns[frame.names.indexOf(feature)];
  return column?.some((value) => !Object.is(value, column[0])) ?? false;
}

function shuffledColumns(frame: Frame, features: readonly string[], order: Int32Array): Frame {
  const columns = frame.columns.map((column, k) =>
    features.includes(frame.names[k]!) ? Float32Array.from(order, (row) => column[row]!) : column,
  );
  return { ...frame, columns };
}

function measured(
  groups: readonly FeatureGroup[],
  intact: Ranking,
  broken: readonly (readonly Ranking[])[],
  { y, cluster, weights }: WeightedBlock,
  { resamples, seed }: ImportanceSettings,
): GroupImportance[] {
  const product = new Float64Array(y.length);
  const losses = (counts?: Int32Array): number[] => {
    for (let row = 0; row < y.length; row++) product[row] = weights[row]! * (counts?.[row] ?? 1);
    const precision = (ranking: Ranking): number => averagePrecisionOf(curveOf(ranking, product));
    const whole = precision(intact);
    return broken.map(
      (repeats) =>
        whole - repeats.reduce((sum, ranking) => sum + precision(ranking), 0) / Math.max(1, repeats.length),
    );
  };
  const intervals = bootstrap(
    { y, ...(cluster === undefined ? {} : { cluster }) },
    (counts) => ({ ...losses(counts) }) as Record<number, number>,
    { ...bootstrapDefaults, resamples, seed, draw: cluster === undefined ? 'classes' : 'clusters' },
  );
  const all = losses();
  return groups.map(({ name, features }, k) => ({
    group: name,
    features,
    loss: all[k]!,
    interval: intervals[k]!,
  }));
}
