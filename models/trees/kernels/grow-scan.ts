/**
 * AssemblyScript: the best threshold of each numeric feature of a leaf. Sums stay in the units of the fixed point; the
 * caller brings bounds and penalties in the same units. Gain as in Chen and Guestrin 2016, equation 7.
 */
import { arg, real, share } from './grow-crew';
import { addCells, STRIDE, subtractCells } from './grow-count';

/** Bytes of a feature's answer: gain (f64), gradient, hessian, rows of the left side, cut, missing left (i32 each). */
const ANSWER: usize = 32;
/** Bytes of a feature's description: value bins, 1 when numeric, sign of its monotone constraint (i32 each). */
const FEATURE: usize = 12;

/** Being searched: the leaf's sums and bounds, the settings, and the best so far. */
let sumG: i32 = 0;
let sumH: i32 = 0;
let sumRows: i32 = 0;
let low: f64 = 0;
let high: f64 = 0;
let bounded: bool = false;
let sign: i32 = 0;
let l1: f64 = 0;
let l2: f64 = 0;
let leastRows: i32 = 0;
let leastHessian: f64 = 0;
let bestGain: f64 = 0;
let bestCut: i32 = -1;
let bestLeft: bool = false;
let bestSums: v128 = i32x4.splat(0);

// @ts-ignore: decorator
@inline
function shrunk(g: f64): f64 {
  return g > l1 ? g - l1 : g < -l1 ? g + l1 : 0;
}

/** The value of a leaf with these sums, inside the bounds of its place. */
// @ts-ignore: decorator
@inline
function valueOf(g: f64, h: f64): f64 {
  const curvature = h + l2;
  return curvature > 0 ? max(low, min(high, -shrunk(g) / curvature)) : 0;
}

/** How much that value lowers the loss, twice. */
// @ts-ignore: decorator
@inline
function scoreOf(g: f64, h: f64, value: f64): f64 {
  return -(2 * (g * value + l1 * abs(value)) + (h + l2) * value * value);
}

/** Twice the loss saved by the split, or -1 when it breaks the monotone constraint. */
function boundedGain(g: f64, h: f64): f64 {
  const otherG = <f64>sumG - g;
  const otherH = <f64>sumH - h;
  const left = valueOf(g, h);
  const right = valueOf(otherG, otherH);
  if (sign > 0 ? left > right : sign < 0 && left < right) return -1;
  return scoreOf(g, h, left) + scoreOf(otherG, otherH, right);
}

/** Tries the first `cuts` bins as last on the left; `before` is already there. */
function scan(cells: usize, cuts: i32, before: v128, missingLeft: bool): void {
  const total = f64x2(<f64>sumG, <f64>sumH);
  const penalty = f64x2.splat(l2);
  const most = sumRows - leastRows;
  let sums = before;
  for (let bin = 0; bin < cuts; bin++) {
    const cell = cells + (<usize>bin << 4);
    if (load<i32>(cell, 8) == 0) continue;
    sums = i32x4.add(sums, v128.load(cell));
    const left = f64x2.convert_low_i32x4_s(sums);
    let gain: f64;
    if (bounded) gain = boundedGain(f64x2.extract_lane(left, 0), f64x2.extract_lane(left, 1));
    else {
      const right = f64x2.sub(total, left);
      const g = v128.shuffle<i64>(left, right, 0, 2);
      const h = f64x2.add(v128.shuffle<i64>(left, right, 1, 3), penalty);
      const both = f64x2.div(f64x2.mul(g, g), h);
      gain = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
    }
    if (!(gain > bestGain)) continue;
    const rows = i32x4.extract_lane(sums, 2);
    if (rows < leastRows) continue;
    if (rows > most) break;
    const h = f64x2.extract_lane(left, 1);
    if (h < leastHessian || <f64>sumH - h < leastHessian || h + l2 <= 0 || <f64>sumH - h + l2 <= 0) continue;
    bestGain = gain;
    bestCut = bin;
    bestLeft = missingLeft;
    bestSums = sums;
  }
}

function searchFeature(cells: usize, bins: i32, answer: usize): void {
  const missing = v128.load(cells + (<usize>bins << 4));
  const hasMissing = i32x4.extract_lane(missing, 2) > 0;
  bestCut = -1;
  const floor = bestGain;
  scan(cells, hasMissing ? bins : bins - 1, i32x4.splat(0), false);
  if (hasMissing) scan(cells, bins - 1, missing, true);
  store<f64>(answer, bestGain);
  store<i32>(answer, i32x4.extract_lane(bestSums, 0), 8);
  store<i32>(answer, i32x4.extract_lane(bestSums, 1), 12);
  store<i32>(answer, i32x4.extract_lane(bestSums, 2), 16);
  store<i32>(answer, bestCut, 20);
  store<i32>(answer, bestLeft ? 1 : 0, 24);
  bestGain = floor;
}

/** Loads a leaf: arguments from `at`, doubles from `from`. */
function takeLeaf(at: usize, from: usize): void {
  sumG = <i32>arg(at);
  sumH = <i32>arg(at + 1);
  sumRows = <i32>arg(at + 2);
  low = real(from);
  high = real(from + 1);
  bestGain = real(from + 2);
}

/**
 * Arguments: 0 features; 1 their descriptions; 2 the counted histogram; 3 that of the others, 4 bytes between them,
 * 5 their number; 6 the parent's histogram, which becomes the sibling's, or 0; 7 least rows; 8 whether values are bounded;
 * then for the counted leaf and its sibling from 12 and from 20: sums (3), features to try (bytes, or 0), answers.
 * Doubles: 0 l1, 1 l2, 2 least hessian; from 4 and from 8: bounds (2), least gain with the leaf's own score.
 */
export function settle(thread: i32, threads: i32): void {
  const end = share(arg(0), thread + 1, threads);
  leastRows = <i32>arg(7);
  bounded = arg(8) != 0;
  l1 = real(0);
  l2 = real(1);
  leastHessian = real(2);
  for (let slot = share(arg(0), thread, threads); slot < end; slot++) {
    const feature = arg(1) + slot * FEATURE;
    const bins = load<i32>(feature);
    const isNumeric = load<i32>(feature, 4) != 0;
    sign = load<i32>(feature, 8);
    const counted = arg(2) + slot * STRIDE;
    for (let part: usize = 0; part < arg(5); part++) {
      addCells(counted, arg(3) + part * arg(4) + slot * STRIDE, bins + 1);
    }
    const sibling: usize = arg(6) == 0 ? 0 : arg(6) + slot * STRIDE;
    if (sibling != 0) subtractCells(sibling, counted, bins + 1);
    if (!isNumeric) continue;
    if (arg(15) != 0 && load<u8>(arg(15) + slot) != 0) {
      takeLeaf(12, 4);
      searchFeature(counted, bins, arg(16) + slot * ANSWER);
    }
    if (sibling != 0 && arg(23) != 0 && load<u8>(arg(23) + slot) != 0) {
      takeLeaf(20, 8);
      searchFeature(sibling, bins, arg(24) + slot * ANSWER);
    }
  }
}
