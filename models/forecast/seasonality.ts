/**
 * Which seasons a series has: the autocorrelation test of the M4 competition (one-sided 90 %, Bartlett's limits; Fiorucci and
 * Louzada 2019 give it in the same form), and periods a series may have beside the declared one. A test only proposes
 * a period; whether a model with it is any good is decided on rolling origins.
 */
import { lagProduct } from './solve.js';

/** 95 % point of the standard normal, as in the competition. */
const CRITICAL = 1.645;

/** Is the autocorrelation at lag `season` larger than what an uncorrelated season would show? Needs three seasons. */
export function isSeasonal(y: Float64Array, season: number): boolean {
  if (season < 2 || y.length < 3 * season) return false;
  const limits = autocorrelations(y, season);
  let sum = 1;
  for (let lag = 1; lag < season; lag++) sum += 2 * limits[lag]! ** 2;
  return Math.abs(limits[season]!) > CRITICAL * Math.sqrt(sum / y.length);
}

/** Of lags up to `near`, and of `season`; the others, and all of a constant series, are 0 (season + 1). */
function autocorrelations(y: Float64Array, season: number, near = season): Float64Array {
  const n = y.length;
  let mean = 0;
  for (let t = 0; t < n; t++) mean += y[t]! / n;
  const centred = new Float64Array(n);
  for (let t = 0; t < n; t++) centred[t] = y[t]! - mean;
  const result = new Float64Array(season + 1);
  const variance = lagProduct(centred, 0, 0, n);
  if (!(variance > 0)) return result;
  for (let lag = 0; lag <= season && lag < n; lag++)
    if (lag <= near || lag === season) result[lag] = lagProduct(centred, lag, lag, n) / variance;
  return result;
}

/**
 * Longer periods that contain the declared one, as a calendar has them: 24 h in a week, 7 days in a year. A series that
 * declares no season may have that of a week of days or a year of weeks or months.
 */
const LONGER: Readonly<Record<number, readonly number[]>> = {
  1: [52, 12, 7, 5, 4],
  5: [261],
  7: [365],
  24: [168],
  48: [336],
  96: [672],
};

/** Cycles that must lie in the history before a period is considered: fewer show one year's accidents. */
const CYCLES = 2.5;
const CYCLES_OF_A_YEAR = 2;

/** Every period to model, ascending; empty when there is none. `y` has no gaps. */
export function seasonsOf(y: Float64Array, declared: number): number[] {
  const seasons: number[] = [];
  if (isSeasonal(y, declared)) seasons.push(declared);
  else if (declared > 1 && y.length < 3 * declared && y.length >= 2 * declared && explains(y, declared))
    seasons.push(declared);
  for (const season of LONGER[declared] ?? []) {
    const cycles = season >= 261 ? CYCLES_OF_A_YEAR : CYCLES;
    if (y.length < cycles * season || !explains(y, season)) continue;
    seasons.push(season);
    if (declared === 1) break;
  }
  return seasons;
}

/**
 * Do the changes of the series repeat after a season? Changes, since a trend repeats after any lag; summed over a small
 * window around the lag's place in smooth series, so that one lag is not judged by its luck.
 */
function explains(y: Float64Array, season: number): boolean {
  const changes = new Float64Array(y.length - 1);
  for (let t = 0; t < changes.length; t++) changes[t] = y[t + 1]! - y[t]!;
  const near = Math.min(season, 8) - 1;
  const r = autocorrelations(changes, season, near);
  let sum = 1;
  for (let lag = 1; lag <= near; lag++) sum += 2 * r[lag]! ** 2;
  return r[season]! > CRITICAL * Math.sqrt(sum / (changes.length - season));
}
