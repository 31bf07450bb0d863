/**
 * Exponential smoothing in its state-space form: one pass over a series with given parameters, the likelihood it has and
 * the path ahead. Level, additive or damped trend, additive or multiplicative season and errors (Hyndman, Koehler, Ord and
 * Snyder 2008, chapter 2). A filter owns its buffers: passes allocate nothing.
 */
export interface SmoothingShape {
  readonly error: 'additive' | 'multiplicative';
  readonly trend: 'none' | 'additive' | 'damped';
  readonly season: 'none' | 'additive' | 'multiplicative';
}

/** Order of the parameters of a pass: those that a shape has not are ignored. */
export const ALPHA = 0;
export const BETA = 1; // as a share of alpha
export const GAMMA = 2; // as a share of 1 - alpha
export const PHI = 3;
export const LEVEL = 4;
export const SLOPE = 5;
export const PARAMETERS = 6;

export interface Filter {
  /** Twice the negative log-likelihood up to a constant, Infinity where the shape breaks down. Leaves the states at the end. */
  run(at: Float64Array): number;
  /** The path after the last `run`, with its parameters (h). */
  ahead(at: Float64Array, h: number): Float64Array;
}

/** Room is left above it for one more value. */
const MANY = 1e100;

/** `initial` are the seasonal states before the first observation (season); none for no season. */
export function openFilter(y: Float64Array, shape: SmoothingShape, initial: Float64Array): Filter {
  const n = y.length;
  const m = Math.max(1, initial.length);
  const states = new Float64Array(m);
  const hasTrend = shape.trend !== 'none';
  const isDamped = shape.trend === 'damped';
  const seasonal = seasonalForm(shape);
  const isRelative = shape.error === 'multiplicative';
  const ends = new Float64Array(2);
  let level = 0;
  let slope = 0;
  const runPlain = (at: Float64Array): number => {
    const sum = plainPass(y, at, hasTrend, isDamped, ends);
    level = ends[0]!;
    slope = ends[1]!;
    return orInfinity(n * Math.log(sum + Number.MIN_VALUE));
  };
  const runAny = (at: Float64Array): number => {
    if (seasonal !== 0) states.set(initial);
    const loss = anyPass(y, shape, at, states, ends);
    level = ends[0]!;
    slope = ends[1]!;
    return orInfinity(loss);
  };
  const ahead = (at: Float64Array, h: number): Float64Array => {
    const path = linePath(level, slope, isDamped ? at[PHI]! : 1, h);
    if (seasonal === 0) return path;
    return path.map((base, t) =>
      seasonal === 1 ? base + states[(n + t) % m]! : base * states[(n + t) % m]!,
    );
  };
  return { run: seasonal === 0 && !isRelative ? runPlain : runAny, ahead };
}

/** 0 none, 1 a term, 2 a factor: numbers, asked at every step. */
function seasonalForm({ season }: SmoothingShape): 0 | 1 | 2 {
  return season === 'none' ? 0 : season === 'additive' ? 1 : 2;
}

/** Every shape; `states` are the seasonal ones, which it moves on, and `ends` takes level and slope. Infinity where it breaks down. */
function anyPass(
  y: Float64Array,
  shape: SmoothingShape,
  at: Float64Array,
  states: Float64Array,
  ends: Float64Array,
): number {
  const n = y.length;
  const m = states.length;
  const hasTrend = shape.trend !== 'none';
  const isDamped = shape.trend === 'damped';
  const seasonal = seasonalForm(shape);
  const isRelative = shape.error === 'multiplicative';
  const alpha = at[ALPHA]!;
  const share = at[BETA]!; // beta / alpha
  const gamma = at[GAMMA]! * (1 - alpha);
  const phi = isDamped ? at[PHI]! : 1;
  let base = at[LEVEL]!;
  let rise = hasTrend ? at[SLOPE]! : 0;
  let sum = 0;
  let logs = 0;
  let product = 1; // of fitted values: a logarithm of many at once
  for (let t = 0, place = 0; t < n; t++) {
    const value = y[t]!;
    const damped = phi * rise;
    const last = base;
    base = last + damped;
    let fitted = base;
    let plain = value;
    if (seasonal === 1) {
      fitted += states[place]!;
      plain -= states[place]!;
    } else if (seasonal === 2) {
      fitted *= states[place]!;
      plain /= states[place]!;
    }
    if (isRelative) {
      if (!(fitted > 0)) return Infinity;
      const error = (value - fitted) / fitted;
      sum += error * error;
      product *= fitted;
      if (product > MANY || product < 1 / MANY) {
        logs += Math.log(product);
        product = 1;
      }
    } else sum += (value - fitted) * (value - fitted);
    const next = base + alpha * (plain - base);
    if (hasTrend) rise = damped + share * (next - last - damped);
    if (seasonal === 1) states[place]! += gamma * (value - base - states[place]!);
    else if (seasonal === 2) {
      if (!(base > 0)) return Infinity;
      states[place]! += gamma * (value / base - states[place]!);
      if (!(states[place]! > 0)) return Infinity;
    }
    base = next;
    if (++place === m) place = 0;
  }
  ends[0] = base;
  ends[1] = rise;
  return n * Math.log(sum + Number.MIN_VALUE) + (isRelative ? 2 * (logs + Math.log(product)) : 0);
}

/**
 * The commonest shapes, additive without season, in a loop of their own: nothing to ask at every step. Returns the sum of squared
 * errors; `ends` takes level and slope.
 */
function plainPass(
  y: Float64Array,
  at: Float64Array,
  hasTrend: boolean,
  isDamped: boolean,
  ends: Float64Array,
): number {
  const alpha = at[ALPHA]!;
  let level = at[LEVEL]!;
  let sum = 0;
  ends[1] = 0;
  if (!hasTrend)
    for (let t = 0; t < y.length; t++) {
      const error = y[t]! - level;
      sum += error * error;
      level += alpha * error;
    }
  else {
    const beta = alpha * at[BETA]!;
    const phi = isDamped ? at[PHI]! : 1;
    let slope = at[SLOPE]!;
    for (let t = 0; t < y.length; t++) {
      const damped = phi * slope;
      // In this order, since each step waits for the slope of the last.
      const error = y[t]! - level - damped;
      sum += error * error;
      slope = damped + beta * error;
      level += damped + alpha * error;
    }
    ends[1] = slope;
  }
  ends[0] = level;
  return sum;
}

function linePath(level: number, slope: number, phi: number, h: number): Float64Array {
  let reach = 0;
  let power = 1;
  const path = new Float64Array(h);
  for (let t = 0; t < h; t++) {
    power *= phi;
    reach += power;
    path[t] = level + reach * slope;
  }
  return path;
}

function orInfinity(loss: number): number {
  return loss === loss ? loss : Infinity;
}
