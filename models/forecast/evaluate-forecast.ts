/**
 * How well forecasts do on the test parts of many series, by the measures of the M4 competition, beside Naive2 and the
 * seasonal naive forecast. Everything the forecasts use comes from the training parts; intervals are over series.
 */
import type { Clock } from '../../core/clock.js';
import { bootstrap, bootstrapDefaults, type Interval } from '../bootstrap.js';
import { fillGaps } from './clean.js';
import type { ContestProgress } from './contest-crew.js';
import { forecast, type BandedPath, type Forecasts, type SeriesForecast } from './forecast.js';
import { COMMIT_WITHIN } from './intervals.js';
import {
  coverageOf,
  intervalScore,
  meanAbsoluteError,
  naive2Ahead,
  naiveScale,
  seasonalNaiveAhead,
  smapeOf,
} from './measures.js';
import { challenge } from './neural/challenge.js';
import { NEURAL } from './neural/neural-candidate.js';
import type { SeriesTable, SplitSeries } from './read-series.js';

export interface ForecastScores {
  /** Percent. */
  readonly smape: number;
  /** Series whose training part never changes have none and are left out. */
  readonly mase: number;
  /** Mean of sMAPE and MASE relative to Naive2. */
  readonly owa: number;
  /** Shares of the steps within their interval. */
  readonly coverage80: number;
  readonly coverage95: number;
  readonly msis95: number;
  /** Of the sum over the horizon, in percent. */
  readonly medianApeTotal: number;
  readonly shareWithin5Total: number;
  /** Share of the totals within their 80 % interval. */
  readonly coverage80Total: number;
  readonly coverage95Total: number;
  /** Share of the series whose total may be promised: its interval is narrow. */
  readonly committedShare: number;
  /** Share of those whose total came within 5 %; null when none is committed. */
  readonly committedWithin5: number | null;
}

export interface Baseline {
  readonly smape: number;
  readonly mase: number;
  readonly owa: number;
}

/** Challenger less champion: it is better below 0. 95 % interval over series. */
export interface PairedDifference extends Interval {
  readonly difference: number;
}

export interface ChallengerEvaluation extends ForecastScores {
  readonly name: typeof NEURAL;
  readonly seconds: number;
  readonly pairedDifference: Readonly<Record<keyof Baseline, PairedDifference>>;
  readonly notes: readonly string[];
}

export interface ForecastEvaluation extends ForecastScores {
  readonly series: number;
  readonly seconds: number;
  readonly interval: Readonly<Record<'smape' | 'mase' | 'owa', Interval>>;
  readonly baselines: { readonly naive2: Baseline; readonly seasonalNaive: Baseline };
  readonly sharpness: Forecasts['sharpness'];
  readonly pool: Forecasts['pool'];
  readonly notes: readonly string[];
  /** Where one was asked for. */
  readonly challenger?: ChallengerEvaluation;
}

export interface EvaluationRequest {
  readonly h: number;
  readonly season: number;
  readonly seed: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly onProgress?: ContestProgress;
  /** Trains the challenger as well and judges it beside the combination. */
  readonly challenger?: boolean;
}

export async function evaluateForecast(
  table: SeriesTable,
  request: EvaluationRequest,
): Promise<ForecastEvaluation> {
  const { season, clock, seed } = request;
  const startedMs = clock.now();
  const forecasts = await forecast(
    table.series.map(({ train }) => train),
    { ...request, dates: table.series.map(({ dates }) => dates) },
  );
  const seconds = (clock.now() - startedMs) / 1000;
  const judged = table.series.map((one, i) => judge(one, forecasts.series[i]!, season));
  const baselines = {
    naive2: baselineOf(judged, 'naive2'),
    seasonalNaive: baselineOf(judged, 'seasonalNaive'),
  };
  const interval = bootstrap<'smape' | 'mase' | 'owa'>(
    { y: new Uint8Array(judged.length) },
    (counts) => relativeScores(judged, 'model', counts),
    { ...bootstrapDefaults, seed, draw: 'rows' },
  );
  return {
    ...scoresOf(judged),
    series: judged.length,
    seconds,
    interval,
    baselines,
    sharpness: forecasts.sharpness,
    pool: forecasts.pool,
    notes: [...table.notes, ...cleaningNotes(forecasts, judged)],
    ...(request.challenger === true && {
      challenger: await judgeChallenger(table, forecasts, judged, request),
    }),
  };
}

async function judgeChallenger(
  table: SeriesTable,
  forecasts: Forecasts,
  champion: readonly Judged[],
  request: EvaluationRequest,
): Promise<ChallengerEvaluation> {
  const { clock, season, seed } = request;
  const startedMs = clock.now();
  const { paths, fellBack } = await challenge(
    table.series.map(({ train }) => train),
    forecasts.series.map(({ contest }) => contest),
    request,
  );
  const seconds = (clock.now() - startedMs) / 1000;
  const judged = table.series.map((one, i) => judge(one, paths[i]!, season));
  const difference = (counts: Int32Array): Baseline => {
    const [own, other] = [relativeScores(judged, 'model', counts), relativeScores(champion, 'model', counts)];
    return { smape: own.smape - other.smape, mase: own.mase - other.mase, owa: own.owa - other.owa };
  };
  const found = difference(new Int32Array(judged.length).fill(1));
  const interval = bootstrap<keyof Baseline>({ y: new Uint8Array(judged.length) }, difference, {
    ...bootstrapDefaults,
    seed,
    draw: 'rows',
  });
  const paired = (name: keyof Baseline): PairedDifference => ({ difference: found[name], ...interval[name] });
  return {
    name: NEURAL,
    ...scoresOf(judged),
    seconds,
    pairedDifference: { smape: paired('smape'), mase: paired('mase'), owa: paired('owa') },
    notes:
      fellBack === 0 ? [] : [`${fellBack} series too short or without change for it: the last season again`],
  };
}

interface PathErrors {
  readonly smape: number;
  /** NaN without a scale. */
  readonly mase: number;
}

interface Judged {
  readonly model: PathErrors;
  readonly naive2: PathErrors;
  readonly seasonalNaive: PathErrors;
  readonly coverage80: number;
  readonly coverage95: number;
  readonly msis95: number;
  readonly ape: number;
  readonly totalWithin80: boolean;
  readonly totalWithin95: boolean;
  readonly committed: boolean;
}

function judge({ train, test }: SplitSeries, one: BandedPath, season: number): Judged {
  const { mean, band80, band95, total } = one;
  const scale = naiveScale(train, season);
  const filled = train.slice();
  fillGaps(filled, season);
  const errors = (path: Float64Array): PathErrors => ({
    smape: smapeOf(test, path),
    mase: meanAbsoluteError(test, path) / scale,
  });
  const { came, said } = knownTotals(test, mean);
  // Gaps in the test: the interval of the whole horizon at the share of it that is known.
  const share = total.mean === 0 ? 1 : said / total.mean;
  const ape = came === said ? 0 : came === 0 ? Infinity : Math.abs((came - said) / came);
  return {
    model: errors(mean),
    naive2: errors(naive2Ahead(filled, season, test.length)),
    seasonalNaive: errors(seasonalNaiveAhead(filled, season, test.length)),
    coverage80: coverageOf(test, band80.low, band80.high),
    coverage95: coverageOf(test, band95.low, band95.high),
    msis95: intervalScore(test, band95.low, band95.high, 0.95) / scale,
    ape,
    totalWithin80: came >= total.low80 * share && came <= total.high80 * share,
    totalWithin95: came >= total.low95 * share && came <= total.high95 * share,
    committed: total.committed,
  };
}

function knownTotals(test: Float64Array, mean: Float64Array): { came: number; said: number } {
  let came = 0;
  let said = 0;
  for (const [t, value] of test.entries()) {
    if (!Number.isFinite(value)) continue;
    came += value;
    said += mean[t]!;
  }
  return { came, said };
}

function scoresOf(judged: readonly Judged[]): ForecastScores {
  const once = new Int32Array(judged.length).fill(1);
  const mean = (of: (one: Judged) => number): number => meanOf(judged, once, of);
  const committed = judged.filter((one) => one.committed);
  const within = (one: Judged): boolean => one.ape <= COMMIT_WITHIN;
  return {
    ...relativeScores(judged, 'model', once),
    coverage80: mean((one) => one.coverage80),
    coverage95: mean((one) => one.coverage95),
    msis95: mean((one) => one.msis95),
    medianApeTotal: 100 * medianOf(judged.map(({ ape }) => ape)),
    shareWithin5Total: mean((one) => (within(one) ? 1 : 0)),
    coverage80Total: mean((one) => (one.totalWithin80 ? 1 : 0)),
    coverage95Total: mean((one) => (one.totalWithin95 ? 1 : 0)),
    committedShare: committed.length / judged.length,
    committedWithin5: committed.length === 0 ? null : committed.filter(within).length / committed.length,
  };
}

type Forecaster = 'model' | 'naive2' | 'seasonalNaive';

/** `counts` says how often each series counts (series). */
function relativeScores(judged: readonly Judged[], who: Forecaster, counts: Int32Array): Baseline {
  const smape = meanOf(judged, counts, (one) => one[who].smape);
  const mase = meanOf(judged, counts, (one) => one[who].mase);
  const toSmape = meanOf(judged, counts, (one) => one.naive2.smape);
  const toMase = meanOf(judged, counts, (one) => one.naive2.mase);
  return { smape, mase, owa: (ratio(smape, toSmape) + ratio(mase, toMase)) / 2 };
}

function baselineOf(judged: readonly Judged[], who: Forecaster): Baseline {
  return relativeScores(judged, who, new Int32Array(judged.length).fill(1));
}

/** Two forecasts without error are equally good. */
function ratio(one: number, other: number): number {
  return one === other ? 1 : one / other;
}

/** Over the series that have the measure; 0 when none has. */
function meanOf(judged: readonly Judged[], counts: Int32Array, of: (one: Judged) => number): number {
  let sum = 0;
  let count = 0;
  for (const [i, one] of judged.entries()) {
    const value = of(one);
    if (!Number.isFinite(value)) continue;
    sum += counts[i]! * value;
    count += counts[i]!;
  }
  return count === 0 ? 0 : sum / count;
}

function medianOf(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function cleaningNotes({ series }: Forecasts, judged: readonly Judged[]): string[] {
  const count = (is: (one: SeriesForecast) => boolean): number => series.filter(is).length;
  const lines: readonly (readonly [number, string])[] = [
    [count(({ contest }) => contest.cleaned.gaps > 0), 'gaps, filled from the same place in the season'],
    [count(({ contest }) => contest.cleaned.closedSteps > 0), 'stray zeros, taken as closed days'],
    [count(({ contest }) => contest.cleaned.outliers > 0), 'single outliers, drawn to the edge of the usual'],
    [count(({ contest }) => contest.cleaned.shifted > 0), 'a lasting shift of level, learned from after it'],
    [
      count(({ contest }) => contest.origins.length === 0),
      'too few steps for rolling origins: weights and widths of the others',
    ],
    [judged.filter(({ model }) => !Number.isFinite(model.mase)).length, 'no change in training: no MASE'],
  ];
  return lines.filter(([n]) => n > 0).map(([n, text]) => `${n} series with ${text}`);
}
