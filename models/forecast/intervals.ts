/**
 * Intervals of paths that were judged at rolling origins: of every step, and of any weighted sum of the steps (the total of the
 * horizon, what is left of a quarter). Errors are of logarithms where a series stays far from 0. A forecast is committed when
 * the interval of its total is narrow.
 */
import { conformalWidths, type Residuals } from './conformal.js';
import type { Contest } from './contest.js';

export interface Band {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface Total {
  readonly mean: number;
  readonly low80: number;
  readonly high80: number;
  readonly low95: number;
  readonly high95: number;
  /** Half of the 80 % interval over the mean. */
  readonly halfWidth80: number;
  /** May be promised: half of the 95 % interval, and so of the 80 % interval, is at most `COMMIT_WITHIN` of the mean. */
  readonly committed: boolean;
}

/** A path now and at its origins. */
export interface JudgedPath {
  readonly contest: Pick<Contest, 'h' | 'origins' | 'actual' | 'scale'>;
  /** (h) */
  readonly mean: Float64Array;
  /** (k x h) */
  readonly past: Float64Array;
  /** Actual less past, NaN for gaps (k x h). */
  readonly errors: Float64Array;
  /** Errors and widths are of logarithms. */
  readonly isLog: boolean;
  readonly atLeast: number;
}

/**
 * Of the total, to each side of it. The narrowest 80 % intervals are too narrow more often than the others, so that the 95 % interval
 * has to be within it as well.
 */
export const COMMIT_WITHIN = 0.05;
/** Below this share of its mean a series is too close to 0 for logarithms of errors. */
const FAR_FROM_ZERO = 0.05;
/** A forecast of a smaller share of the usual size is 0: what a combination leaves of a demand that ended. */
const NOTHING = 1e-6;

/** `y` is the history (n), `path` and `past` what was forecast of it; a series that was never negative stays so. */
export function judgePath(
  y: Float64Array,
  contest: JudgedPath['contest'],
  { path, past }: { readonly path: Float64Array; readonly past: Float64Array },
): JudgedPath {
  const known = y.filter(Number.isFinite);
  const least = known.reduce((a, b) => Math.min(a, b), Infinity);
  const usual = known.reduce((a, b) => a + b, 0) / known.length;
  const size = known.reduce((a, b) => a + Math.abs(b), 0) / known.length;
  const atLeast = least >= 0 ? 0 : -Infinity;
  const clip = (values: Float64Array): Float64Array =>
    values.map((value) => (Math.abs(value) < NOTHING * size ? 0 : Math.max(atLeast, value)));
  const [mean, before] = [clip(path), clip(past)];
  const isLog =
    least > FAR_FROM_ZERO * usual && mean.every((value) => value > 0) && before.every((value) => value > 0);
  const errors = contest.actual.map((value, t) => value - before[t]!);
  return { contest, mean, past: before, errors, isLog, atLeast };
}

/** Bands of every step of every path, at each level. All paths have the same horizon. */
export function stepBands(paths: readonly JudgedPath[], levels: readonly number[]): Band[][] {
  const widths = conformalWidths(paths.map(stepResiduals), paths[0]?.mean.length ?? 0);
  return paths.map((one, i) => levels.map((level) => bandOf(one, widths.of(i, level))));
}

/** The sum of the steps of every path, each step counting by its weight (h), with `realised` (paths) already in. */
export function weightedTotals(
  paths: readonly JudgedPath[],
  weights: Float64Array,
  realised: readonly number[] = [],
): Total[] {
  const widths = conformalWidths(
    paths.map((one) => totalResiduals(one, weights)),
    1,
  );
  return paths.map((one, i) => {
    const ahead = dot(weights, one.mean);
    const whole = { ...one, mean: Float64Array.of(ahead) };
    const eighty = bandOf(whole, widths.of(i, 0.8));
    const ninetyFive = bandOf(whole, widths.of(i, 0.95));
    const sure = realised[i] ?? 0;
    return totalOf({
      mean: sure + ahead,
      low80: sure + eighty.low[0]!,
      high80: sure + eighty.high[0]!,
      low95: sure + ninetyFive.low[0]!,
      high95: sure + ninetyFive.high[0]!,
    });
  });
}

function totalOf(total: Omit<Total, 'halfWidth80' | 'committed'>): Total {
  const { mean, low80, high80, low95, high95 } = total;
  const halfWidth80 = halfWidth(mean, low80, high80);
  const committed = Math.max(halfWidth80, halfWidth(mean, low95, high95)) <= COMMIT_WITHIN;
  return { ...total, halfWidth80, committed };
}

/** Of the mean. */
function halfWidth(mean: number, low: number, high: number): number {
  return mean === 0 ? (high === low ? 0 : Infinity) : (high - low) / 2 / Math.abs(mean);
}

function stepResiduals({ contest, past, errors, isLog, mean }: JudgedPath): Residuals {
  const own = isLog ? contest.actual.map((value, t) => Math.log(value / past[t]!)) : errors;
  const level = isLog ? mean.reduce((sum, value) => sum + value, 0) / mean.length : 1;
  return {
    errors: own,
    origins: contest.origins,
    reach: contest.h,
    prior: contest.scale / level,
  };
}

function totalResiduals({ contest, past, isLog, mean }: JudgedPath, weights: Float64Array): Residuals {
  const { h, actual, origins, scale } = contest;
  const errors = Float64Array.from(origins, (_, o) => {
    let came = 0;
    let said = 0;
    for (let t = 0; t < h; t++) {
      const value = actual[o * h + t]!;
      if (!Number.isFinite(value)) continue;
      came += weights[t]! * value;
      said += weights[t]! * past[o * h + t]!;
    }
    return isLog ? Math.log(came / said) : came - said;
  });
  const steps = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    errors,
    origins,
    reach: h,
    prior: (scale * steps) / (isLog ? dot(weights, mean) : 1),
  };
}

function dot(weights: Float64Array, path: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < weights.length; t++) sum += weights[t]! * path[t]!;
  return sum;
}

function bandOf(
  { mean, isLog, atLeast }: Pick<JudgedPath, 'mean' | 'isLog' | 'atLeast'>,
  half: Float64Array,
): Band {
  return {
    low: mean.map((value, t) => Math.max(atLeast, isLog ? value * Math.exp(-half[t]!) : value - half[t]!)),
    high: mean.map((value, t) => (isLog ? value * Math.exp(half[t]!) : value + half[t]!)),
  };
}
