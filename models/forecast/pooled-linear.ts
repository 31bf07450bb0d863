/**
 * One linear map from the last values of a series to all its next steps, fitted by ridge regression over the windows of many
 * series at once, each window taken relative to its own level (the pooled regression of Montero-Manso and Hyndman 2021;
 * direct and normalised by the window as NLinear: Zeng, Chen, Zhang and Xu 2023).
 */
import { seededRandom } from '../../core/random.js';
import { solveNormal } from './solve.js';

export interface PooledLinear {
  readonly lags: number;
  readonly h: number;
  /** By lag, oldest first, then the constant: a row of the steps each ((lags + 1) x h). */
  readonly weights: Float64Array;
}

export interface PooledSettings {
  readonly lags: number;
  readonly h: number;
  /** Ridge, as a share of the mean square of the inputs. */
  readonly ridge: number;
  readonly mostWindows: number;
  readonly seed: number;
}

/** Null where no series is long enough. Each series is fitted up to its end. */
export function fitPooled(series: readonly Float64Array[], settings: PooledSettings): PooledLinear | null {
  const { lags, h, ridge, mostWindows, seed } = settings;
  const counts = series.map((y) => Math.max(0, y.length - lags - h + 1));
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all < 2 * lags) return null;
  const random = seededRandom(seed).fork('pooled-linear');
  const share = Math.min(1, mostWindows / all);
  const p = lags + 1;
  const gram = new Float64Array(p * p);
  const cross = new Float64Array(p * h);
  const BLOCK = 64;
  const inputs = new Float64Array(BLOCK * p);
  const targets = new Float64Array(BLOCK * h);
  let rows = 0;
  for (const [i, y] of series.entries()) {
    for (let start = 0; start < counts[i]!; start++) {
      if (share < 1 && random.unit() >= share) continue;
      if (
        !fillWindow(
          y,
          start,
          settings,
          inputs.subarray(rows * p, rows * p + p),
          targets.subarray(rows * h, rows * h + h),
        )
      )
        continue;
      if (++rows === BLOCK) {
        accumulate({ gram, cross, p, h }, inputs, targets, rows);
        rows = 0;
      }
    }
  }
  accumulate({ gram, cross, p, h }, inputs, targets, rows);
  let trace = 0;
  for (let k = 0; k < lags; k++) trace += gram[k * p + k]! / lags;
  if (!(trace > 0)) return null;
  for (let k = 0; k < lags; k++) gram[k * p + k]! += ridge * trace;
  gram[p * p - 1]! += 1e-9 * gram[p * p - 1]! + Number.MIN_VALUE;
  solveNormal(gram, cross, p, h);
  return { lags, h, weights: cross };
}

/** Null where the history is shorter than the window (h). */
export function pooledAhead(model: PooledLinear, y: Float64Array): Float64Array | null {
  const { lags, h, weights } = model;
  if (y.length < lags) return null;
  const start = y.length - lags;
  const scale = windowScale(y, start, lags);
  if (!(scale > 0)) return null;
  const last = y[y.length - 1]!;
  const path = new Float64Array(h);
  for (let k = 0; k <= lags; k++) {
    const input = k === lags ? 1 : (y[start + k]! - last) / scale;
    for (let step = 0; step < h; step++) path[step]! += input * weights[k * h + step]!;
  }
  for (let step = 0; step < h; step++) path[step] = last + scale * path[step]!;
  return path;
}

function fillWindow(
  y: Float64Array,
  start: number,
  { lags, h }: PooledSettings,
  input: Float64Array,
  target: Float64Array,
): boolean {
  const scale = windowScale(y, start, lags);
  if (!(scale > 0)) return false;
  const last = y[start + lags - 1]!;
  for (let k = 0; k < lags; k++) input[k] = (y[start + k]! - last) / scale;
  input[lags] = 1;
  for (let step = 0; step < h; step++) target[step] = (y[start + lags + step]! - last) / scale;
  return true;
}

/** Standard deviation of the window. */
function windowScale(y: Float64Array, start: number, lags: number): number {
  let sum = 0;
  let square = 0;
  for (let k = start; k < start + lags; k++) sum += y[k]!;
  const mean = sum / lags;
  for (let k = start; k < start + lags; k++) square += (y[k]! - mean) ** 2;
  const scale = Math.sqrt(square / lags);
  return scale > 1e-9 * Math.abs(mean) ? scale : 0;
}

interface Moments {
  /** Upper triangle of X'X (p x p). */
  readonly gram: Float64Array;
  /** X'Y (p x h). */
  readonly cross: Float64Array;
  readonly p: number;
  readonly h: number;
}

/** Adds a block of rows: inputs (rows x p) and targets (rows x h). */
function accumulate({ gram, cross, p, h }: Moments, x: Float64Array, y: Float64Array, rows: number): void {
  for (let i = 0; i < p; i++) {
    for (let row = 0; row < rows; row++) {
      const value = x[row * p + i]!;
      if (value === 0) continue;
      const at = row * p;
      const to = i * p;
      for (let j = i; j < p; j++) gram[to + j]! += value * x[at + j]!;
      for (let step = 0; step < h; step++) cross[i * h + step]! += value * y[row * h + step]!;
    }
  }
}
