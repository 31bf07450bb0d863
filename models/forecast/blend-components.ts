/**
 * The top-down forecast of all revenue and the bottom-up one as one: weighted by the inverse variance of what each would have missed
 * thirteen weeks by at rolling origins (Bates and Granger 1969), drawn to equal shares by how few origins there are. The weight at an
 * origin has not seen the origins that overlap with it, so that errors of the blend are honest and make its intervals.
 */
import { COMPONENTS, weeksOf, type Component, type ComponentPaths, type ComponentsAt } from './components.js';
import type { SeriesForecast } from './forecast.js';
import { overlaps } from './origins.js';

/** Of one origin, summed over the weeks that are judged. */
export interface BlendRehearsal {
  readonly weeks: number;
  readonly topDown: number;
  readonly bottomUp: number;
  readonly blend: number;
  readonly actual: number;
}

export interface BlendedForecast {
  /** In place of the top-down one. */
  readonly forecast: SeriesForecast;
  /** What the bottom-up forecast counts for now, 0 to 1. */
  readonly weight: number;
  readonly topDown: Float64Array;
  readonly components: ComponentPaths;
  /** All components, by day (7 h). */
  readonly daily: Float64Array;
  /** What a blend with the present weight would have missed by over what the bottom-up forecast did. */
  readonly ratio: number;
  readonly rehearsals: readonly BlendRehearsal[];
}

/** Origins that equal variances count for beside those that were found. */
const EQUAL_TRUST = 1;
/** Power of the share of the history that was known at an origin: short ones lack a year to look back on. */
const RECENCY = 4;
/** Power of the variances: both miss by the same chances, so that the better one deserves more than by its variance alone. */
const SHARPNESS = 2;
const WEEK = 7;

interface BlendRequest {
  /** The first day that is not over, as in core/days.ts. */
  readonly asOfDay: number;
  /** Weeks of the history. */
  readonly weeks: number;
  /** Weeks ahead that are judged in sum. */
  readonly judged: number;
}

export function blendComponents(
  topDown: SeriesForecast,
  componentsAt: ComponentsAt,
  { asOfDay, weeks, judged }: BlendRequest,
): BlendedForecast {
  const { h, origins, actual } = topDown.contest;
  const bottomUpAt = (end: number): Float64Array =>
    weeksOf(sumOf(componentsAt(asOfDay - WEEK * (weeks - end))));
  const before = new Float64Array(actual.length);
  for (const [o, end] of origins.entries()) before.set(bottomUpAt(end), o * h);
  const errors = [topDown.past, before].map((past) =>
    Float64Array.from(origins, (_, o) => logError(actual, past, o * h, judged)),
  ) as [Float64Array, Float64Array];
  const past = actual.map((_, i) => {
    const weight = weightOf(errors, { origins, h }, Math.floor(i / h));
    return mix(weight, topDown.past[i]!, before[i]!);
  });
  const weight = weightOf(errors, { origins, h }, -1);
  const components = componentsAt(asOfDay);
  const daily = sumOf(components);
  const bottomUp = weeksOf(daily);
  const mean = bottomUp.map((value, t) => mix(weight, topDown.mean[t]!, value));
  const total = (path: Float64Array, o: number): number => sum(path, o * h, judged);
  return {
    forecast: {
      ...topDown,
      mean,
      past,
      residuals: actual.map((value, i) => value - past[i]!),
      // Widths start from what top-down forecasts miss by: it is told how much less this one does.
      contest: { ...topDown.contest, scale: topDown.contest.scale * lessMissed(actual, topDown.past, past) },
    },
    weight,
    topDown: topDown.mean,
    components,
    daily,
    ratio: ratioOf(errors, origins, weight),
    rehearsals: origins.map((end, o) => ({
      weeks: end,
      topDown: total(topDown.past, o),
      bottomUp: total(before, o),
      blend: total(past, o),
      actual: total(actual, o),
    })),
  };
}

function mix(weight: number, topDown: number, bottomUp: number): number {
  return (1 - weight) * topDown + weight * bottomUp;
}

/** Root mean square of the errors of `past` over that of `before`; 1 where there are none. */
function lessMissed(actual: Float64Array, before: Float64Array, past: Float64Array): number {
  const missed = (said: Float64Array): number =>
    actual.reduce((sum, value, i) => (Number.isFinite(value) ? sum + (value - said[i]!) ** 2 : sum), 0);
  const ratio = Math.sqrt(missed(past) / missed(before));
  return Number.isFinite(ratio) && ratio > 0 ? ratio : 1;
}

/** NaN where one of them has nothing. */
function logError(actual: Float64Array, past: Float64Array, from: number, weeks: number): number {
  const error = Math.log(sum(actual, from, weeks) / sum(past, from, weeks));
  return Number.isFinite(error) ? error : NaN;
}

interface Origins {
  readonly origins: readonly number[];
  readonly h: number;
}

/** Of the bottom-up forecast, as if the origins that overlap with `without` had not been. */
function weightOf(
  [topDown, bottomUp]: readonly [Float64Array, Float64Array],
  { origins, h }: Origins,
  without: number,
): number {
  let [ofTopDown, ofBottomUp, trust] = [0, 0, 0];
  for (const [o, end] of origins.entries()) {
    if (overlaps(origins, h, o, without) || Number.isNaN(topDown[o]! + bottomUp[o]!)) continue;
    const recency = (end / origins.at(-1)!) ** RECENCY;
    ofTopDown += recency * topDown[o]! ** 2;
    ofBottomUp += recency * bottomUp[o]! ** 2;
    trust += recency;
  }
  if (!(ofTopDown + ofBottomUp > 0)) return 1 / 2;
  return 1 / (1 + (ofBottomUp / ofTopDown) ** ((SHARPNESS * trust) / (trust + EQUAL_TRUST)));
}

/** Root mean squares, late origins counting most; 1 where there are none. */
function ratioOf(
  [topDown, bottomUp]: readonly [Float64Array, Float64Array],
  origins: readonly number[],
  weight: number,
): number {
  let [ofBlend, ofBottomUp] = [0, 0];
  for (const [o, end] of origins.entries()) {
    if (Number.isNaN(topDown[o]! + bottomUp[o]!)) continue;
    const recency = (end / origins.at(-1)!) ** RECENCY;
    ofBlend += recency * mix(weight, topDown[o]!, bottomUp[o]!) ** 2;
    ofBottomUp += recency * bottomUp[o]! ** 2;
  }
  return ofBottomUp > 0 ? Math.sqrt(ofBlend / ofBottomUp) : 1;
}

/** All components, by day (7 h). */
export function sumOf(paths: ComponentPaths): Float64Array {
  return paths.contracted.map((_, t) =>
    COMPONENTS.reduce((total, name: Component) => total + paths[name][t]!, 0),
  );
}

function sum(values: Float64Array, from: number, count: number): number {
  let total = 0;
  for (let i = from; i < from + count; i++) total += values[i]!;
  return total;
}
