/**
 * The best split of a leaf, from its histogram: of the largest gain (see leaf-value.ts), rows with a missing value tried
 * on both sides. The kernel finds the best threshold of every number, this file the grouping of every category, and of
 * equal splits the first feature's wins, so growth is repeatable.
 */
import { searchCategories } from './category-search.js';
import type { Crew } from './crew.js';
import { CELL, cellsOf, minus } from './histogram.js';
import type { Sums } from './histogram.js';
import { leafScore } from './leaf-value.js';
import type { Bounds, Units } from './leaf-value.js';

export interface SplitSettings {
  readonly l1: number;
  readonly l2: number;
  readonly minSplitGain: number;
  readonly minRowsPerLeaf: number;
  readonly minChildWeight: number;
  readonly categorySmoothing: number;
  readonly categoryL2: number;
  readonly minCategoryRows: number;
}

export interface SplitFeature {
  readonly categorical: boolean;
  /** Value bins; the missing bin is the next one. */
  readonly bins: number;
}

export interface Split {
  /** Position of the feature in the histogram. */
  readonly slot: number;
  readonly gain: number;
  /** Numeric: bins up to this one go left; -1 for a categorical split. */
  readonly bin: number;
  /** Categorical: the bins that go left; null for a numeric split. */
  readonly leftBins: readonly number[] | null;
  /** Categorical: the bins that go right by name; others follow the missing values. */
  readonly rightBins: readonly number[] | null;
  readonly missingLeft: boolean;
  readonly left: Sums;
  readonly right: Sums;
}

/** What the searches of one tree have in common. */
export interface SplitSearch {
  readonly crew: Crew;
  readonly settings: SplitSettings;
  readonly units: Units;
  /** In the order of the histogram. */
  readonly features: readonly SplitFeature[];
  /** Sign of each feature's monotone constraint, 0 without; null when no feature of the fit has one. */
  readonly monotone: Int8Array | null;
  /** Addresses of what the kernel reads and writes. */
  readonly tables: SearchTables;
}

export interface SearchTables {
  readonly features: number;
  /** For the counted leaf and its sibling: the features to try, and the answers. */
  readonly masks: readonly [number, number];
  readonly answers: readonly [number, number];
}

export interface SearchedLeaf {
  readonly histogram: number;
  readonly sums: Sums;
  readonly bounds: Bounds;
  /** 1 for each feature to try; null for a leaf that may not split. */
  readonly slots: Uint8Array | null;
}

/** Parts of the counted histogram that other threads counted. */
export interface Parts {
  readonly at: number;
  readonly bytes: number;
  readonly count: number;
}

const FEATURE_WORDS = 3;
const ANSWER_BYTES = 32;

export function searchTables(crew: Crew, features: number): SearchTables {
  const pair = (bytes: number): [number, number] => [crew.reserve(bytes), crew.reserve(bytes)];
  return {
    features: crew.reserve(features * FEATURE_WORDS * 4),
    masks: pair(features),
    answers: pair(features * ANSWER_BYTES),
  };
}

/** Writes the features down for the kernel: once a tree. */
export function describeFeatures({ crew, features, monotone, tables }: SplitSearch): void {
  features.forEach(({ bins, categorical }, slot) => {
    const words = [bins, categorical ? 0 : 1, monotone?.[slot] ?? 0];
    crew.views.i32.set(words, tables.features / 4 + slot * FEATURE_WORDS);
  });
}

/**
 * Completes the histogram of the counted leaf, makes its parent's histogram the sibling's, and finds the best split of
 * both; null for a leaf that may not split or gains nothing.
 */
export function settle(
  search: SplitSearch,
  counted: SearchedLeaf,
  sibling: SearchedLeaf | null,
  parts: Parts,
): [Split | null, Split | null] {
  const { crew, features, settings, units, tables } = search;
  const leaves = [counted, sibling] as const;
  leaves.forEach((leaf, k) => leaf?.slots && crew.views.u8.set(leaf.slots, tables.masks[k]));
  const value = units.gradient / units.hessian; // Of one unit of gradient over one of hessian.
  const args = [
    ...[features.length, tables.features, counted.histogram, parts.at, parts.bytes, parts.count],
    ...[
      sibling?.histogram ?? 0,
      settings.minRowsPerLeaf,
      search.monotone !== null || settings.l1 > 0 ? 1 : 0,
    ],
  ];
  const reals = [
    settings.l1 / units.gradient,
    settings.l2 / units.hessian,
    settings.minChildWeight / units.hessian,
  ];
  leaves.forEach((leaf, k) => {
    if (leaf === null) return;
    const { gradient, hessian, rows } = leaf.sums;
    const mask = leaf.slots === null ? 0 : tables.masks[k]!;
    [gradient, hessian, rows, mask, tables.answers[k]!].forEach((word, i) => (args[12 + 8 * k + i] = word));
    const floor = (ownScore(search, leaf) + leastGain(search, leaf)) / (units.gradient * value);
    [leaf.bounds.low / value, leaf.bounds.high / value, floor].forEach((x, i) => (reals[4 + 4 * k + i] = x));
  });
  const cells = features.length * 256;
  crew.lead('SETTLE', crew.threadsFor(cells * 4), args, reals);
  return [bestOf(search, counted, tables.answers[0]), sibling && bestOf(search, sibling, tables.answers[1])];
}

function ownScore({ units, settings }: SplitSearch, { sums, bounds }: SearchedLeaf): number {
  return leafScore(sums, units, settings, bounds);
}

/**
 * Rounding moves a side's gradient by about half the root of its rows, which alone gains a quarter unit over the mean
 * hessian; the best of a thousand cuts some twenty times that. Less is no gain.
 */
function leastGain({ units, settings }: SplitSearch, { sums }: SearchedLeaf): number {
  const ratio = sums.gradient / Math.max(1, sums.hessian);
  const noise = (5 * sums.rows * (1 + ratio * ratio)) / Math.max(1, sums.hessian);
  return Math.max(settings.minSplitGain, (noise * units.gradient * units.gradient) / units.hessian);
}

function bestOf(search: SplitSearch, leaf: SearchedLeaf, answers: number): Split | null {
  if (leaf.slots === null) return null;
  const { crew, features, units } = search;
  const { i32, f64 } = crew.views;
  const own = ownScore(search, leaf);
  const unit = (units.gradient * units.gradient) / units.hessian;
  let gain = leastGain(search, leaf);
  let best: Split | null = null;
  for (let slot = 0; slot < features.length; slot++) {
    if (leaf.slots[slot] === 0) continue;
    if (features[slot]!.categorical) {
      const split = searchCategories(search, leaf, slot, gain);
      if (split === null) continue;
      gain = split.gain;
      best = { ...split, slot, bin: -1, right: minus(leaf.sums, split.left) };
      continue;
    }
    const answer = answers + slot * ANSWER_BYTES;
    if (i32[answer / 4 + 5]! < 0) continue;
    const found = f64[answer / 8]! * unit - own;
    if (!(found > gain)) continue;
    gain = found;
    best = numericSplit(search, leaf, slot, gain, i32.subarray(answer / 4, answer / 4 + 7));
  }
  return best;
}

function numericSplit(
  { crew, features }: SplitSearch,
  { histogram, sums }: SearchedLeaf,
  slot: number,
  gain: number,
  answer: Int32Array,
): Split {
  const [, , gradient, hessian, rows, bin, side] = answer as unknown as [number, number, ...number[]];
  const left = { gradient: gradient!, hessian: hessian!, rows: rows! };
  const right = minus(sums, left);
  const missing = cellsOf(crew, histogram, slot) + features[slot]!.bins * CELL;
  const seen = crew.views.i32[missing + 2]! > 0;
  // Where none was seen, a later missing value follows the larger side.
  const missingLeft = seen ? side === 1 : left.rows >= right.rows;
  return { slot, gain, bin: bin!, leftBins: null, rightBins: null, missingLeft, left, right };
}
