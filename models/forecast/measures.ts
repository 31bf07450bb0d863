/**
 * Error measures of the M4 competition (Makridakis, Spiliotis and Assimakopoulos 2020): sMAPE in percent, MASE with the
 * seasonal naive error of the training part, MSIS, and Naive2, the reference of OWA. Missing values are left out.
 */
import { adjustSeasons, restoreSeasons } from './decompose.js';
import { isSeasonal } from './seasonality.js';

/** Of the size of a value: what adding up in another order changes is no error. */
const ROUNDING = 1e-12;

/** Percent; steps at which both are 0 are right. NaN when no value is known. */
export function smapeOf(actual: Float64Array, path: Float64Array): number {
  return meanOver(actual, (value, t) => {
    const size = Math.abs(value) + Math.abs(path[t]!);
    const error = Math.abs(value - path[t]!);
    return error <= ROUNDING * size ? 0 : (200 * error) / size;
  });
}

export function meanAbsoluteError(actual: Float64Array, path: Float64Array): number {
  return meanOver(actual, (value, t) => Math.abs(value - path[t]!));
}

/** Mean absolute change over a season in the training part; NaN when it is 0 or unknown. */
export function naiveScale(train: Float64Array, season: number): number {
  const lag = train.length > season ? season : 1;
  let sum = 0;
  let count = 0;
  for (let t = lag; t < train.length; t++) {
    const change = Math.abs(train[t]! - train[t - lag]!);
    if (!Number.isFinite(change)) continue;
    sum += change;
    count++;
  }
  return sum > 0 ? sum / count : NaN;
}

/** Mean width of the interval, with a fine of 2 / (1 - level) for every unit beyond it; not yet scaled. */
export function intervalScore(
  actual: Float64Array,
  low: Float64Array,
  high: Float64Array,
  level: number,
): number {
  const fine = 2 / (1 - level);
  return meanOver(actual, (value, t) => {
    const beyond = Math.max(0, low[t]! - value, value - high[t]!);
    return high[t]! - low[t]! + fine * beyond;
  });
}

export function coverageOf(actual: Float64Array, low: Float64Array, high: Float64Array): number {
  return meanOver(actual, (value, t) => (value >= low[t]! && value <= high[t]! ? 1 : 0));
}

/** The last value after the season, where the competition's test finds one, is taken out; put back on the path (h). */
export function naive2Ahead(train: Float64Array, season: number, h: number): Float64Array {
  const seasons = isSeasonal(train, season) && train.every((value) => value > 0) ? [season] : [];
  const adjustment = adjustSeasons(train, seasons, h, 'multiplicative');
  return restoreSeasons(new Float64Array(h).fill(adjustment.adjusted[train.length - 1]!), adjustment);
}

/** The last season again, the last value where there is no whole season (h). */
export function seasonalNaiveAhead(train: Float64Array, season: number, h: number): Float64Array {
  const n = train.length;
  const lag = n >= season ? season : 1;
  return Float64Array.from({ length: h }, (_, t) => train[n - lag + (t % lag)]!);
}

function meanOver(actual: Float64Array, measure: (value: number, t: number) => number): number {
  let sum = 0;
  let count = 0;
  for (let t = 0; t < actual.length; t++) {
    if (!Number.isFinite(actual[t]!)) continue;
    sum += measure(actual[t]!, t);
    count++;
  }
  return count === 0 ? NaN : sum / count;
}
