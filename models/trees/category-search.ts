/**
 * The best two-way grouping of a feature's categories in a leaf. Ordered by gradient over hessian, the best grouping is a
 * prefix (Fisher 1958). Categories of few rows are not named by the split and go with the missing values.
 */
import { CELL, cellsOf, minus, sumCells } from './histogram.js';
import type { Sums } from './histogram.js';
import { leafScore } from './leaf-value.js';
import type { SearchedLeaf, SplitSearch } from './split-search.js';

export interface CategorySplit {
  readonly gain: number;
  readonly leftBins: readonly number[];
  readonly rightBins: readonly number[];
  readonly missingLeft: boolean;
  readonly left: Sums;
}

/** Null when no grouping gains more than `least`. */
export function searchCategories(
  search: SplitSearch,
  leaf: SearchedLeaf,
  slot: number,
  least: number,
): CategorySplit | null {
  const words = search.crew.views.i32;
  const start = cellsOf(search.crew, leaf.histogram, slot);
  const order = orderCategories(search, words, start, search.features[slot]!.bins);
  const unnamed = minus(leaf.sums, sumCells(words, start, order));
  const missing = unnamed.rows > 0;
  const none = { gradient: 0, hessian: 0, rows: 0 };
  const attempts = [
    scan(search, leaf, start, { order, cuts: order.length - (missing ? 0 : 1), before: none }),
  ];
  if (missing) attempts.push(scan(search, leaf, start, { order, cuts: order.length - 1, before: unnamed }));
  const [right, left] = attempts as [Prefix, Prefix?];
  const missingLeft = left !== undefined && left.gain > right.gain;
  const best = missingLeft ? left : right;
  if (!(best.gain > least)) return null;
  return {
    gain: best.gain,
    leftBins: order.slice(0, best.cut),
    rightBins: order.slice(best.cut),
    // Where none was seen, a later missing or unseen value follows the larger side.
    missingLeft: missing ? missingLeft : best.left.rows * 2 >= leaf.sums.rows,
    left: best.left,
  };
}

/** Bins with enough rows, by smoothed gradient over hessian. */
function orderCategories(
  { settings, units }: SplitSearch,
  words: Int32Array,
  start: number,
  bins: number,
): number[] {
  const ratios = new Float64Array(bins);
  const order: number[] = [];
  for (let bin = 0; bin < bins; bin++) {
    const cell = start + bin * CELL;
    if (words[cell + 2]! < settings.minCategoryRows) continue;
    const hessian = words[cell + 1]! * units.hessian + settings.categorySmoothing;
    ratios[bin] = hessian > 0 ? (words[cell]! * units.gradient) / hessian : 0;
    order.push(bin);
  }
  return order.sort((a, b) => ratios[a]! - ratios[b]! || a - b);
}

interface Prefix {
  readonly gain: number;
  readonly cut: number;
  readonly left: Sums;
}

/** Tries the first 1 ... cuts categories on the left, together with the rows of `before`. */
function scan(
  { crew, settings, units }: SplitSearch,
  { sums, bounds }: SearchedLeaf,
  start: number,
  { order, cuts, before }: { order: readonly number[]; cuts: number; before: Sums },
): Prefix {
  const penalty = { l1: settings.l1, l2: settings.l2 + settings.categoryL2 };
  const whole = leafScore(sums, units, penalty, bounds);
  const leastHessian = settings.minChildWeight / units.hessian;
  const words = crew.views.i32;
  let best: Prefix = { gain: 0, cut: 0, left: before };
  let { gradient, hessian, rows } = before;
  for (let cut = 1; cut <= cuts; cut++) {
    const cell = start + order[cut - 1]! * CELL;
    gradient += words[cell]!;
    hessian += words[cell + 1]!;
    rows += words[cell + 2]!;
    if (sums.rows - rows < settings.minRowsPerLeaf) break;
    if (rows < settings.minRowsPerLeaf || Math.min(hessian, sums.hessian - hessian) < leastHessian) continue;
    const left = { gradient, hessian, rows };
    const right = minus(sums, left);
    const gain = leafScore(left, units, penalty, bounds) + leafScore(right, units, penalty, bounds) - whole;
    if (gain > best.gain) best = { gain, cut, left };
  }
  return best;
}
