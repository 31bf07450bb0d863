/**
 * A series made fit for learning: gaps filled from the same place in the season, closed days (stray zeros in a series that
 * sells every step) treated as gaps, one-off peaks drawn to the edge of what is usual, and a history before a lasting
 * shift of level left out. Every rule says what it changed; what is forecast is judged against the untouched values.
 */
export interface Cleaned {
  /** Finite; from the first value, or from the shift, to the end. */
  readonly y: Float64Array;
  /** Observations left out before a lasting shift of level. */
  readonly shifted: number;
  readonly gaps: number;
  /** Stray zeros taken as gaps. */
  readonly closedSteps: number;
  readonly outliers: number;
}

/** Zeros beyond this share of the observations are demand that comes and goes, not closed days. */
const STRAY_ZEROS = 0.1;
/** Robust standard deviations beyond which a value is a one-off. Real peaks of a season return and are in its median. */
const OUTLYING = 6;
/** A shift of level counts when it is so many robust deviations and lasts. */
const SHIFTED = 8;

/** `y` (n) may hold NaN for gaps. */
export function cleanSeries(y: Float64Array, season: number): Cleaned {
  const first = y.findIndex((value) => Number.isFinite(value));
  const start = Math.max(0, first);
  const own = y.slice(start);
  const gaps = countIf(own, (value) => !Number.isFinite(value));
  const isStray = strayZeros(own);
  const closedSteps = isStray ? countIf(own, (value) => value === 0) : 0;
  if (isStray) own.forEach((value, t) => value === 0 && (own[t] = NaN));
  fillGaps(own, season);
  const outliers = drawOutliers(own, season);
  const shift = levelShift(own, season);
  return { y: shift > 0 ? own.slice(shift) : own, shifted: shift, gaps, closedSteps, outliers };
}

function countIf(y: Float64Array, is: (value: number) => boolean): number {
  let count = 0;
  for (const value of y) if (is(value)) count++;
  return count;
}

/** Rare zeros far below every other value. */
function strayZeros(y: Float64Array): boolean {
  if (!y.includes(0)) return false;
  const known = y.filter((value) => Number.isFinite(value));
  const positive = known.filter((value) => value > 0).sort();
  const zeros = countIf(known, (value) => value === 0);
  if (zeros === 0 || zeros > STRAY_ZEROS * known.length || positive.length + zeros < known.length)
    return false;
  const low = positive[Math.floor(0.02 * positive.length)]!;
  return low > 0.1 * positive[Math.floor(0.5 * positive.length)]!;
}

/** By the mean of the nearest same places in the season before and after, else of the nearest neighbours; 0 when all is unknown. */
export function fillGaps(y: Float64Array, season: number): void {
  const source = y.slice();
  for (let t = 0; t < y.length; t++) {
    if (Number.isFinite(source[t]!)) continue;
    y[t] = season > 1 ? neighbours(source, t, season, 4) : NaN;
    if (!Number.isFinite(y[t]!)) y[t] = neighbours(source, t, 1, source.length);
    if (!Number.isFinite(y[t]!)) y[t] = 0;
  }
}

function neighbours(y: Float64Array, t: number, stride: number, most: number): number {
  let sum = 0;
  let count = 0;
  for (const direction of [-1, 1]) {
    for (let k = 1; k <= most; k++) {
      const at = t + direction * k * stride;
      if (at < 0 || at >= y.length) break;
      if (!Number.isFinite(y[at]!)) continue;
      sum += y[at]!;
      count++;
      break;
    }
  }
  return count === 0 ? NaN : sum / count;
}

/** Draws single peaks to the edge, in place; returns how many. */
function drawOutliers(y: Float64Array, season: number): number {
  const n = y.length;
  if (n < Math.max(3 * season, 24)) return 0;
  const stride = season > 1 ? season : 1;
  const usual = new Float64Array(n);
  const window = new Float64Array(7);
  for (let t = 0; t < n; t++) {
    // The same number on both sides: with one side only, a trend would look like an outlier at its end.
    const reach = Math.min(3, Math.floor(t / stride), Math.floor((n - 1 - t) / stride));
    for (let k = -reach; k <= reach; k++) insert(window, k + reach, y[t + k * stride]!);
    usual[t] = window[reach]!;
  }
  const distances = new Float64Array(n);
  for (let t = 0; t < n; t++) distances[t] = Math.abs(y[t]! - usual[t]!);
  const deviation = 1.4826 * median(distances);
  if (!(deviation > 0)) return 0;
  let count = 0;
  for (let t = 0; t < n; t++) {
    const over = y[t]! - usual[t]!;
    if (Math.abs(over) <= OUTLYING * deviation) continue;
    y[t] = usual[t]! + Math.sign(over) * OUTLYING * deviation;
    count++;
  }
  return count;
}

/** Into so many ascending values. */
function insert(window: Float64Array, count: number, value: number): void {
  let at = count;
  for (; at > 0 && window[at - 1]! > value; at--) window[at] = window[at - 1]!;
  window[at] = value;
}

/**
 * First observation after the last lasting shift, 0 for none: the level a season before and a season after differ by far
 * more than levels a season apart usually do, and the level afterwards stays on its side.
 */
function levelShift(y: Float64Array, season: number): number {
  const width = Math.max(2 * season, 12);
  const n = y.length;
  if (n < 4 * width) return 0;
  const sums = new Float64Array(n + 1);
  for (let t = 0; t < n; t++) sums[t + 1] = sums[t]! + y[t]!;
  const stride = Math.max(1, Math.floor(width / 12));
  const sizes = new Float64Array(Math.floor((n - 2 * width) / stride) + 1);
  const largest = { at: width, change: 0 };
  for (let i = 0; i < sizes.length; i++) {
    const at = width + i * stride;
    const change = (sums[at + width]! - 2 * sums[at]! + sums[at - width]!) / width;
    sizes[i] = Math.abs(change);
    if (sizes[i]! > Math.abs(largest.change)) Object.assign(largest, { at, change });
  }
  const usual = 1.4826 * median(sizes);
  if (!(usual > 0) || Math.abs(largest.change) < SHIFTED * usual || n - largest.at < 3 * width) return 0;
  const side = Math.sign(largest.change);
  const middle = meanOf(y, largest.at - width, largest.at) + largest.change / 2;
  const before = y.subarray(0, largest.at);
  const after = y.subarray(largest.at);
  const staysBefore = countIf(before, (value) => Math.sign(value - middle) !== side) > 0.95 * before.length;
  const staysAfter = countIf(after, (value) => Math.sign(value - middle) === side) > 0.95 * after.length;
  return staysBefore && staysAfter ? largest.at : 0;
}

function meanOf(y: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let t = from; t < to; t++) sum += y[t]!;
  return sum / (to - from);
}

/** Found without sorting all of them (Hoare 1961); `values` change places. */
function median(values: Float64Array): number {
  const middle = values.length >> 1;
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const value = values[i]!;
      values[i++] = values[j]!;
      values[j--] = value;
    }
    if (middle <= j) high = j;
    else if (middle >= i) low = i;
    else break;
  }
  return values[middle] ?? NaN;
}
