/**
 * How far revenue of the next days may be from what was said of it, learned from what the bottom-up forecast would have missed by at
 * every week of the past for the same number of days. Errors are in days of expected revenue, so that little is left to miss of
 * a quarter that is nearly over. Few independent errors are drawn to a usual one and judged by Student's t.
 */
import { COMMIT_WITHIN, type Total } from './intervals.js';

/** Half-widths of the next days in minor units. */
export interface SpanWidth {
  readonly half80: number;
  readonly half95: number;
}

interface Past {
  /** The first day that is not over, as in core/days.ts. */
  readonly asOfDay: number;
  /** All revenue up to that day (days). */
  readonly daily: Float64Array;
  /** What was expected of the days from an earlier day on (7 h). */
  dailyAt(originDay: number): Float64Array;
  /** The first origin: so many weeks of the history are known. */
  readonly leastWeeks: number;
  /** What the blend misses by over what `dailyAt` does. */
  readonly ratio: number;
}

/** One origin: sums of what came and of what was said over the next days, and what a day was expected to bring. */
interface Origin {
  readonly day: number;
  readonly missed: Float64Array;
  readonly unit: number;
  /** What it counts for: a forecast from half of the history knew no year to look back on. */
  readonly weight: number;
}

const WEEK = 7;
/** Days whose mean is the unit. */
const UNIT_DAYS = 91;
/** Power of the share of the history that was known at an origin. */
const RECENCY = 8;
/** Independent errors that the usual one counts for. */
const USUAL_TRUST = 4;
/** Standard error that thirteen weeks usually have, as a share of them, and that of a history too young to tell growth from season. */
const USUAL_ERROR = 0.035;
const USUAL_ERROR_YOUNG = 0.1;
/** A year and a half. */
const YOUNG_WEEKS = 80;
/** Half of the 95 % interval of a part over its mean: parts have fewer errors to learn from, and the narrowest come out too narrow. */
const COMMIT_PARTS_WITHIN = 0.03;
/** Normal quantiles of the two-sided levels. */
const NORMAL = { level80: 1.2816, level95: 1.96 } as const;

/** Widths of the next so many days. */
export function spanWidths(past: Past): (days: number) => SpanWidth {
  const now = past.dailyAt(past.asOfDay);
  const unit = unitOf(now);
  const origins = originsOf(past);
  const error = past.daily.length < WEEK * YOUNG_WEEKS ? USUAL_ERROR_YOUNG : USUAL_ERROR;
  return (days) => {
    const { square, count } = meanSquare(origins, days, past.asOfDay);
    const usual = error ** 2 * UNIT_DAYS * days;
    const trust = count + USUAL_TRUST;
    const deviation = unit * Math.sqrt((count * past.ratio ** 2 * square + USUAL_TRUST * usual) / trust);
    return {
      half80: deviation * studentQuantile(NORMAL.level80, trust),
      half95: deviation * studentQuantile(NORMAL.level95, trust),
    };
  };
}

/**
 * Totals of the whole, which is first, and of its parts, of which `realised` has come (totals). A part is never surer of what is still to
 * come than the whole, and is promised only when it is nearly certain.
 */
export function boundTotals(
  [whole, ...parts]: readonly Total[],
  width: SpanWidth,
  [came = 0, ...cameOfParts]: readonly number[],
): Total[] {
  if (whole === undefined) return [];
  const ahead = whole.mean - came;
  return [
    boundTotal(whole.mean, came, width),
    ...parts.map((part, i) => {
      const realised = cameOfParts[i] ?? 0;
      const share = ahead > 0 ? (part.mean - realised) / ahead : 0;
      const least = boundTotal(part.mean, realised, {
        half80: share * width.half80,
        half95: share * width.half95,
      });
      return widest(part, least);
    }),
  ];
}

/** What is still to come cannot be less than nothing. */
function boundTotal(mean: number, realised: number, { half80, half95 }: SpanWidth): Total {
  const share = (half: number): number => (mean > 0 ? half / mean : Infinity);
  return {
    mean,
    low80: Math.max(realised, mean - half80),
    high80: mean + half80,
    low95: Math.max(realised, mean - half95),
    high95: mean + half95,
    halfWidth80: share(half80),
    committed: share(half95) <= COMMIT_WITHIN,
  };
}

function widest(one: Total, other: Total): Total {
  const low95 = Math.min(one.low95, other.low95);
  const high95 = Math.max(one.high95, other.high95);
  return {
    mean: one.mean,
    low80: Math.min(one.low80, other.low80),
    high80: Math.max(one.high80, other.high80),
    low95,
    high95,
    halfWidth80: Math.max(one.halfWidth80, other.halfWidth80),
    committed: one.mean > 0 && (high95 - low95) / 2 <= COMMIT_PARTS_WITHIN * one.mean,
  };
}

function originsOf({ asOfDay, daily, dailyAt, leastWeeks }: Past): Origin[] {
  const origins: Origin[] = [];
  for (let known = daily.length - WEEK; known >= WEEK * leastWeeks; known -= WEEK) {
    const day = asOfDay - daily.length + known;
    const said = dailyAt(day);
    const unit = unitOf(said);
    if (!(unit > 0)) continue;
    const missed = new Float64Array(said.length + 1);
    for (const [t, value] of said.entries()) missed[t + 1] = missed[t]! + (daily[known + t] ?? NaN) - value;
    origins.push({ day, missed, unit, weight: (known / daily.length) ** RECENCY });
  }
  return origins;
}

/** Of errors over so many days, in squared days; `count` is of such that do not overlap. */
function meanSquare(origins: readonly Origin[], days: number, asOfDay: number) {
  let [sum, weights] = [0, 0];
  for (const { day, missed, unit, weight } of origins) {
    if (day + days > asOfDay) continue;
    sum += weight * (missed[days]! / unit) ** 2;
    weights += weight;
  }
  const overlapping = Math.max(1, days / WEEK);
  return { square: weights > 0 ? sum / weights : 0, count: weights / overlapping };
}

function unitOf(said: Float64Array): number {
  return said.subarray(0, UNIT_DAYS).reduce((sum, value) => sum + value, 0) / UNIT_DAYS;
}

/** From the normal quantile by the expansion of Fisher (Abramowitz and Stegun 26.7.5); good to a percent from four degrees on. */
function studentQuantile(z: number, degrees: number): number {
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}
