/**
 * The pooled linear map as one more candidate: fitted once on what was known at the first origin of every series, for the
 * judgement of the origins, and once on all of it, for the path ahead.
 */
import { cleanSeries } from './clean.js';
import type { Contest } from './contest.js';
import { fitPooled, pooledAhead } from './pooled-linear.js';
import { seasonsOf } from './seasonality.js';

export const POOLED = 'pooled lags';

/** Windows of the fit: more changed nothing and cost seconds. */
const MOST_WINDOWS = 15_000;
/** Share of the mean square of the inputs: windows of one series are much alike. */
const RIDGE = 0.1;
/** Share of the shorter histories that a window may take. */
const WINDOW_SHARE = 0.3;
const MOST_LAGS = 210;
/** Histories as in the contest: what is older tells nothing more. */
const MOST_STEPS = 1200;

/** The contests with the pooled map as the last candidate; without a path where it does not apply. */
export function addPooled(
  series: readonly Float64Array[],
  contests: readonly Contest[],
  { season, h, seed }: { season: number; h: number; seed: number },
): Contest[] {
  const clean = (i: number, end: number): Float64Array =>
    cleanSeries(series[i]!.subarray(Math.max(0, end - MOST_STEPS), end), season).y;
  const early = contests.map(({ origins }, i) =>
    origins.length === 0 ? new Float64Array(0) : clean(i, origins[0]!),
  );
  const whole = contests.map((_, i) => clean(i, series[i]!.length));
  const lags = windowOf(early, whole, season, h);
  const settings = { lags, h, ridge: RIDGE, mostWindows: MOST_WINDOWS, seed };
  const before = lags === 0 ? null : fitPooled(early, settings);
  const after = before && fitPooled(whole, settings);
  return contests.map((contest, i) => {
    const { origins } = contest;
    const rows = origins.map((end, o) =>
      before === null ? null : pooledAhead(before, o === 0 ? early[i]! : clean(i, end)),
    );
    return withCandidate(contest, [...rows, after && pooledAhead(after, whole[i]!)]);
  });
}

/** As many last values as the histories allow, in whole seasons; 0 when they allow none. */
function windowOf(
  early: readonly Float64Array[],
  whole: readonly Float64Array[],
  season: number,
  h: number,
): number {
  const lengths = early.map(({ length }) => length).sort((a, b) => a - b);
  const short = lengths[Math.floor(lengths.length / 4)] ?? 0;
  const most = Math.min(MOST_LAGS, Math.floor(WINDOW_SHARE * (short - h)));
  const longest = whole[0] === undefined ? season : (seasonsOf(whole[0], season).at(-1) ?? season);
  const unit = longest <= most ? longest : season;
  const lags = unit * Math.floor(most / unit);
  return lags >= 4 ? lags : 0;
}

/** The contest with one more candidate, the last; its path at each origin and now, null where it has none (k + 1)(h). */
export function withCandidate(contest: Contest, rows: readonly (Float64Array | null)[]): Contest {
  const { h, paths } = contest;
  const width = paths.length / rows.length;
  const joined = new Float64Array(paths.length + rows.length * h).fill(NaN);
  for (const [o, row] of rows.entries()) {
    const at = o * (width + h);
    joined.set(paths.subarray(o * width, (o + 1) * width), at);
    if (row !== null) joined.set(row, at + width);
  }
  return { ...contest, paths: joined };
}
