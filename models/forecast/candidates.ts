/**
 * The forecasts that compete for a series: learners of level and trend on adjustments for its seasons, and learners that
 * carry their own. A candidate that does not apply gives null; none throws, none is NaN.
 */
import { autoregressionAhead } from './autoregression.js';
import { adjustCalendar, type CalendarRows, type SeriesDates } from './calendar.js';
import { crostonRate, type CrostonForm } from './croston.js';
import {
  adjustSeasons,
  adjustWaves,
  restoreSeasons,
  type Adjustment,
  type AdjustmentSettings,
} from './decompose.js';
import { fitEts, fitShape, MOST_SEASON, type Warm } from './ets.js';
import { openLagRegression, type LagRegression } from './lag-regression.js';
import type { SmoothingShape } from './smoothing.js';
import { dynamicThetaAhead, thetaAhead } from './theta.js';

export interface History {
  /** Finite (n). */
  readonly y: Float64Array;
  /** Declared season; 1 for none. */
  readonly season: number;
  /** Seasons found in it, ascending; empty for none. */
  readonly seasons: readonly number[];
  readonly h: number;
  /** Parameters of the fits of earlier origins. */
  readonly warm: Warm;
  /** From the first value to h steps beyond the last, and the fits without the calendar's effects; null without dates. */
  readonly calendar: {
    readonly step: SeriesDates['step'];
    readonly rows: CalendarRows;
    readonly warm: Warm;
  } | null;
}

interface Candidate {
  readonly name: string;
  readonly ahead: (history: Prepared) => Float64Array | null;
}

/** A history with its adjustments, made once for all candidates. */
interface Prepared extends History {
  /** For the declared season alone. */
  readonly short: Adjustment;
  /** For all seasons, the last cycles counting most; null when there are none beside the declared one. */
  readonly long: Adjustment | null;
  /** The declared season, and the year in a few waves; null where there is less of it than `WAVE_CYCLES`. */
  readonly waves: { readonly short: Adjustment; readonly year: Adjustment } | null;
  readonly lags: LagRegression | null;
  /** For positive series. */
  readonly logLags: LagRegression | null;
  readonly zeroShare: number;
}

const CLASSICAL: AdjustmentSettings = { fade: 1, shrink: false };
/** A season that the test does not find may be there all the same, as far as it stands out of its noise. */
const UNPROVEN: AdjustmentSettings = { fade: 1, shrink: true };
/** Few cycles of many places: noisy, so drawn in; and a long season drifts, so that recent cycles count most. */
const EVOLVING: AdjustmentSettings = { fade: 0.8, shrink: true };
/** Steps in a year by their whole number, for weeks, working days and days. */
const YEARS: Readonly<Record<number, number>> = { 52: 52.1775, 261: 260.9, 365: 365.2425 };
/** Of a year that must be known before waves are fitted to it. */
const WAVE_CYCLES = 1.6;
/** Share of zeros from which demand is intermittent (Syntetos, Boylan and Croston 2005: a mean gap of 1.32 steps). */
const INTERMITTENT = 0.25;
/** Little for long series of regular seasons; more where lags are many for the rows. */
const LOOSE = 0.003;
const FIRM = 0.1;

const UNDATED: readonly Candidate[] = [
  { name: 'naive', ahead: onShort((y, { h }) => flat(y[y.length - 1]!, h)) },
  {
    name: 'seasonal naive',
    ahead: ({ season, ...rest }) => repeatLast(rest, season),
  },
  {
    name: 'seasonal naive, long',
    ahead: (one) => (one.long === null ? null : repeatLast(one, one.seasons.at(-1)!)),
  },
  { name: 'smoothing', ahead: onShort(smooth('none')) },
  { name: 'smoothing, long', ahead: onLong(smooth('none')) },
  { name: 'Holt', ahead: onShort(smooth('additive')) },
  { name: 'damped', ahead: onShort(smooth('damped')) },
  { name: 'damped, long', ahead: onLong(smooth('damped')) },
  { name: 'ETS', ahead: ets },
  { name: 'Theta', ahead: onShort((y, { h, warm }) => thetaAhead(y, h, warm)) },
  {
    name: 'dynamic Theta',
    ahead: onShort((y, { h, warm }) => dynamicThetaAhead(y, h, warm, 'dynamic')),
  },
  {
    name: 'dynamic Theta, long',
    ahead: onLong((y, { h, warm }) => dynamicThetaAhead(y, h, warm, 'dynamic long')),
  },
  { name: 'smoothing, waves', ahead: onWaves(smooth('none')) },
  { name: 'damped, waves', ahead: onWaves(smooth('damped')) },
  {
    name: 'dynamic Theta, waves',
    ahead: onWaves((y, { h, warm }) => dynamicThetaAhead(y, h, warm, 'dynamic waves')),
  },
  {
    name: 'autoregression of changes, waves',
    ahead: onWaves((y, { h }) => autoregressionAhead(y, h, 1)),
  },
  {
    name: 'autoregression',
    ahead: onShort((y, { h }) => autoregressionAhead(y, h, 0)),
  },
  {
    name: 'autoregression, long',
    ahead: onLong((y, { h }) => autoregressionAhead(y, h, 0)),
  },
  {
    name: 'autoregression of changes',
    ahead: onShort((y, { h }) => autoregressionAhead(y, h, 1)),
  },
  {
    name: 'autoregression of growth',
    ahead: (one) => (one.short.form === 'multiplicative' ? growthAhead(one) : null),
  },
  {
    name: 'autoregression of changes, long',
    ahead: onLong((y, { h }) => autoregressionAhead(y, h, 1)),
  },
  { name: 'lags', ahead: ({ lags, h }) => lags?.(h, LOOSE) ?? null },
  { name: 'lags, firm', ahead: ({ lags, h }) => lags?.(h, FIRM) ?? null },
  {
    name: 'lags of logarithms',
    ahead: ({ logLags, h }) => logLags?.(h, LOOSE).map(Math.exp) ?? null,
  },
  {
    name: 'lags of logarithms, firm',
    ahead: ({ logLags, h }) => logLags?.(h, FIRM).map(Math.exp) ?? null,
  },
  { name: 'Croston', ahead: (one) => intermittent(one, 'croston') },
  { name: 'Croston, unbiased', ahead: (one) => intermittent(one, 'sba') },
  { name: 'Croston, forgetting', ahead: (one) => intermittent(one, 'tsb') },
];

/** Those that are tried without the calendar's effects as well: the rest are naive, or slow to gain from it. */
const DATED = [
  'smoothing',
  'damped',
  'damped, long',
  'ETS',
  'dynamic Theta',
  'dynamic Theta, long',
  'autoregression',
  'autoregression, long',
  'autoregression of changes',
  'autoregression of growth',
  'lags',
  'lags, firm',
  'lags of logarithms',
  'lags of logarithms, firm',
];

interface NamedCandidate extends Candidate {
  readonly isDated: boolean;
}

export const CANDIDATES: readonly NamedCandidate[] = [
  ...UNDATED.map((one) => ({ ...one, isDated: false })),
  ...UNDATED.filter(({ name }) => DATED.includes(name)).map(({ name, ahead }) => ({
    name: `${name}, calendar`,
    ahead,
    isDated: true,
  })),
];

/**
 * Each good alone, and wrong in ways of its own (a combination of such won sixth place of M4 with equal weights: Petropoulos and
 * Svetunkov 2020): what the weights of a short history are drawn to. By their places among the candidates, as they are and without
 * the calendar's effects.
 */
export const ANCHORS: readonly { readonly plain: number; readonly dated: number }[] = [
  'dynamic Theta',
  'ETS',
  'autoregression of changes',
].map((anchor) => ({ plain: placeOf(anchor), dated: placeOf(`${anchor}, calendar`) }));

function placeOf(candidate: string): number {
  return CANDIDATES.findIndex(({ name }) => name === candidate);
}

/** A path for each candidate, in their order (h), null where it does not apply. */
export function candidatePaths(history: History): (Float64Array | null)[] {
  const prepared = prepare(history);
  const { calendar } = history;
  const without =
    calendar && adjustCalendar(history.y, prepared.long ?? prepared.short, calendar.rows, calendar.step);
  const dated = without && prepare({ ...history, y: without.adjusted, warm: calendar.warm });
  return CANDIDATES.map(({ ahead, isDated }) => {
    const path = isDated ? dated && ahead(dated) : ahead(prepared);
    if (path === null || !path.every(Number.isFinite)) return null;
    return isDated ? restoreSeasons(path, without!) : path;
  });
}

function prepare(history: History): Prepared {
  const { y, season, seasons, h } = history;
  const logs = logsOf(y);
  const form = logs !== null ? 'multiplicative' : 'additive';
  const isLonger = seasons.some((one) => one !== season);
  const short = seasons.includes(season)
    ? adjustSeasons(y, [season], h, form, CLASSICAL)
    : adjustSeasons(y, season > 1 && y.length >= 3 * season ? [season] : [], h, form, UNPROVEN);
  let zeros = 0;
  for (let t = 0; t < y.length; t++) if (y[t] === 0) zeros++;
  return {
    ...history,
    short,
    waves: wavesOf(history, short),
    long: isLonger ? adjustSeasons(y, seasons, h, form, EVOLVING) : null,
    lags: openLagRegression(y, seasons),
    logLags: logs && openLagRegression(logs, seasons),
    zeroShare: zeros / y.length,
  };
}

/** Null for a series that is not positive. */
function logsOf(y: Float64Array): Float64Array | null {
  const logs = new Float64Array(y.length);
  for (let t = 0; t < y.length; t++) {
    if (!(y[t]! > 0)) return null;
    logs[t] = Math.log(y[t]!);
  }
  return logs;
}

function wavesOf({ y, season, seasons, h }: History, short: Adjustment): Prepared['waves'] {
  const year = seasons.find((one) => YEARS[one] !== undefined) ?? season;
  const period = YEARS[year];
  if (period === undefined || y.length < WAVE_CYCLES * period) return null;
  if (year !== season) return { short, year: adjustWaves(short.adjusted, period, h, short.form) };
  const none = { ...short, adjusted: y, ahead: new Float64Array(h).fill(short.form === 'additive' ? 0 : 1) };
  return { short: none, year: adjustWaves(y, period, h, short.form) };
}

type Learner = (adjusted: Float64Array, history: Prepared) => Float64Array;

function onShort(learner: Learner): Candidate['ahead'] {
  return (history) => restoreSeasons(learner(history.short.adjusted, history), history.short);
}

function onLong(learner: Learner): Candidate['ahead'] {
  return (history) => {
    const { long } = history;
    return long && restoreSeasons(learner(long.adjusted, history), long);
  };
}

function onWaves(learner: Learner): Candidate['ahead'] {
  return (history) => {
    const { waves } = history;
    if (waves === null) return null;
    return restoreSeasons(restoreSeasons(learner(waves.year.adjusted, history), waves.year), waves.short);
  };
}

function smooth(trend: SmoothingShape['trend']): Learner {
  const shape: SmoothingShape = { error: 'additive', trend, season: 'none' };
  return (adjusted, { h, warm, short, long }) => {
    const name = `${trend}${adjusted === short.adjusted ? '' : adjusted === long?.adjusted ? ' long' : ' waves'}`;
    const { filter, parameters } = fitShape(adjusted, shape, 1, { warm, name });
    return filter.ahead(parameters, h);
  };
}

/** Changes of logarithms, of a positive series. */
const growthAhead = onShort((y, { h }) => autoregressionAhead(y.map(Math.log), h, 1).map(Math.exp));

/** A season too long for its states is taken out before. */
function ets({ y, season, short, h, warm }: Prepared): Float64Array {
  const isWhole = season <= MOST_SEASON;
  const { filter, parameters } = fitEts(isWhole ? y : short.adjusted, isWhole ? season : 1, warm);
  const path = filter.ahead(parameters, h);
  return isWhole ? path : restoreSeasons(path, short);
}

function flat(value: number, h: number): Float64Array {
  return new Float64Array(h).fill(value);
}

function repeatLast({ y, h }: { y: Float64Array; h: number }, season: number): Float64Array | null {
  if (season < 2 || y.length < season) return null;
  return Float64Array.from({ length: h }, (_, t) => y[y.length - season + (t % season)]!);
}

function intermittent({ y, h, zeroShare }: Prepared, form: CrostonForm): Float64Array | null {
  return zeroShare < INTERMITTENT ? null : flat(crostonRate(y, form), h);
}
