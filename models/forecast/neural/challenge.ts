/**
 * The neural forecast on its own, as a challenger of the combination: its paths with intervals of its own errors at the same
 * rolling origins. Where it has no path it repeats the last season, and how often that was is told.
 */
import { fillGaps } from '../clean.js';
import { withBands, type BandedPath, type SeriesForecast } from '../forecast.js';
import { judgePath } from '../intervals.js';
import { seasonalNaiveAhead } from '../measures.js';
import { neuralPaths, type NeuralRequest } from './neural-candidate.js';

export interface Challenge {
  /** (series) */
  readonly paths: readonly BandedPath[];
  /** Series that the challenger could say nothing of. */
  readonly fellBack: number;
}

/** `contests` as of the combination's forecast of the same series. */
export async function challenge(
  series: readonly Float64Array[],
  contests: readonly SeriesForecast['contest'][],
  request: NeuralRequest,
): Promise<Challenge> {
  const { h, season } = request;
  const found = await neuralPaths(series, contests, request);
  const judged = series.map((y, i) => {
    const contest = contests[i]!;
    const rows = [...contest.origins, y.length].map(
      (end, o) => found[i]![o] ?? repeatSeason(y.slice(0, end), season, h),
    );
    const past = new Float64Array(contest.actual.length);
    for (const [o, row] of rows.slice(0, -1).entries()) past.set(row, o * h);
    return judgePath(y, contest, { path: rows.at(-1)!, past });
  });
  return { paths: withBands(judged, h), fellBack: found.filter((rows) => rows.at(-1) === null).length };
}

function repeatSeason(own: Float64Array, season: number, h: number): Float64Array {
  fillGaps(own, season);
  return seasonalNaiveAhead(own, season, h);
}
