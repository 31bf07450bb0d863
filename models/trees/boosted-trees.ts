/**
 * Gradient-boosted trees for a binary target: histogram splits, second-order logistic loss, leaf-wise growth, native
 * missing values and categories, row and column sampling, early stopping. Same inputs and seed, same artefact.
 * Sources: Friedman 2001; Chen and Guestrin 2016 (XGBoost); Ke et al. 2017 (LightGBM).
 */
import { AppError, assert } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { binFrame, fitBins } from './bins.js';
import { constraintsOf } from './constraints.js';
import type { ConstraintSettings } from './constraints.js';
import { openCrew } from './crew.js';
import type { Crew } from './crew.js';
import type { FitOptions, Frame, Learner, Model } from '../contract.js';
import { growTree, openGrower } from './grow-tree.js';
import type { Grower, GrownNode, GrownTree, GrowSettings } from './grow-tree.js';
import {
  leafGridOf,
  OBJECTIVES,
  requireTarget,
  roundToGrid,
  startOf,
  watchedLoss,
  weightedQuantile,
} from './objective.js';
import type { LeafGrid, Objective, ObjectiveSettings, Target } from './objective.js';
import { columnsByName } from '../predict-frame.js';
import { addTree, scoreTables } from './scores.js';
import type { Scores } from './scores.js';
import { sampler } from './tree-sample.js';
import type { Sampler, SampleSettings, TreeSample } from './tree-sample.js';
import { sigmoid } from '../sigmoid.js';
import { logOddsOfRow } from './predict-one.js';
import { logOddsOfRows } from './predict-rows.js';
import { explainTrees } from './tree-shap.js';
import { flattenTrees, packTrees, unpackTrees } from './trees.js';
import type { Trees } from './trees.js';
import { decodeTrees, encodeTrees } from './trees-json.js';

export interface BoostedTreesSettings
  extends GrowSettings, SampleSettings, ObjectiveSettings, ConstraintSettings {
  readonly trees: number;
  readonly learningRate: number;
  readonly maxBins: number;
  readonly binSampleRows: number;
  readonly earlyStoppingRounds: number;
  /** Takes time, not the result: the artefact is the same for any number. */
  readonly threads: number;
}

const defaults: BoostedTreesSettings = {
  objective: 'logistic', // Payments pass or fail; the regression losses are for amounts.
  quantile: 0.5, // Of the quantile loss: the median.
  monotone: {}, // By feature, 1 or -1: what the user knows, not we.
  interactions: [], // Groups of features that may meet in a tree; none means all may.
  trees: 300, // With the rate below, enough for tens of thousands of rows; early stopping cuts the rest.
  learningRate: 0.05, // Smaller generalises better until the trees run out (Friedman 2001, section 5).
  maxLeaves: 16, // Interactions of about four features: payment tables have few deeper ones.
  maxDepth: 12, // Only stops chains; leaf-wise growth is bounded by the leaves.
  minRowsPerLeaf: 20, // A leaf of fewer rows has a rate that is mostly noise.
  minChildWeight: 1e-3, // Low: rare positives have hessians near zero, and the row bound already protects.
  l1: 0, // Sparse leaves bring nothing when every leaf has 20 rows.
  l2: 1, // Shrinks small leaves; XGBoost's default.
  minSplitGain: 0, // The leaf bound limits the tree; a gain bound depends on the data's size.
  rowSubsample: 0.8, // Decorrelates trees and saves time (Friedman 2002).
  columnSubsample: 0.8, // The same for features, whose windows are strongly correlated.
  columnSubsampleByNode: 1, // One kind of column sampling is enough by default.
  maxBins: 255, // All that a byte holds beside the missing bin.
  binSampleRows: 100_000, // Quantile error about 0.3 %, below the width of a bin.
  categorySmoothing: 10, // Rows' worth of pull to zero when categories are ordered, as in LightGBM.
  categoryL2: 10, // Category splits overfit more than thresholds, as in LightGBM.
  minCategoryRows: 20, // A rarer category follows the missing values.
  positiveWeight: 1, // Off: weighting raises recall at one half and spoils calibration.
  earlyStoppingRounds: 30, // 0 keeps every tree.
  earlyStoppingMetric: 'log-loss', // Proper, so it also keeps the calibration. Regression watches its own loss.
  threads: 1, // A server that trains beside its requests should not take every core unasked.
};

export interface BoostedTreesModel extends Model {
  /** Fewer than `trees` when it stopped early. */
  readonly treeCount: number;
}

export const boostedTrees = {
  name: 'boosted-trees',
  defaults,
  fit,
  fromJSON,
} satisfies Learner<BoostedTreesSettings>;

/** As of any learner, with targets that may be numbers. */
export interface BoostedTreesFit extends Omit<FitOptions<BoostedTreesSettings>, 'validation'> {
  readonly validation?: { readonly frame: Frame; readonly y: Target };
}

/** Throws an `AppError` for a target, weights, names or settings that cannot be fitted. */
function fit(frame: Frame, y: Target, options: BoostedTreesFit): BoostedTreesModel {
  const { settings, weights } = options;
  requireSane(settings);
  requireTarget(frame, y, weights, settings);
  const start = startOf(y, weights, settings);
  const crew = openCrew(settings.threads);
  try {
    const state = openFit(frame, y, start, options, crew);
    crew.start(frame.rows * state.grower.columns.length * settings.trees);
    const grown = boost(state, options);
    const trees = flattenTrees(grown, start);
    return modelOf(trees, frame.names, settings.objective);
  } finally {
    crew.close();
  }
}

/** A fit under way: everything lies in the crew's memory. */
interface Fit {
  readonly crew: Crew;
  readonly y: Target;
  readonly weights: Float32Array | undefined;
  readonly settings: BoostedTreesSettings;
  readonly random: Random;
  readonly grower: Grower;
  readonly sampler: Sampler;
  readonly scores: Scores;
  readonly slopes: Slopes;
  readonly grid: LeafGrid;
}

/** Addresses of what gradients are made of. */
interface Slopes {
  readonly targets: number;
  readonly weights: number;
  readonly gradients: number;
  readonly sums: number;
  /** Brings residuals near one; a power of two. */
  readonly shrink: number;
}

function openFit(frame: Frame, y: Target, start: number, options: BoostedTreesFit, crew: Crew): Fit {
  const { settings, seed, validation, weights } = options;
  const { rows } = frame;
  const random = seededRandom(seed);
  const bins = fitBins(frame, settings, random.fork('bins'), crew);
  const columns = binFrame(bins, frame, crew);
  const constraints = constraintsOf(frame, bins, settings);
  const grid = leafGridOf(y, start, settings.trees, settings);
  const watched = validation && {
    rows: validation.frame.rows,
    columns: binFrame(bins, validation.frame, crew),
    scores: constants(crew, validation.frame.rows, start),
  };
  const training = constants(crew, rows, start);
  const slopes = openSlopes(crew, y, weights, grid, settings);
  const picks = Math.max(1, Math.round(settings.columnSubsample * columns.length));
  return {
    ...{ crew, y, weights, settings, slopes, grid },
    random: random.fork('trees'),
    sampler: sampler(crew, columns, rows, settings),
    grower: openGrower({ crew, bins, columns, constraints, settings }, rows, Math.min(picks, columns.length)),
    scores: { training, watched: watched ?? null, tables: scoreTables(crew, settings.maxLeaves) },
  };
}

/** Pairs of rows are read at a time: arrays have room for an even number. */
function constants(crew: Crew, rows: number, value: number): number {
  const at = crew.reserve((rows + 1) * 8);
  crew.views.f64.fill(value, at / 8, at / 8 + rows + 1);
  return at;
}

function openSlopes(
  crew: Crew,
  y: Target,
  weights: Float32Array | undefined,
  { largest }: LeafGrid,
  { objective }: BoostedTreesSettings,
): Slopes {
  const rows = y.length;
  const isLogistic = objective === 'logistic';
  const targets = crew.reserve((rows + 1) * (isLogistic ? 1 : 8));
  if (isLogistic) crew.views.u8.set(y, targets);
  else crew.views.f64.set(y, targets / 8);
  const weighed = weights === undefined ? 0 : crew.reserve((rows + 1) * 4);
  if (weights !== undefined) crew.views.f32.set(weights, weighed / 4);
  return {
    targets,
    weights: weighed,
    gradients: crew.reserve((rows + 1) * 8),
    sums: crew.reserve(Math.ceil(rows / crew.chunk) * 16),
    shrink: objective === 'squared' ? 2 ** -Math.ceil(Math.log2(largest)) : 1,
  };
}

function boost(state: Fit, options: BoostedTreesFit): GrownNode[][] {
  const { settings, scores, grower, crew } = state;
  const { validation } = options;
  const grown: GrownNode[][] = [];
  let best = { loss: Infinity, trees: 0 };
  for (let round = 0; round < settings.trees; round++) {
    const sample = drawSample(state);
    const tree = growTree(grower, sample, state.random);
    finishLeaves(state, tree, sample);
    addTree(grower, tree, sample, state.y.length, scores);
    grown.push([...tree.nodes]);
    options.onProgress?.(round + 1, settings.trees);
    if (validation === undefined || scores.watched === null) continue;
    const from = scores.watched.scores / 8;
    const watched = crew.views.f64.slice(from, from + scores.watched.rows);
    const loss = watchedLoss(validation.y, watched, settings);
    if (loss < best.loss) best = { loss, trees: round + 1 };
    else if (settings.earlyStoppingRounds > 0 && round + 1 - best.trees >= settings.earlyStoppingRounds)
      break;
  }
  const isCut = validation !== undefined && settings.earlyStoppingRounds > 0;
  return isCut ? grown.slice(0, best.trees) : grown;
}

/** Gradients of the loss at the scores, and the tree's sample of them. */
function drawSample({ crew, y, settings, slopes, scores, sampler: draws, random }: Fit): TreeSample {
  const { targets, weights, gradients, sums, shrink } = slopes;
  const loss = OBJECTIVES.indexOf(settings.objective);
  const args = [loss, scores.training, targets, weights, gradients, y.length, sums];
  const reals = [shrink, settings.quantile, settings.positiveWeight];
  crew.lead('DERIVE', crew.threadsFor(y.length * 4), args, reals);
  const total = { gradient: 0, hessian: 0 };
  for (let chunk = 0; chunk < Math.ceil(y.length / crew.chunk); chunk++) {
    total.gradient += crew.views.f64[sums / 8 + 2 * chunk]!;
    total.hessian += crew.views.f64[sums / 8 + 2 * chunk + 1]!;
  }
  const sample = draws.draw(random, gradients, total);
  return { ...sample, units: { ...sample.units, gradient: sample.units.gradient / shrink } };
}

/** Leaf values become what is added: for quantiles that of the leaf's residuals; shrunk, and on the grid. */
function finishLeaves(state: Fit, tree: GrownTree, sample: TreeSample): void {
  const { settings, grid } = state;
  for (const leaf of tree.leaves) {
    const node = tree.nodes[leaf.node]!;
    if (settings.objective === 'quantile') node.value = residualQuantile(state, leaf, sample);
    node.value = roundToGrid(node.value * settings.learningRate, grid);
  }
}

function residualQuantile(
  { crew, y, weights, settings, grower, scores }: Fit,
  { start, end }: GrownTree['leaves'][number],
  { list }: TreeSample,
): number {
  const { i32, f64 } = crew.views;
  const rows = i32.slice(grower.positions / 4 + start, grower.positions / 4 + end);
  if (list !== 0) rows.forEach((position, k) => (rows[k] = i32[list / 4 + position]!));
  const residuals = Float64Array.from(rows, (row) => y[row]! - f64[scores.training / 8 + row]!);
  const shares = weights && Float64Array.from(rows, (row) => weights[row]!);
  return weightedQuantile(residuals, shares, settings.quantile);
}

function requireSane(settings: BoostedTreesSettings): void {
  assert(settings.maxBins >= 2 && settings.maxBins <= 255, 'maxBins is from 2 to 255');
  assert(settings.maxLeaves >= 2 && settings.trees >= 1, 'at least one tree of two leaves');
  assert(settings.rowSubsample > 0 && settings.columnSubsample > 0, 'the subsamples are shares above zero');
  assert(settings.quantile > 0 && settings.quantile < 1, 'the quantile is between 0 and 1');
  const isConstrained = Object.keys(settings.monotone).length > 0;
  if (settings.objective !== 'quantile' || !isConstrained) return;
  throw new AppError(
    'bad-input',
    'bad-monotone',
    'leaf values of the quantile loss are quantiles, which no bound keeps in order; drop the monotone constraints',
  );
}

function modelOf(trees: Trees, featureNames: readonly string[], objective: Objective): BoostedTreesModel {
  const answer = objective === 'logistic' ? sigmoid : (score: number): number => score;
  return {
    learner: 'boosted-trees',
    featureNames,
    treeCount: trees.roots.length,
    predict: (frame) => logOddsOfRows(trees, columnsByName(frame, featureNames), frame.rows).map(answer),
    predictOne: (row) => answer(logOddsOfRow(trees, row, 0)),
    explain: (row) => explainTrees(trees, row, featureNames.length),
    toJSON: () => ({ learner: 'boosted-trees', featureNames, objective, ...encodeTrees(unpackTrees(trees)) }),
  };
}

function fromJSON(json: unknown): BoostedTreesModel {
  const { featureNames, trees } = decodeTrees(json);
  return modelOf(packTrees(trees), featureNames, objectiveOf(json));
}

/** Artefacts from before there were others are logistic. */
function objectiveOf(json: unknown): Objective {
  const { objective = 'logistic' } = json as { objective?: unknown }; // An object, by `decodeTrees`.
  const known = OBJECTIVES.find((name) => name === objective);
  if (known !== undefined) return known;
  throw new AppError(
    'bad-input',
    'bad-model',
    `this model has the unknown objective ${JSON.stringify(objective)}`,
  );
}
