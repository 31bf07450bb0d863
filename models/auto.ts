/**
 * Chooses a learner for an unknown table on the training rows alone: boosted trees of several sizes, logistic regression
 * and their average compete on held-out parts by log-loss, which rewards ranking and calibration together. With `time` the
 * held-out part is the newest; otherwise folds. Trees are refitted on all rows with the number of trees that did best.
 */
import { averageModels, averageProbabilities } from './average.js';
import { boostedTrees } from './trees/boosted-trees.js';
import type { BoostedTreesSettings } from './trees/boosted-trees.js';
import type { Frame, Model } from './contract.js';
import { requireBothClasses } from './fit-input.js';
import { logistic } from './logistic.js';
import { logLoss } from './metrics.js';
import { stratifiedFolds, takeLabels, takeRows } from './split.js';
import type { Split } from './split.js';

export const TABLE_LEARNERS = ['auto', 'boosted-trees', 'logistic'] as const;
export type TableLearner = (typeof TABLE_LEARNERS)[number];

export interface AutoRequest {
  readonly learner: TableLearner;
  readonly seed: number;
  /** When each row happened (n): the newest rows then judge the candidates. */
  readonly at?: Float64Array;
}

export interface AutoFit {
  readonly model: Model;
  /** What was chosen, for people. */
  readonly chosen: string;
}

/** Tree shapes that compete: interactions of a few features where rows are few, deeper trees where they can be learned. */
const SMALL_SHAPES = [4, 8].map((maxLeaves) => ({ maxLeaves, minRowsPerLeaf: 20 }));
const LARGE_SHAPES = [8, 31].map((maxLeaves) => ({ maxLeaves, minRowsPerLeaf: 50 }));

const TREES: BoostedTreesSettings = {
  ...boostedTrees.defaults,
  trees: 600, // A bound: early stopping finds the number.
  learningRate: 0.05,
  columnSubsample: 0.5, // Correlated columns take turns, which is worth more than the best split each time.
  l2: 5, // Small tables need the shrinkage; large ones do not feel it.
};

const INNER_FOLDS = 5;
/** Beyond this one held-out part says enough, and folds would cost five fits of every candidate. */
const FOLDS_UP_TO_ROWS = 20_000;
/** Part that is held out when there are no folds. */
const HELD_OUT = 0.2;

export function fitAuto(frame: Frame, y: Uint8Array, { learner, seed, at }: AutoRequest): AutoFit {
  requireBothClasses(frame, y);
  if (learner === 'logistic') return { model: fitLogistic(frame, y), chosen: 'logistic' };
  const splits = innerSplits(y, seed, at);
  if (splits === null) return tooFewToChoose(frame, y, learner, seed);
  const competing = y.length <= FOLDS_UP_TO_ROWS ? SMALL_SHAPES : LARGE_SHAPES;
  const shapes = competing.map((shape) => judgeTrees(frame, y, splits, { ...TREES, ...shape }, seed));
  const trees = shapes.reduce((best, one) => (one.loss < best.loss ? one : best));
  const refit = (): Model => boostedTrees.fit(frame, y, { settings: trees.settings, seed });
  const description = `boosted-trees (${trees.settings.trees} trees of ${trees.settings.maxLeaves} leaves)`;
  if (learner === 'boosted-trees') return { model: refit(), chosen: description };
  const line = heldOut(frame, y, splits, (rows, labels) => fitLogistic(rows, labels));
  const outcomes = splits.map(({ test }) => takeLabels(y, test));
  const losses = {
    trees: trees.loss,
    line: meanLoss(outcomes, line),
    both: meanLoss(
      outcomes,
      line.map((one, k) => averageProbabilities([one, trees.predictions[k]!])),
    ),
  };
  if (losses.line < Math.min(losses.trees, losses.both))
    return { model: fitLogistic(frame, y), chosen: 'logistic' };
  if (losses.trees < losses.both) return { model: refit(), chosen: description };
  return {
    model: averageModels([refit(), fitLogistic(frame, y)]),
    chosen: `average of logistic and ${description}`,
  };
}

function fitLogistic(frame: Frame, y: Uint8Array): Model {
  return logistic.fit(frame, y, { settings: logistic.defaults, seed: 0 });
}

/** Without enough rows of both classes to hold some out, only the shrunken straight line is safe. */
function tooFewToChoose(
  frame: Frame,
  y: Uint8Array,
  learner: 'auto' | 'boosted-trees',
  seed: number,
): AutoFit {
  if (learner === 'auto')
    return { model: fitLogistic(frame, y), chosen: 'logistic, because the rows are too few to choose' };
  const settings = { ...TREES, ...SMALL_SHAPES[0], trees: 100 };
  return {
    model: boostedTrees.fit(frame, y, { settings, seed }),
    chosen: 'boosted-trees, not tuned: too few rows',
  };
}

function innerSplits(y: Uint8Array, seed: number, at: Float64Array | undefined): Split[] | null {
  const isUsable = (split: Split): boolean => bothClasses(y, split.train) && bothClasses(y, split.test);
  if (at !== undefined) {
    const split = newestHeldOut(at);
    return isUsable(split) ? [split] : null;
  }
  const positives = y.reduce((sum, label) => sum + label, 0);
  if (Math.min(positives, y.length - positives) < 2 * INNER_FOLDS) return null;
  const folds = stratifiedFolds(y, { folds: INNER_FOLDS, repeats: 1, seed });
  return y.length <= FOLDS_UP_TO_ROWS ? folds : folds.slice(0, 1);
}

function newestHeldOut(at: Float64Array): Split {
  const border = at.slice().sort()[Math.floor(at.length * (1 - HELD_OUT))]!;
  const rows = Int32Array.from(at.keys());
  return { train: rows.filter((row) => at[row]! < border), test: rows.filter((row) => at[row]! >= border) };
}

function bothClasses(y: Uint8Array, rows: Int32Array): boolean {
  const labels = takeLabels(y, rows);
  return labels.includes(0) && labels.includes(1);
}

interface JudgedTrees {
  readonly settings: BoostedTreesSettings;
  readonly predictions: readonly Float64Array[];
  readonly loss: number;
}

function judgeTrees(
  frame: Frame,
  y: Uint8Array,
  splits: readonly Split[],
  settings: BoostedTreesSettings,
  seed: number,
): JudgedTrees {
  const counts: number[] = [];
  const predictions = splits.map(({ train, test }) => {
    const validation = { frame: takeRows(frame, test), y: takeLabels(y, test) };
    const options = { settings, seed, validation };
    const model = boostedTrees.fit(takeRows(frame, train), takeLabels(y, train), options);
    counts.push(model.treeCount);
    return model.predict(validation.frame);
  });
  const trees = Math.max(1, Math.round(counts.reduce((sum, count) => sum + count, 0) / counts.length));
  const outcomes = splits.map(({ test }) => takeLabels(y, test));
  return { settings: { ...settings, trees }, predictions, loss: meanLoss(outcomes, predictions) };
}

function heldOut(
  frame: Frame,
  y: Uint8Array,
  splits: readonly Split[],
  fit: (frame: Frame, y: Uint8Array) => Model,
): Float64Array[] {
  return splits.map(({ train, test }) =>
    fit(takeRows(frame, train), takeLabels(y, train)).predict(takeRows(frame, test)),
  );
}

function meanLoss(outcomes: readonly Uint8Array[], predictions: readonly Float64Array[]): number {
  return outcomes.reduce((sum, y, k) => sum + logLoss(y, predictions[k]!), 0) / outcomes.length;
}
