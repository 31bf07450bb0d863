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
  const run = (at: Float64Array): number => {
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
    const loss = n * Math.log(sum + Number.MIN_VALUE) + (isRelative ? 2 * logs : 0);
    return loss === loss ? loss : Infinity;
  };
  const ahead = (at: Float64Array, h: number): Float64Array => {
    const path = new Float64Array(h);
    const phi = isDamped ? at[PHI]! : 1;
    let reach = 0;
    let power = 1;
    for (let t = 0; t < h; t++) {
      power *= phi;
      reach += power;
      const base = level + reach * slope;
      const state = states[(n + t) % m]!;
      path[t] = seasonal === 0 ? base : seasonal === 1 ? base + state : base * state;
    }
    return path;
  };
  return { run, ahead };
}
