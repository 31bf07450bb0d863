/**
 * Prediction intervals by split conformal inference: errors of the combination at rolling origins, each divided by the width
 * that the other origins of its series would have given it, pooled over series and neighbouring steps; their quantile times the
 * width is the interval (Lei, G'Sell, Rinaldo, Tibshirani and Wasserman 2018). Late origins count
 * most; series without origins take the pool's.
 */
import { overlaps } from './origins.js';

/** Errors of one series at its origins, NaN where unknown, and what its scale is thought to be without them. */
export interface Residuals {
  /** (k x steps) */
  readonly errors: Float64Array;
  /** Ends of the histories (k). */
  readonly origins: readonly number[];
  /** Steps that an error looks ahead: errors of nearer origins overlap. */
  readonly reach: number;
  /** Standard deviation of a change over a season, in the unit of the errors. */
  readonly prior: number;
}

export interface Widths {
  /** Half-width of each step of a series at a level (steps). */
  of(series: number, level: number): Float64Array;
}

/** Origins that the shape of the pool counts for beside a series' own errors at a step. */
const SHAPE_TRUST = 3;
/** Origins that the changes of the history count for beside the errors of forecasts. */
const PRIOR_TRUST = 4;
/** Steps to each side that share errors: single steps of ten origins are few. */
const NEIGHBOURS = 1;
/** Power of the share of the history that was known at an origin. */
const RECENCY = 4;
/** Scores below which the pool takes in more steps. */
const ENOUGH = 400;
/** Quantiles of Student's t with five degrees, for pools that are smaller than the level asks for. */
const STUDENT: readonly (readonly [number, number])[] = [
  [0.8, 1.476],
  [0.95, 2.571],
];

/** What the errors of all series have in common. */
interface Pool {
  /** Squared error of a step over the mean of the steps (steps). */
  readonly shape: Float64Array;
  /** Squared error of a forecast over that of the prior. */
  readonly ratio: number;
}

export function conformalWidths(series: readonly Residuals[], steps: number): Widths {
  const squares = series.map((one) => smoothSquares(one, steps));
  const pool = { shape: poolShape(squares, steps), ratio: priorRatio(series, squares, steps) };
  const widthsOf = (i: number, without: number): Float64Array =>
    standardWidths(series[i]!, squares[i]!, pool, without);
  const scores: Score[][] = Array.from({ length: steps }, () => []);
  for (const [i, { errors, origins }] of series.entries()) {
    for (let o = 0; o < origins.length; o++) {
      const widths = widthsOf(i, o);
      for (let t = 0; t < steps; t++) {
        const score = Math.abs(errors[o * steps + t]!) / widths[t]!;
        if (Number.isFinite(score)) scores[t]!.push({ score, weight: recencyOf(origins, o) });
      }
    }
  }
  const sorted = scores.map((_, t) => poolAround(scores, t));
  const quantiles = new Map<number, number[]>();
  return {
    of: (i, level) => {
      const known = quantiles.get(level) ?? sorted.map((one) => quantile(one, level));
      quantiles.set(level, known);
      return widthsOf(i, -1).map((width, t) => width * known[t]!);
    },
  };
}

/** An error over its width, and what it counts. */
interface Score {
  readonly score: number;
  readonly weight: number;
}

/** What an origin counts: forecasts from shorter histories are worse than the one that is asked for. */
function recencyOf(origins: readonly number[], o: number): number {
  return (origins[o]! / origins.at(-1)!) ** RECENCY;
}

/** Scores of a step and of so many around it that there are enough, ascending. */
function poolAround(scores: readonly (readonly Score[])[], t: number): Score[] {
  let reach = 0;
  let found = scores[t]!.length;
  while (found < ENOUGH && reach < scores.length) {
    reach++;
    found += (scores[t - reach]?.length ?? 0) + (scores[t + reach]?.length ?? 0);
  }
  return scores
    .slice(Math.max(0, t - reach), t + reach + 1)
    .flat()
    .sort((a, b) => a.score - b.score);
}

/** The weighted conformal quantile (Barber, Candes, Ramdas and Tibshirani 2023): what is asked for itself weighs 1. */
function quantile(sorted: readonly Score[], level: number): number {
  const all = sorted.reduce((sum, { weight }) => sum + weight, 1);
  let reached = 0;
  for (const { score, weight } of sorted) {
    reached += weight;
    if (reached >= level * all) return score;
  }
  const student = STUDENT.find(([one]) => one >= level)?.[1] ?? 4;
  return Math.max(student, sorted.at(-1)?.score ?? 0);
}

/** Squared errors, each the mean with its neighbours (k x steps). */
function smoothSquares({ errors, origins }: Residuals, steps: number): Float64Array {
  const squares = new Float64Array(origins.length * steps);
  for (let o = 0; o < origins.length; o++) {
    for (let t = 0; t < steps; t++) {
      let sum = 0;
      let count = 0;
      for (let j = Math.max(0, t - NEIGHBOURS); j <= Math.min(steps - 1, t + NEIGHBOURS); j++) {
        const error = errors[o * steps + j]!;
        if (!Number.isFinite(error)) continue;
        sum += error * error;
        count++;
      }
      squares[o * steps + t] = count === 0 ? NaN : sum / count;
    }
  }
  return squares;
}

/** Growth of the squared error with the step, averaging 1; of a random walk where nothing is known (steps). */
function poolShape(all: readonly Float64Array[], steps: number): Float64Array {
  const sums = new Float64Array(steps);
  let count = 0;
  for (const squares of all) {
    const own = new Float64Array(steps);
    for (let i = 0; i < squares.length; i++) if (squares[i] === squares[i]) own[i % steps]! += squares[i]!;
    const mean = own.reduce((sum, value) => sum + value, 0) / steps;
    if (!(mean > 0)) continue;
    for (let t = 0; t < steps; t++) sums[t]! += own[t]! / mean;
    count++;
  }
  if (count === 0) return sums.map((_, t) => (2 * (t + 1)) / (steps + 1));
  return sums.map((sum) => Math.max(0.01, sum / count));
}

/** Middle of the squared forecast errors over the squared prior, 1 where there is neither. */
function priorRatio(series: readonly Residuals[], all: readonly Float64Array[], steps: number): number {
  const ratios: number[] = [];
  for (const [i, squares] of all.entries()) {
    const { mean } = known(squares, steps, series[i]!, -1);
    const ratio = mean / series[i]!.prior ** 2;
    if (Number.isFinite(ratio) && ratio > 0) ratios.push(ratio);
  }
  ratios.sort((a, b) => a - b);
  return ratios[ratios.length >> 1] ?? 1;
}

/** Mean square and number of the origins that do not overlap with one. */
function known(
  squares: Float64Array,
  steps: number,
  { origins, reach }: Residuals,
  without: number,
): { mean: number; origins: number } {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < squares.length; i++) {
    const o = Math.floor(i / steps);
    if (overlaps(origins, reach, o, without) || squares[i] !== squares[i]) continue;
    const weight = recencyOf(origins, o);
    sum += weight * squares[i]!;
    count += weight;
  }
  return { mean: count === 0 ? 0 : sum / count, origins: count / steps };
}

/** What the errors of a series may be at each step, in standard deviations, as if one origin had not been (steps). */
function standardWidths(
  residuals: Residuals,
  squares: Float64Array,
  { shape, ratio }: Pool,
  without: number,
): Float64Array {
  const steps = shape.length;
  const { prior, origins, reach } = residuals;
  const own = known(squares, steps, residuals, without);
  const thought = Number.isFinite(prior) ? ratio * prior * prior : own.mean;
  const level = (own.origins * own.mean + PRIOR_TRUST * thought) / (own.origins + PRIOR_TRUST);
  return Float64Array.from({ length: steps }, (_, t) => {
    let sum = SHAPE_TRUST * level * shape[t]!;
    let count = SHAPE_TRUST;
    for (let i = t, o = 0; i < squares.length; i += steps, o++) {
      if (overlaps(origins, reach, o, without) || squares[i] !== squares[i]) continue;
      const weight = recencyOf(origins, o);
      sum += weight * squares[i]!;
      count += weight;
    }
    return Math.sqrt(sum / count);
  });
}
