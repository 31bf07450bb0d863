/**
 * The Theta method and its optimised dynamic form. Standard: half the slope of the line of time added to simple smoothing
 * (Assimakopoulos and Nikolopoulos 2000; Hyndman and Billah 2003). Dynamic optimised: level, smoothing and theta by least
 * squares with a line that is fitted anew at every step (Fiorucci, Pellegrini, Louzada, Petropoulos and Koehler 2016).
 */
import { fitShape, recall, remember, WARM, type Warm } from './ets.js';
import { minimiseSimplex, simplexDefaults } from '../nelder-mead.js';

/** Standard Theta of a series without season (h). */
export function thetaAhead(y: Float64Array, h: number, warm: Warm = new Map()): Float64Array {
  const n = y.length;
  const { level, slope } = line(y);
  // The line with theta 2 is smoothed; its mean with the line of theta 0 is the forecast.
  const curved = new Float64Array(n);
  for (let t = 0; t < n; t++) curved[t] = 2 * y[t]! - (level + slope * t);
  const shape = { error: 'additive', trend: 'none', season: 'none' } as const;
  const { filter, parameters } = fitShape(curved, shape, 1, { warm, name: 'Theta' });
  const flat = filter.ahead(parameters, 1)[0]!;
  return Float64Array.from({ length: h }, (_, t) => (flat + level + slope * (n + t)) / 2);
}

function line(y: Float64Array): { level: number; slope: number } {
  const n = y.length;
  const centre = (n - 1) / 2;
  let mean = 0;
  let cross = 0;
  let spread = 0;
  for (let t = 0; t < n; t++) mean += y[t]! / n;
  for (let t = 0; t < n; t++) {
    cross += (t - centre) * (y[t]! - mean);
    spread += (t - centre) ** 2;
  }
  const slope = spread > 0 ? cross / spread : 0;
  return { level: mean - slope * centre, slope };
}

const LEVEL = 0;
const ALPHA = 1;
const THETA = 2;
/** Errors of the first steps say more about the line through one or two points than about the parameters. */
const SETTLED = 3;

/** Dynamic optimised Theta of a series without season (h); at least 4 observations. */
export function dynamicThetaAhead(y: Float64Array, h: number, warm: Warm, name: string): Float64Array {
  const n = y.length;
  let low = Infinity;
  let high = -Infinity;
  for (let t = 0; t < n; t++) {
    low = Math.min(low, y[t]!);
    high = Math.max(high, y[t]!);
  }
  const span = Math.max(high - low, Number.MIN_VALUE);
  const at = Float64Array.of(y[0]!, 0.5, 2);
  const box = {
    low: Float64Array.of(low - span / 2, 0.05, 1),
    high: Float64Array.of(high + span / 2, 0.99, 20),
  };
  const known = recall(warm, name, n);
  if (known !== null) at.set(known.start);
  if (known?.isKept !== true) {
    const settings = known === null ? simplexDefaults : WARM;
    const lines = linesOf(y);
    minimiseSimplex((point) => squaredErrors(y, lines, point), at, box, settings);
    remember(warm, name, n, at);
  }
  return dynamicPath(y, at, h);
}

/** Lines through the values before each step, which are the same for all parameters: intercept and slope (n each). */
interface Lines {
  readonly intercepts: Float64Array;
  readonly slopes: Float64Array;
}

function linesOf(y: Float64Array): Lines {
  const intercepts = new Float64Array(y.length);
  const slopes = new Float64Array(y.length);
  let mean = 0;
  let slope = 0;
  for (let t = 0; t + 1 < y.length; t++) {
    const count = t + 1;
    slope = t === 0 ? 0 : ((t - 1) * slope + (6 * (y[t]! - mean)) / count) / (count + 1);
    mean = (t * mean + y[t]!) / count;
    intercepts[count] = mean - ((count + 1) / 2) * slope;
    slopes[count] = slope;
  }
  return { intercepts, slopes };
}

/** Of one-step errors. */
function squaredErrors(y: Float64Array, { intercepts, slopes }: Lines, at: Float64Array): number {
  const alpha = at[ALPHA]!;
  const curve = 1 - 1 / at[THETA]!;
  let level = at[LEVEL]!;
  let fade = 1; // (1 - alpha)^t
  let sum = 0;
  for (let t = 0; t < y.length; t++) {
    const value = y[t]!;
    const fitted = level + curve * (fade * intercepts[t]! + ((1 - fade * (1 - alpha)) / alpha) * slopes[t]!);
    if (t >= SETTLED) sum += (value - fitted) * (value - fitted);
    level = alpha * value + (1 - alpha) * level;
    fade *= 1 - alpha;
  }
  return sum;
}

/** Its own means are taken for observations (h). */
function dynamicPath(y: Float64Array, at: Float64Array, h: number): Float64Array {
  const n = y.length;
  const path = new Float64Array(h);
  const alpha = at[ALPHA]!;
  const curve = 1 - 1 / at[THETA]!;
  let level = at[LEVEL]!;
  let mean = 0;
  let intercept = 0;
  let slope = 0;
  let fade = 1;
  for (let t = 0; t < n + h; t++) {
    const fitted = level + curve * (fade * intercept + ((1 - fade * (1 - alpha)) / alpha) * slope);
    const value = t < n ? y[t]! : fitted;
    if (t >= n) path[t - n] = fitted;
    level = alpha * value + (1 - alpha) * level;
    const count = t + 1;
    slope = t === 0 ? 0 : ((t - 1) * slope + (6 * (value - mean)) / count) / (count + 1);
    mean = (t * mean + value) / count;
    intercept = mean - ((count + 1) / 2) * slope;
    fade *= 1 - alpha;
  }
  return path;
}
