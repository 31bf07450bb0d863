/**
 * Forecasts of many series: candidates compete on rolling origins inside each history, weights and widths come from there, the
 * total of the horizon has an interval of its own, and a forecast is committed when that is narrow. Deterministic for a seed.
 */
import { AppError } from '../../core/errors.js';
import type { SeriesDates } from './calendar.js';
import { CANDIDATES } from './candidates.js';
import type { Contest } from './contest.js';
import { holdContests, type ContestProgress } from './contest-crew.js';
import { judgePath, stepBands, weightedTotals, type Band, type JudgedPath, type Total } from './intervals.js';
import { addNeural, NEURAL } from './neural/neural-candidate.js';
import { addPooled, POOLED } from './pooled-candidate.js';
import { combine, weigh, type Sharpness, type Weighing } from './weights.js';

export interface ForecastRequest {
  /** Steps ahead, from 1. */
  readonly h: number;
  /** Declared season; 1 for none. */
  readonly season: number;
  readonly seed: number;
  /** Where each series lies in the calendar (series); without it none is asked. */
  readonly dates?: readonly (SeriesDates | null)[];
  /** Threads that fit; the result is the same for any number. */
  readonly threads: number;
  /** Of the contests; then of training, in steps, where a net takes part. */
  readonly onProgress?: ContestProgress;
}

/** A path with what it promises. */
export interface BandedPath {
  /** (h) */
  readonly mean: Float64Array;
  readonly band80: Band;
  readonly band95: Band;
  readonly total: Total;
}

export interface SeriesForecast extends BandedPath {
  /** Candidates with a weight, heaviest first. */
  readonly parts: readonly { readonly name: string; readonly weight: number }[];
  /** Errors of the combination at its rolling origins, actual less forecast, NaN for gaps (k x h). */
  readonly residuals: Float64Array;
  /** What it would have said at them (k x h). */
  readonly past: Float64Array;
  readonly contest: Omit<Contest, 'paths'>;
}

export interface Forecasts {
  readonly series: readonly SeriesForecast[];
  readonly sharpness: Sharpness;
  /** How each candidate did over all series: mean log error relative to the usual candidate. */
  readonly pool: readonly { readonly name: string; readonly score: number }[];
}

/** `series` are values at regular steps, NaN for gaps (n each). Throws `bad-series` and `bad-horizon`. */
export async function forecast(
  series: readonly Float64Array[],
  request: ForecastRequest,
): Promise<Forecasts> {
  refuse(series, request);
  const pooled = addPooled(series, await holdContests(series, request), request);
  const contests = await addNeural(series, pooled, request);
  const names = [...CANDIDATES.map(({ name }) => name), POOLED, ...(contests === pooled ? [] : [NEURAL])];
  // What all series taught the net is worth most where a history of its own says little.
  const weighing = weigh(contests, contests === pooled ? [] : [names.indexOf(NEURAL)]);
  const combined = contests.map((contest, i) => combineAll(series[i]!, contest, weighing, i));
  const banded = withBands(combined, request.h);
  return {
    series: combined.map(({ past, errors }, i) => ({
      ...banded[i]!,
      parts: partsOf(names, weighing.weightsOf(i)),
      past,
      residuals: errors,
      contest: contests[i]!,
    })),
    sharpness: weighing.sharpness,
    pool: names.map((name, k) => ({ name, score: weighing.pool[k]! })),
  };
}

/** Bands of every step and the interval of the total, of all paths together (series). */
export function withBands(judged: readonly JudgedPath[], h: number): BandedPath[] {
  const bands = stepBands(judged, [0.8, 0.95]);
  const totals = weightedTotals(judged, new Float64Array(h).fill(1));
  return judged.map(({ mean }, i) => ({
    mean,
    band80: bands[i]![0]!,
    band95: bands[i]![1]!,
    total: totals[i]!,
  }));
}

function refuse(series: readonly Float64Array[], { h, season }: ForecastRequest): void {
  if (!(Number.isInteger(h) && h >= 1 && Number.isInteger(season) && season >= 1))
    throw new AppError(
      'bad-input',
      'bad-horizon',
      `horizon and season are whole numbers from 1, not ${h} and ${season}`,
    );
  const empty = series.findIndex((y) => !y.some(Number.isFinite));
  if (empty >= 0 || series.length === 0)
    throw new AppError(
      'bad-input',
      'bad-series',
      `series ${empty + 1} has no value; leave it out or bring one`,
    );
}

/** The combination of one series, now and at its origins. */
function combineAll(y: Float64Array, contest: Contest, weighing: Weighing, i: number): JudgedPath {
  const past = new Float64Array(contest.actual.length);
  for (let o = 0; o < contest.origins.length; o++)
    past.set(combine(contest, o, weighing.weightsOf(i, o)), o * contest.h);
  const path = combine(contest, contest.origins.length, weighing.weightsOf(i));
  return judgePath(y, contest, { path, past });
}

function partsOf(names: readonly string[], weights: Float64Array): SeriesForecast['parts'] {
  return names
    .map((name, k) => ({ name, weight: weights[k]! }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
}
