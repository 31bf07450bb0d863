/**
 * A linear autoregression of one series on its last values and on the values around one season and one longer season ago,
 * by ridge regression of standardised lags; steps ahead are taken one by one. The subset AR of Box and Jenkins for seasons
 * that exponential smoothing has too many states for.
 */
import { lagProduct, solveNormal } from './solve.js';

/** Recent lags besides the seasonal ones: more are within what the seasonal lags say. */
const RECENT = 6;

/** The path (h) of a fit with so much ridge, a share of the variance of a lag. */
export type LagRegression = (h: number, ridge: number) => Float64Array;

/** Moments are taken once for all fits; null when the rows are few for the lags. */
export function openLagRegression(y: Float64Array, seasons: readonly number[]): LagRegression | null {
  const lags = lagsOf(y.length, seasons);
  const p = lags.length + 1;
  const longest = lags[lags.length - 1]!;
  const n = y.length;
  const rows = n - longest;
  if (rows < 2 * p || rows < longest / 2) return null;
  const { mean, deviation } = moments(y);
  if (!(deviation > 0)) return null;
  const z = new Float64Array(n);
  for (let t = 0; t < n; t++) z[t] = (y[t]! - mean) / deviation;
  const { gram, cross } = normalEquations(z, lags);
  let low = Infinity;
  let high = -Infinity;
  for (let t = 0; t < n; t++) {
    low = Math.min(low, z[t]!);
    high = Math.max(high, z[t]!);
  }
  const reach = high - low;
  return (h, ridge) => {
    const system = gram.slice();
    const weights = cross.slice();
    for (let k = 0; k < p - 1; k++) system[k * p + k]! += ridge * rows;
    solveNormal(system, weights, p, 1);
    const past = new Float64Array(longest + h);
    past.set(z.subarray(n - longest));
    for (let t = longest; t < longest + h; t++) {
      let sum = weights[p - 1]!;
      for (let k = 0; k < p - 1; k++) sum += weights[k]! * past[t - lags[k]!]!;
      past[t] = Math.min(high + reach, Math.max(low - reach, sum));
    }
    return past.slice(longest).map((value) => mean + deviation * value);
  };
}

/**
 * Sums of products of lagged values over the rows from the longest lag on, the constant last: upper triangle (p x p), and with
 * the value itself (p). Products of two lags slide along with their distance, so that a distance is summed once.
 */
function normalEquations(
  z: Float64Array,
  lags: readonly number[],
): { gram: Float64Array; cross: Float64Array } {
  const p = lags.length + 1;
  const n = z.length;
  const longest = lags[lags.length - 1]!;
  const gram = new Float64Array(p * p);
  const cross = new Float64Array(p);
  const placeOf = new Int32Array(longest + 1).fill(-1);
  for (const [k, lag] of lags.entries()) placeOf[lag] = k;
  for (const distance of distances(lags)) {
    // Lag 0 beside this distance: the value itself and a lag.
    let sum = lagProduct(z, distance, longest, n);
    if (placeOf[distance]! >= 0) cross[placeOf[distance]!] = sum;
    for (let lag = 1; lag + distance <= longest; lag++) {
      sum += z[longest - lag]! * z[longest - lag - distance]! - z[n - lag]! * z[n - lag - distance]!;
      const i = placeOf[lag]!;
      const j = placeOf[lag + distance]!;
      if (i >= 0 && j >= 0) gram[i * p + j] = sum;
    }
  }
  let sum = 0;
  for (let t = longest; t < n; t++) sum += z[t]!;
  cross[p - 1] = sum;
  gram[p * p - 1] = n - longest;
  for (let lag = 1; lag <= longest; lag++) {
    sum += z[longest - lag]! - z[n - lag]!;
    if (placeOf[lag]! >= 0) gram[placeOf[lag]! * p + p - 1] = sum;
  }
  return { gram, cross };
}

/** Between any two of the lags, and of each from 0; ascending. */
function distances(lags: readonly number[]): number[] {
  const isFound = new Uint8Array(lags[lags.length - 1]! + 1).fill(1, 0, 1);
  for (let i = 0; i < lags.length; i++) {
    isFound[lags[i]!] = 1;
    for (let j = 0; j < i; j++) isFound[lags[i]! - lags[j]!] = 1;
  }
  return Array.from(isFound.keys()).filter((distance) => isFound[distance] === 1);
}

/** Ascending. */
function lagsOf(n: number, seasons: readonly number[]): number[] {
  const lags = new Set<number>();
  for (let lag = 1; lag <= RECENT; lag++) lags.add(lag);
  const [first, longer] = seasons;
  const reach = Math.floor(n / 3);
  if (first !== undefined && first <= 31)
    for (let lag = 1; lag <= first + 1 && lag <= reach; lag++) lags.add(lag);
  for (const season of seasons)
    for (const lag of [season - 1, season, season + 1]) if (lag > 0 && lag <= reach) lags.add(lag);
  if (first !== undefined) {
    const end = Math.min(reach, longer !== undefined && longer <= 400 && first > 1 ? longer : 2 * first);
    for (let lag = 2 * first; lag <= end; lag += first)
      for (const one of [lag, lag + 1]) if (one <= reach) lags.add(one);
  }
  return [...lags].sort((a, b) => a - b);
}

function moments(y: Float64Array): { mean: number; deviation: number } {
  let mean = 0;
  for (let t = 0; t < y.length; t++) mean += y[t]! / y.length;
  let square = 0;
  for (let t = 0; t < y.length; t++) square += (y[t]! - mean) ** 2 / y.length;
  const deviation = Math.sqrt(square);
  return { mean, deviation: deviation > 1e-9 * Math.abs(mean) ? deviation : 0 };
}
