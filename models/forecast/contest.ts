/**
 * What every candidate would have said at every rolling origin of one series, and what it says now. Series are cleaned
 * and searched for seasons anew at each origin, so nothing is known there that was not known then.
 */
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
  /** Of the whole history. */
  readonly cleaned: Omit<Cleaned, 'y'>;
  readonly seasons: readonly number[];
}

/** Longer histories say nothing more about the next steps and cost time: so many steps, or so many longest seasons. */
const MOST_STEPS = 1200;
const MOST_CYCLES = 5;

/** `y` (n) may hold NaN for gaps. */
export function holdContest(y: Float64Array, season: number, h: number): Contest {
  const origins = originsOf(y.length, h, season);
  const paths = new Float64Array((origins.length + 1) * CANDIDATES.length * h).fill(NaN);
  const actual = new Float64Array(origins.length * h);
  const warm = new Map<string, Float64Array>();
  let cleaned: Cleaned | null = null;
  let seasons: number[] = [];
  for (const [o, end] of [...origins, y.length].entries()) {
    cleaned = cleanSeries(y.subarray(Math.max(0, end - mostSteps(season)), end), season);
    seasons = seasonsOf(cleaned.y, season);
    const found = candidatePaths({ y: cleaned.y, season, seasons, h, warm });
    for (const [k, path] of found.entries())
      if (path !== null) paths.set(path, (o * CANDIDATES.length + k) * h);
    if (o < origins.length) actual.set(y.subarray(end, end + h), o * h);
  }
  const { shifted, gaps, closedSteps, outliers } = cleaned!;
  return {
    h,
    origins,
    paths,
    actual,
    scale: naiveScale(y, season),
    cleaned: { shifted, gaps, closedSteps, outliers },
    seasons,
  };
}

function mostSteps(season: number): number {
  return Math.max(MOST_STEPS, MOST_CYCLES * season);
}
