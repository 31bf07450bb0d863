/**
 * Gradient-boosted trees for a binary target: histogram splits, second-order logistic loss, leaf-wise growth, native
 * missing values and categories, row and column sampling, early stopping. Same inputs and seed, same artefact.
 * Sources: Friedman 2001; Chen and Guestrin 2016 (XGBoost); Ke et al. 2017 (LightGBM).
 */
import { AppError, assert } from '../../core/errors.js';
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { binFrame, fitBins } from './bins.js';
import type { Bins } from './bins.js';
import type { FitOptions, Frame, Learner, Model } from '../contract.js';
import { requireBothClasses } from '../fit-input.js';
import { growBuffers, growTree, pickColumns } from './grow-tree.js';
import type { GrownNode, GrowSettings } from './grow-tree.js';
import { averagePrecision, logLoss } from '../metrics.js';
import { predictFrame } from '../predict-frame.js';
import { sigmoid } from '../sigmoid.js';
import { explainTrees } from './tree-shap.js';
import { flattenTrees, logOdds, packTrees, unpackTrees } from './trees.js';
import type { Trees } from './trees.js';
import { decodeTrees, encodeTrees } from './trees-json.js';

export interface BoostedTreesSettings extends GrowSettings {
  readonly trees: number;
  readonly learningRate: number;
  readonly rowSubsample: number;
  readonly columnSubsample: number;
  readonly maxBins: number;
  readonly binSampleRows: number;
  readonly positiveWeight: number;
  readonly earlyStoppingRounds: number;
  readonly earlyStoppingMetric: 'log-loss' | 'average-precision';
}

const defaults: BoostedTreesSettings = {
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
  earlyStoppingMetric: 'log-loss', // Proper, so it also keeps the calibration.
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

interface Fit {
  readonly bins: Bins;
  readonly columns: readonly Uint8Array[];
  readonly y: Uint8Array;
  readonly weights: Float64Array;
  readonly settings: BoostedTreesSettings;
  readonly random: Random;
  readonly scores: Float64Array;
}

function fit(frame: Frame, y: Uint8Array, options: FitOptions<BoostedTreesSettings>): BoostedTreesModel {
  const { settings } = options;
  requireBothClasses(frame, y);
  requireSane(settings);
  const random = seededRandom(options.seed);
  const bins = fitBins(frame, settings, random.fork('bins'));
  const weights = Float64Array.from(y, (label, row) => {
    const weight = options.weights?.[row] ?? 1;
    return label === 1 ? weight * settings.positiveWeight : weight;
  });
  const bias = baseLogOdds(y, weights);
  const scores = new Float64Array(frame.rows).fill(bias);
  const columns = binFrame(bins, frame);
  const grown = boost(
    { bins, columns, y, weights, settings, random: random.fork('trees'), scores },
    bias,
    options,
  );
  return modelOf(flattenTrees(grown, bias, settings.learningRate), frame.names);
}

function boost(state: Fit, bias: number, options: FitOptions<BoostedTreesSettings>): GrownNode[][] {
  const { settings, bins } = state;
  const validation = options.validation;
  const watched = validation && {
    columns: binFrame(bins, validation.frame),
    scores: new Float64Array(validation.frame.rows).fill(bias),
    y: validation.y,
  };
  const buffers = growBuffers(state.y.length, bins);
  const gradients = new Float64Array(state.y.length);
  const hessians = new Float64Array(state.y.length);
  const grown: GrownNode[][] = [];
  let best = { loss: Infinity, trees: 0 };
  for (let round = 0; round < settings.trees; round++) {
    derivatives(state, gradients, hessians);
    const rows = sampleRows(state.y.length, settings.rowSubsample, state.random);
    const all = Int32Array.from(bins.features, (_, k) => k);
    const picked = all.length === 0 ? all : pickColumns(all, settings.columnSubsample, state.random);
    const sample = { bins, columns: state.columns, picked, rows, gradients, hessians, random: state.random };
    const tree = growTree(sample, settings, buffers);
    grown.push(tree);
    addTree(tree, state.columns, settings.learningRate, state.scores);
    options.onProgress?.(round + 1, settings.trees);
    if (watched === undefined) continue;
    addTree(tree, watched.columns, settings.learningRate, watched.scores);
    const loss = watchedLoss(watched.y, watched.scores, settings);
    if (loss < best.loss) best = { loss, trees: round + 1 };
    else if (settings.earlyStoppingRounds > 0 && round + 1 - best.trees >= settings.earlyStoppingRounds)
      break;
  }
  return watched !== undefined && settings.earlyStoppingRounds > 0 ? grown.slice(0, best.trees) : grown;
}

/** Logistic loss: g = w (p - y), h = w p (1 - p). */
function derivatives({ y, weights, scores }: Fit, gradients: Float64Array, hessians: Float64Array): void {
  for (let row = 0; row < y.length; row++) {
    const p = 1 / (1 + Math.exp(-scores[row]!));
    gradients[row] = weights[row]! * (p - y[row]!);
    hessians[row] = weights[row]! * p * (1 - p);
  }
}

function sampleRows(rows: number, rate: number, random: Random): Int32Array {
  const sample = new Int32Array(rows);
  let taken = 0;
  for (let row = 0; row < rows; row++) {
    if (rate >= 1 || random.unit() < rate) sample[taken++] = row;
  }
  return sample.subarray(0, taken);
}

/** Adds the tree's values to the log-odds of every binned row. */
function addTree(
  tree: readonly GrownNode[],
  columns: readonly Uint8Array[],
  rate: number,
  scores: Float64Array,
): void {
  const width = Math.max(...tree.map((node) => node.split?.goesLeft.length ?? 0));
  const sides = new Uint8Array(tree.length * width);
  const left = Int32Array.from(tree, (node) => node.split?.left ?? -1);
  const right = Int32Array.from(tree, (node) => node.split?.right ?? -1);
  const values = Float64Array.from(tree, (node) => node.value * rate);
  tree.forEach((node, i) => node.split && sides.set(node.split.goesLeft, i * width));
  const columnOf = tree.map((node) => columns[node.split?.column ?? 0] ?? new Uint8Array(0));
  for (let row = 0; row < scores.length; row++) {
    let node = 0;
    while (left[node]! >= 0) {
      node = sides[node * width + columnOf[node]![row]!] === 1 ? left[node]! : right[node]!;
    }
    scores[row]! += values[node]!;
  }
}

function watchedLoss(y: Uint8Array, scores: Float64Array, settings: BoostedTreesSettings): number {
  if (settings.earlyStoppingMetric === 'average-precision') return -averagePrecision(y, scores);
  return logLoss(y, scores.map(sigmoid));
}

function baseLogOdds(y: Uint8Array, weights: Float64Array): number {
  let positive = 0;
  let total = 0;
  for (let row = 0; row < y.length; row++) {
    total += weights[row]!;
    positive += weights[row]! * y[row]!;
  }
  if (!(positive > 0 && positive < total && Number.isFinite(total))) {
    throw new AppError(
      'bad-input',
      'bad-weights',
      'the weights leave one class without any; give both positive finite weight',
    );
  }
  return Math.log(positive / (total - positive));
}

function requireSane(settings: BoostedTreesSettings): void {
  assert(settings.maxBins >= 2 && settings.maxBins <= 255, 'maxBins is from 2 to 255');
  assert(settings.maxLeaves >= 2 && settings.trees >= 1, 'at least one tree of two leaves');
  assert(settings.rowSubsample > 0 && settings.columnSubsample > 0, 'the subsamples are shares above zero');
}

function modelOf(trees: Trees, featureNames: readonly string[]): BoostedTreesModel {
  return {
    learner: 'boosted-trees',
    featureNames,
    treeCount: trees.roots.length,
    predict: (frame) =>
      predictFrame(frame, featureNames, (values, offset) => sigmoid(logOdds(trees, values, offset))),
    predictOne: (row) => sigmoid(logOdds(trees, row, 0)),
    explain: (row) => explainTrees(trees, row, featureNames.length),
    toJSON: () => ({ learner: 'boosted-trees', featureNames, ...encodeTrees(unpackTrees(trees)) }),
  };
}

function fromJSON(json: unknown): BoostedTreesModel {
  const { featureNames, trees } = decodeTrees(json);
  return modelOf(packTrees(trees), featureNames);
}
