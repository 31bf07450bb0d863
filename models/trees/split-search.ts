/**
 * The best split of a leaf, from its histogram. Gain is the second-order one of Chen and Guestrin 2016 (XGBoost),
 * equation 7, with an L1 threshold; rows with a missing value are tried on both sides. Categories are ordered by
 * gradient over hessian, which makes the best two-way partition a prefix (Fisher 1958).
 */
import { CELL } from './histogram.js';

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

/** Sums over the rows of a leaf. */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
}

export interface Split {
  /** Position of the feature in the histogram. */
  readonly slot: number;
  readonly gain: number;
  /** Numeric: bins up to this one go left. */
  readonly bin: number;
  /** Categorical: the bins that go left; null for a numeric split. */
  readonly leftBins: readonly number[] | null;
  /** Categorical: the bins that go right by name; others follow the missing values. */
  readonly rightBins: readonly number[] | null;
  readonly missingLeft: boolean;
  readonly left: Sums;
  readonly right: Sums;
}

export interface SplitFeature {
  readonly categorical: boolean;
  /** Value bins; the missing bin is the next one. */
  readonly bins: number;
}

/** One leaf's search: what is being tried and the best so far. One object, so that the scans allocate nothing. */
interface Search {
  readonly histogram: Float64Array;
  readonly offsets: Int32Array;
  readonly total: Sums;
  readonly settings: SplitSettings;
  /** Being tried: the feature, its L2, and whether its missing rows are counted left. */
  slot: number;
  l2: number;
  missingLeft: boolean;
  readonly best: Candidate;
}

interface Candidate {
  gain: number;
  slot: number;
  /** Numeric: last bin on the left. Categorical: number of ordered bins on the left. */
  cut: number;
  missingLeft: boolean;
  gradient: number;
  hessian: number;
  rows: number;
}

export interface SplitRequest {
  readonly histogram: Float64Array;
  /** Where each feature's cells start. */
  readonly offsets: Int32Array;
  /** In the order of the histogram. */
  readonly features: readonly SplitFeature[];
  /** The features to try. */
  readonly slots: Int32Array;
  readonly total: Sums;
}

/** Null when no split gains more than `minSplitGain`. */
export function findSplit(
  { histogram, offsets, features, slots, total }: SplitRequest,
  settings: SplitSettings,
): Split | null {
  const gain = Math.max(settings.minSplitGain, 1e-12 * total.hessian);
  const best: Candidate = { gain, slot: -1, cut: 0, missingLeft: false, gradient: 0, hessian: 0, rows: 0 };
  const search: Search = {
    histogram,
    offsets,
    total,
    settings,
    slot: 0,
    l2: settings.l2,
    missingLeft: false,
    best,
  };
  for (const slot of slots) {
    search.slot = slot;
    const feature = features[slot]!;
    if (feature.categorical) searchCategories(search, feature.bins);
    else searchNumbers(search, feature.bins);
  }
  return best.slot < 0 ? null : describe(search, features[best.slot]!);
}

/** The optimal leaf value, -G / (H + l2) with G shrunk by l1. */
export function leafValue({ gradient, hessian }: Sums, { l1, l2 }: SplitSettings): number {
  const shrunk = Math.sign(gradient) * Math.max(0, Math.abs(gradient) - l1);
  const curvature = hessian + l2;
  return curvature > 0 ? -shrunk / curvature : 0;
}

function scoreOf(gradient: number, hessian: number, l1: number, l2: number): number {
  const size = Math.abs(gradient) - l1;
  if (size <= 0) return 0;
  return (size * size) / (hessian + l2);
}

function searchNumbers(search: Search, bins: number): void {
  const { histogram, offsets, slot } = search;
  const missing = offsets[slot]! + bins * CELL;
  search.l2 = search.settings.l2;
  if (histogram[missing + 2]! === 0) {
    scanNumbers(search, bins - 1, -1);
    return;
  }
  // With missing rows on the right, the last cut is "any value" against "missing".
  scanNumbers(search, bins, -1);
  scanNumbers(search, bins - 1, missing);
}

/** Tries the cuts after bins 0 ... cuts - 1; the rows of the cell `missing`, unless -1, are on the left. */
function scanNumbers(search: Search, cuts: number, missing: number): void {
  const { histogram, total, settings } = search;
  search.missingLeft = missing >= 0;
  let g = search.missingLeft ? histogram[missing]! : 0;
  let h = search.missingLeft ? histogram[missing + 1]! : 0;
  let n = search.missingLeft ? histogram[missing + 2]! : 0;
  let cell = search.offsets[search.slot]!;
  for (let bin = 0; bin < cuts; bin++, cell += CELL) {
    const rows = histogram[cell + 2]!;
    if (rows === 0) continue;
    g += histogram[cell]!;
    h += histogram[cell + 1]!;
    n += rows;
    if (total.rows - n < settings.minRowsPerLeaf) break;
    if (n >= settings.minRowsPerLeaf) offer(search, bin, g, h, n);
  }
}

function searchCategories(search: Search, bins: number): void {
  const { settings, total } = search;
  search.l2 = settings.l2 + settings.categoryL2;
  const order = orderCategories(search, search.slot, bins);
  const unnamed = total.rows - sumBins(search, search.slot, order).rows;
  scanCategories(search, order, unnamed > 0 ? order.length : order.length - 1, false);
  if (unnamed > 0) scanCategories(search, order, order.length - 1, true);
}

/** Tries the first 1 ... cuts categories on the left, with or without the rows of no named category. */
function scanCategories(search: Search, order: readonly number[], cuts: number, missingLeft: boolean): void {
  const { histogram, total, settings } = search;
  search.missingLeft = missingLeft;
  const named = missingLeft ? sumBins(search, search.slot, order) : total;
  let g = total.gradient - named.gradient;
  let h = total.hessian - named.hessian;
  let n = total.rows - named.rows;
  for (let cut = 1; cut <= cuts; cut++) {
    const cell = search.offsets[search.slot]! + order[cut - 1]! * CELL;
    g += histogram[cell]!;
    h += histogram[cell + 1]!;
    n += histogram[cell + 2]!;
    if (total.rows - n < settings.minRowsPerLeaf) break;
    if (n >= settings.minRowsPerLeaf) offer(search, cut, g, h, n);
  }
}

/** Keeps the split when it is strictly better: of equal splits the first wins, so growth is repeatable. */
function offer(
  { total, settings, best, slot, l2, missingLeft }: Search,
  cut: number,
  g: number,
  h: number,
  n: number,
): void {
  const rightH = total.hessian - h;
  if (h < settings.minChildWeight || rightH < settings.minChildWeight) return;
  const gain =
    scoreOf(g, h, settings.l1, l2) +
    scoreOf(total.gradient - g, rightH, settings.l1, l2) -
    scoreOf(total.gradient, total.hessian, settings.l1, l2);
  if (!(gain > best.gain)) return;
  best.gain = gain;
  best.slot = slot;
  best.cut = cut;
  best.missingLeft = missingLeft;
  best.gradient = g;
  best.hessian = h;
  best.rows = n;
}

/** Bins with enough rows, by smoothed gradient over hessian; rarer ones go with the missing values. */
function orderCategories({ histogram, offsets, settings }: Search, slot: number, bins: number): number[] {
  const base = offsets[slot]!;
  const order: number[] = [];
  for (let bin = 0; bin < bins; bin++) {
    if (histogram[base + bin * CELL + 2]! >= settings.minCategoryRows) order.push(bin);
  }
  const ratio = (bin: number): number => {
    const cell = base + bin * CELL;
    return histogram[cell]! / (histogram[cell + 1]! + settings.categorySmoothing);
  };
  return order.sort((a, b) => ratio(a) - ratio(b) || a - b);
}

function sumBins({ histogram, offsets }: Search, slot: number, bins: readonly number[]): Sums {
  let gradient = 0;
  let hessian = 0;
  let rows = 0;
  for (const bin of bins) {
    const cell = offsets[slot]! + bin * CELL;
    gradient += histogram[cell]!;
    hessian += histogram[cell + 1]!;
    rows += histogram[cell + 2]!;
  }
  return { gradient, hessian, rows };
}

function describe(search: Search, feature: SplitFeature): Split {
  const { best, total, histogram, offsets } = search;
  const { slot, gain, cut } = best;
  const left = { gradient: best.gradient, hessian: best.hessian, rows: best.rows };
  const right = {
    gradient: total.gradient - left.gradient,
    hessian: total.hessian - left.hessian,
    rows: total.rows - left.rows,
  };
  const order = feature.categorical ? orderCategories(search, slot, feature.bins) : null;
  const seenMissing =
    order === null
      ? histogram[offsets[slot]! + feature.bins * CELL + 2]! > 0
      : sumBins(search, slot, order).rows < total.rows;
  // Where none was seen, a later missing or unseen value follows the larger side.
  const missingLeft = seenMissing ? best.missingLeft : left.rows >= right.rows;
  if (order === null)
    return { slot, gain, bin: cut, leftBins: null, rightBins: null, missingLeft, left, right };
  return {
    slot,
    gain,
    bin: -1,
    leftBins: order.slice(0, cut),
    rightBins: order.slice(cut),
    missingLeft,
    left,
    right,
  };
}
