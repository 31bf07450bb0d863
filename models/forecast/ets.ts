/**
 * Exponential smoothing chosen by AICc among nine shapes (Hyndman, Koehler, Snyder and Grose 2002), and fits of one shape.
 * Parameters and first states are estimated by maximum likelihood; first seasonal states come from the decomposition.
 */
import { adjustSeasons } from './decompose.js';
import { minimiseSimplex, simplexDefaults, type Box, type SimplexSettings } from '../nelder-mead.js';
import { isSeasonal } from './seasonality.js';
import {
  ALPHA,
  BETA,
  GAMMA,
  LEVEL,
  PARAMETERS,
  PHI,
  SLOPE,
  openFilter,
  type Filter,
  type SmoothingShape,
} from './smoothing.js';

export interface Smoothed {
  readonly shape: SmoothingShape;
  readonly parameters: Float64Array;
  readonly filter: Filter;
  readonly aicc: number;
}

/** Bounds as in common use: phi below .8 is a flat line soon, above .98 no damping within any horizon. */
const PHI_LOW = 0.8;
const PHI_HIGH = 0.98;
const EDGE = 1e-4;
/** A longer season has more states than a likelihood can tell apart: such seasons are taken out before. */
export const MOST_SEASON = 24;

/** What was fitted to the same series a little shorter, by name: parameters and, behind them, its length. */
export type Warm = Map<string, Float64Array>;
/** Parameters of a handful of values are anywhere: short series start anew, which costs little. */
const WORTH_WARMING = 150;
/** Until a series has grown by so much its parameters stay: a search would move them by less than they are known to. */
const REFIT = 1.06;
/** The shape is chosen anew when a series has grown by so much. */
const RECHOOSE = 1.25;
/** The same of a series that starts anew at every origin: its shape is less sure. */
const RECHOOSE_SHORT = 1.1;
/** Length and place of the last choice of a shape, among the warm parameters. */
const CHOSEN = 'ETS chosen';
/** Of more than a few parameters: sharper and longer searches moved them, but no error measure beyond its noise. */
const COLD: SimplexSettings = { evaluations: 150, tolerance: 1e-5, step: 0.2 };
const FEW = 2;
export const WARM: SimplexSettings = { evaluations: 40, tolerance: 1e-5, step: 0.05 };

/** Steps, and seasons, that a fit looks back: what is older moves no state and few parameters. */
const RECENT = 300;
const RECENT_CYCLES = 15;

const LINES: readonly SmoothingShape['trend'][] = ['none', 'additive', 'damped'];

/**
 * The best shape by AICc. The series has no gaps; `season` 1 for none. `warm` keeps the parameters of every shape for the next
 * fit, of the same series a little longer.
 */
export function fitEts(whole: Float64Array, season: number, warm: Warm): Smoothed {
  const y = whole.subarray(Math.max(0, whole.length - Math.max(RECENT, RECENT_CYCLES * season)));
  let isPositive = true;
  for (let t = 0; t < y.length && isPositive; t++) isPositive = y[t]! > 0;
  const withSeason = season > 1 && season <= MOST_SEASON && isSeasonal(y, season);
  const shapes: SmoothingShape[] = [];
  for (const trend of LINES) {
    if (!withSeason) {
      shapes.push({ error: 'additive', trend, season: 'none' });
      if (isPositive) shapes.push({ error: 'multiplicative', trend, season: 'none' });
      continue;
    }
    shapes.push({ error: 'additive', trend, season: 'additive' });
    if (isPositive) shapes.push({ error: 'multiplicative', trend, season: 'multiplicative' });
  }
  let best: Smoothed | null = null;
  const known = warm.get(CHOSEN);
  const lasts = y.length < WORTH_WARMING ? RECHOOSE_SHORT : RECHOOSE;
  const chosen = known !== undefined && y.length < lasts * known[0]! ? known[1]! : -1;
  for (const [i, shape] of shapes.entries()) {
    if (chosen >= 0 && chosen < shapes.length && i !== chosen) continue;
    const name = `ETS ${Object.values(shape).join(' ')}`;
    const fitted = fitShape(y, shape, withSeason ? season : 1, { warm, name });
    if (best !== null && fitted.aicc >= best.aicc) continue;
    best = fitted;
    if (chosen < 0) warm.set(CHOSEN, Float64Array.of(y.length, i));
  }
  return best!;
}

/** Parameters to begin from (p), and whether they are still good as they are; null where there are none. */
export function recall(warm: Warm, name: string, n: number): { start: Float64Array; isKept: boolean } | null {
  const known = warm.get(name);
  if (known === undefined || n < WORTH_WARMING) return null;
  const length = known[known.length - 1]!;
  return { start: known.subarray(0, -1), isKept: n >= length && n < REFIT * length };
}

export function remember(warm: Warm, name: string, n: number, parameters: Float64Array): void {
  warm.set(name, Float64Array.of(...parameters, n));
}

/** One shape by maximum likelihood, from what `memory` knows of the series; what is found goes there. */
export function fitShape(
  y: Float64Array,
  shape: SmoothingShape,
  season: number,
  { warm, name }: { readonly warm: Warm; readonly name: string } = { warm: new Map(), name: '' },
): Smoothed {
  const { adjusted, initial } = firstSeason(y, shape, season);
  const filter = openFilter(y, shape, initial);
  const parameters = firstStates(adjusted, shape);
  const free = freeParameters(shape);
  const box = boxOf(adjusted, parameters, free);
  const n = y.length;
  const known = recall(warm, name, n);
  if (known !== null) parameters.set(known.start);
  const point = Float64Array.from(free, (k, i) =>
    Math.min(box.high[i]!, Math.max(box.low[i]!, parameters[k]!)),
  );
  const loss = (at: Float64Array): number => {
    for (let i = 0; i < free.length; i++) parameters[free[i]!] = at[i]!;
    return filter.run(parameters);
  };
  const cold = free.length > FEW ? COLD : simplexDefaults;
  if (known?.isKept !== true) minimiseSimplex(loss, point, box, known === null ? cold : WARM);
  const reached = loss(point);
  if (known?.isKept !== true) remember(warm, name, n, parameters);
  const k = free.length + 1 + (shape.season === 'none' ? 0 : season - 1);
  return { shape, parameters, filter, aicc: reached + 2 * k + (2 * k * (k + 1)) / Math.max(1, n - k - 1) };
}

function freeParameters({ trend, season }: SmoothingShape): number[] {
  const free = [ALPHA];
  if (trend !== 'none') free.push(BETA);
  if (season !== 'none') free.push(GAMMA);
  if (trend === 'damped') free.push(PHI);
  free.push(LEVEL);
  if (trend !== 'none') free.push(SLOPE);
  return free;
}

function firstSeason(
  y: Float64Array,
  { season: form }: SmoothingShape,
  season: number,
): { adjusted: Float64Array; initial: Float64Array } {
  if (form === 'none') return { adjusted: y, initial: new Float64Array(0) };
  const early = y.subarray(0, Math.min(y.length, Math.max(3 * season, 12)));
  const { ahead } = adjustSeasons(early, [season], season, form);
  const initial = new Float64Array(season);
  for (let k = 0; k < season; k++) initial[(early.length + k) % season] = ahead[k]!;
  const adjusted = new Float64Array(y.length);
  for (let t = 0; t < y.length; t++) {
    const index = initial[t % season]!;
    adjusted[t] = form === 'additive' ? y[t]! - index : y[t]! / index;
  }
  return { adjusted, initial };
}

/** A line through the first observations gives level and slope before the first. */
function firstStates(adjusted: Float64Array, { trend }: SmoothingShape): Float64Array {
  const states = new Float64Array(PARAMETERS);
  const first = Math.min(10, adjusted.length);
  let mean = 0;
  let cross = 0;
  let spread = 0;
  for (let t = 0; t < first; t++) mean += adjusted[t]! / first;
  for (let t = 0; t < first; t++) {
    cross += (t - (first - 1) / 2) * (adjusted[t]! - mean);
    spread += (t - (first - 1) / 2) ** 2;
  }
  const slope = spread > 0 ? cross / spread : 0;
  states[ALPHA] = 0.3;
  states[BETA] = 0.1;
  states[GAMMA] = 0.1;
  states[PHI] = 0.95;
  states[LEVEL] = trend === 'none' ? mean : mean - slope * ((first - 1) / 2 + 1);
  states[SLOPE] = slope;
  return states;
}

function boxOf(adjusted: Float64Array, start: Float64Array, free: readonly number[]): Box {
  let low = Infinity;
  let high = -Infinity;
  for (let t = 0; t < adjusted.length; t++) {
    low = Math.min(low, adjusted[t]!);
    high = Math.max(high, adjusted[t]!);
  }
  const span = Math.max(high - low, 1e-9 * Math.abs(high), Number.MIN_VALUE);
  const bounds = (k: number): [number, number] => {
    switch (k) {
      case PHI:
        return [PHI_LOW, PHI_HIGH];
      case LEVEL:
        return [start[LEVEL]! - span, start[LEVEL]! + span];
      case SLOPE:
        return [start[SLOPE]! - span / 4, start[SLOPE]! + span / 4];
      default:
        return [EDGE, 1 - EDGE];
    }
  };
  return {
    low: Float64Array.from(free, (k) => bounds(k)[0]),
    high: Float64Array.from(free, (k) => bounds(k)[1]),
  };
}
