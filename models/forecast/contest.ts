/**
 * What every candidate would have said at every rolling origin of one series, and what it says now. Series are cleaned
 * and searched for seasons anew at each origin, so nothing is known there that was not known then.
 */
import { calendarRows, calendarSlice, type SeriesDates } from './calendar.js';
import { CANDIDATES, candidatePaths } from './candidates.js';
import { cleanSeries, type Cleaned } from './clean.js';
import { naiveScale } from './measures.js';
import { originsOf } from './origins.js';
import { seasonsOf } from './seasonality.js';

export interface Contest {
  readonly h: number;
  /** Lengths of the histories at the origins, ascending (k). */
  readonly origins: readonly number[];
  /** NaN where a candidate does not apply; the last row of rows is of the whole history ((k + 1) x candidates x h). */
  readonly paths: Float64Array;
  /** What came, NaN for gaps (k x h). */
  readonly actual: Float64Array;
  /** Mean absolute change over a season; NaN for a constant series. */
  readonly scale: number;
  /** Declared. */
  readonly season: number;
  /** Values of the whole history that the candidates learned from. */
  readonly known: number;
  /** Of the whole history. */
  readonly cleaned: Omit<Cleaned, 'y'>;
  readonly seasons: readonly number[];
}

/** Longer histories say nothing more about the next steps and cost time: so many steps, or so many longest seasons. */
const MOST_STEPS = 1200;
const MOST_CYCLES = 5;

interface ContestSettings {
  readonly season: number;
  readonly h: number;
  /** Null where the calendar of the series is not known. */
  readonly dates: SeriesDates | null;
}

/** `y` (n) may hold NaN for gaps. */
export function holdContest(y: Float64Array, { season, h, dates }: ContestSettings): Contest {
  const origins = originsOf(y.length, h, season);
  const paths = new Float64Array((origins.length + 1) * CANDIDATES.length * h).fill(NaN);
  const actual = new Float64Array(origins.length * h);
  const warm = new Map<string, Float64Array>();
  const datedWarm = new Map<string, Float64Array>();
  const rows = dates && calendarRows(dates, y.length + h);
  let cleaned: Cleaned | null = null;
  let seasons: number[] = [];
  for (const [o, end] of [...origins, y.length].entries()) {
    cleaned = cleanSeries(y.subarray(Math.max(0, end - mostSteps(season)), end), season);
    seasons = seasonsOf(cleaned.y, season);
    const found = candidatePaths({
      y: cleaned.y,
      season,
      seasons,
      h,
      warm,
      calendar: rows && {
        step: dates.step,
        rows: calendarSlice(rows, end - cleaned.y.length, end + h),
        warm: datedWarm,
      },
    });
    for (const [k, path] of found.entries())
      if (path !== null) paths.set(path, (o * CANDIDATES.length + k) * h);
    if (o < origins.length) actual.set(y.subarray(end, end + h), o * h);
  }
  const { y: learned, shifted, gaps, closedSteps, outliers } = cleaned!;
  return {
    h,
    origins,
    paths,
    actual,
    scale: naiveScale(y, season),
    season,
    known: learned.length,
    cleaned: { shifted, gaps, closedSteps, outliers },
    seasons,
  };
}

function mostSteps(season: number): number {
  return Math.max(MOST_STEPS, MOST_CYCLES * season);
}
