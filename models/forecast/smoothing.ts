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

/** `initial` are the seasonal states before the first observation (season); none for no season. */
export function openFilter(y: Float64Array, shape: SmoothingShape, initial: Float64Array): Filter {
  const n = y.length;
  const m = Math.max(1, initial.length);
  const states = new Float64Array(m);
  const hasTrend = shape.trend !== 'none';
  const isDamped = shape.trend === 'damped';
  const seasonal = shape.season === 'none' ? 0 : shape.season === 'additive' ? 1 : 2;
  const isRelative = shape.error === 'multiplicative';
  let level = 0;
  let slope = 0;
  const runPlain = (at: Float64Array): number => {
    const end = plainPass(y, at[ALPHA]!, hasTrend ? at[BETA]! : 0, isDamped ? at[PHI]! : 1, [
      at[LEVEL]!,
      hasTrend ? at[SLOPE]! : 0,
    ]);
    level = end.level;
    slope = end.slope;
    return orInfinity(n * Math.log(end.sum + Number.MIN_VALUE));
  };
  const runAny = (at: Float64Array): number => {
    const alpha = at[ALPHA]!;
    const share = at[BETA]!; // beta / alpha
    const gamma = at[GAMMA]! * (1 - alpha);
    const phi = isDamped ? at[PHI]! : 1;
    level = at[LEVEL]!;
    slope = hasTrend ? at[SLOPE]! : 0;
    if (seasonal !== 0) states.set(initial);
    let sum = 0;
    let logs = 0;
    for (let t = 0, place = 0; t < n; t++) {
      const value = y[t]!;
      const damped = phi * slope;
      const base = level + damped;
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
        logs += Math.log(fitted);
      } else sum += (value - fitted) * (value - fitted);
      const next = base + alpha * (plain - base);
      if (hasTrend) slope = damped + share * (next - level - damped);
      if (seasonal === 1) states[place]! += gamma * (value - base - states[place]!);
      else if (seasonal === 2) {
        if (!(base > 0)) return Infinity;
        states[place]! += gamma * (value / base - states[place]!);
        if (!(states[place]! > 0)) return Infinity;
      }
      level = next;
      if (++place === m) place = 0;
    }
    return orInfinity(n * Math.log(sum + Number.MIN_VALUE) + (isRelative ? 2 * logs : 0));
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

/** The commonest shapes, additive without season, in a loop of their own: nothing to ask at every step. */
function plainPass(
  y: Float64Array,
  alpha: number,
  share: number,
  phi: number,
  [firstLevel, firstSlope]: readonly [number, number],
): { level: number; slope: number; sum: number } {
  let level = firstLevel;
  let slope = firstSlope;
  let sum = 0;
  for (let t = 0; t < y.length; t++) {
    const damped = phi * slope;
    const error = y[t]! - level - damped;
    sum += error * error;
    const step = alpha * error;
    slope = damped + share * step;
    level += damped + step;
  }
  return { level, slope, sum };
}

function linePath(level: number, slope: number, phi: number, h: number): Float64Array {
  let reach = 0;
  let power = 1;
  return Float64Array.from({ length: h }, () => {
    power *= phi;
    reach += power;
    return level + reach * slope;
  });
}

function orInfinity(loss: number): number {
  return loss === loss ? loss : Infinity;
}
