/**
 * What competes for an unknown table. The first logistic regression is the reference that nothing may undercut without
 * proof; the others span the settings that matter: how strongly the line is held, how numbers and categories become terms,
 * how large trees are, how fast they learn and how much they are shrunken. Few and far apart, since close settings differ by noise.
 */
import type { Frame } from '../contract.js';
import { logistic } from '../logistic.js';
import type { LogisticSettings } from '../logistic.js';
import { boostedTrees } from '../trees/boosted-trees.js';
import type { BoostedTreesSettings } from '../trees/boosted-trees.js';
import { neural } from '../neural/neural.js';
import { logisticRecipe, neuralRecipe, treesRecipe } from './recipe.js';
import type { Recipe } from './recipe.js';

/** Settings that the data scientist fixes; the rest is searched. */
export type FixedTreesSettings = Partial<BoostedTreesSettings>;

export const REFERENCE: Recipe = logisticRecipe('logistic', logistic.defaults);

/** Where rows are many, trees may be large: interactions can be learned, and a leaf keeps enough rows. */
const MANY_ROWS = 20_000;
/** Above this some categories do not fit into the reference's terms. */
const MANY_CATEGORIES = logistic.defaults.maxCategories;

export function logisticCandidates(frame: Frame): Recipe[] {
  const variant = (name: string, changes: Partial<LogisticSettings>): Recipe =>
    logisticRecipe(`logistic, ${name}`, { ...logistic.defaults, ...changes });
  const found = [
    variant('l2 10', { l2: 10 }),
    variant('l2 100', { l2: 100 }),
    variant('nearly the base rate', { l2: 1e5 }),
  ];
  if (frame.categorical.length < frame.names.length)
    found.push(variant('straight lines', { numbers: 'line', l2: 1 }));
  if (hasManyCategories(frame)) {
    // Rare categories have a rate of their own once it is drawn to the mean.
    found.push(variant('rare categories, l2 10', { minCategoryRows: 5, maxCategories: 300, l2: 10 }));
  }
  return found;
}

function hasManyCategories(frame: Frame): boolean {
  return frame.columns.some(
    (column, k) => frame.categorical.includes(frame.names[k]!) && new Set(column).size > MANY_CATEGORIES,
  );
}

const TREES: BoostedTreesSettings = {
  ...boostedTrees.defaults,
  trees: 600, // A bound: early stopping finds the number.
  learningRate: 0.05,
  columnSubsample: 0.5, // Correlated columns take turns, which is worth more than the best split each time.
  l2: 5, // Small tables need the shrinkage; large ones do not feel it.
};

export function treesCandidates(rows: number, fixed: FixedTreesSettings = {}): Recipe[] {
  return treesSettings(rows, fixed).map((settings) => treesRecipe(nameOfTrees(settings), settings));
}

/** The settings that compete, the simplest first. */
export function treesSettings(rows: number, fixed: FixedTreesSettings): BoostedTreesSettings[] {
  return (rows <= MANY_ROWS ? SMALL : LARGE).map((changes) => ({ ...TREES, ...changes, ...fixed }));
}

export function nameOfTrees({ maxLeaves, minRowsPerLeaf, learningRate, l2 }: BoostedTreesSettings): string {
  return `boosted trees, ${maxLeaves} leaves of ${minRowsPerLeaf} rows, rate ${learningRate}, l2 ${l2}`;
}

/** The network of `--learner neural`. */
export const NETWORK: Recipe = neuralRecipe('network', neural.defaults);

/** Nets catch up with trees near here and cost ten times as much. Source: Grinsztajn et al. 2022. */
const ROWS_FOR_A_NET = 10_000;

export function neuralCandidates(rows: number): Recipe[] {
  if (rows < ROWS_FOR_A_NET) return [];
  // Smaller and in larger steps than the default: a search fits it several times.
  const settings = { ...neural.defaults, hidden: [64, 32], batchRows: 512, epochs: 25, patience: 4 };
  return [neuralRecipe('network of 64 and 32', settings)];
}

const SMALL: readonly FixedTreesSettings[] = [
  { maxLeaves: 2, minRowsPerLeaf: 20, learningRate: 0.1 }, // Additive: no interactions at all.
  { maxLeaves: 4, minRowsPerLeaf: 20 },
  { maxLeaves: 4, minRowsPerLeaf: 50, l2: 20, columnSubsample: 0.3 }, // Noise with little signal.
  { maxLeaves: 8, minRowsPerLeaf: 20 },
  { maxLeaves: 8, minRowsPerLeaf: 50, l2: 20, learningRate: 0.03, rowSubsample: 0.6 },
  { maxLeaves: 16, minRowsPerLeaf: 10, learningRate: 0.05 }, // Sharp interactions.
];

const LARGE: readonly FixedTreesSettings[] = [
  { maxLeaves: 4, minRowsPerLeaf: 50, learningRate: 0.1 },
  { maxLeaves: 8, minRowsPerLeaf: 50 },
  { maxLeaves: 16, minRowsPerLeaf: 100, learningRate: 0.1 },
  { maxLeaves: 31, minRowsPerLeaf: 50 },
  { maxLeaves: 31, minRowsPerLeaf: 200, l2: 20, columnSubsample: 0.3 },
  { maxLeaves: 63, minRowsPerLeaf: 50, learningRate: 0.1 },
];
