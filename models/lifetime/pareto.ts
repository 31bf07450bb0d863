/**
 * Pareto/NBD (Schmittlein, Morrison and Colombo 1987; likelihood as in Fader and Hardie's 2005 note on it): a customer buys
 * at a rate drawn from gamma(r, alpha) and leaves at any time, at a rate drawn from gamma(s, beta).
 */
import { assert } from '../../core/errors.js';
import { hypergeometricOfOne } from './hypergeometric.js';
import { logGamma } from './log-gamma.js';
import type { CountedBuyers, Parameters, RepeatAnswers, RepeatFamily } from './repeat-buyers.js';

/** Parameters are r, alpha, s and beta. */
export const pareto: RepeatFamily = {
  start: (rows) => {
    const longest = rows.observed.reduce((most, time) => Math.max(most, time), 0);
    return { r: 1, alpha: longest / 2, s: 1, beta: longest / 2 };
  },
  logLikelihood: (rows, parameters) => logLikelihood(rows, named(parameters)),
  answers: (parameters) => answers(named(parameters)),
};

type Named = Readonly<Record<'r' | 'alpha' | 's' | 'beta', number>>;

function named({ r, alpha, s, beta }: Parameters): Named {
  assert(
    r !== undefined && alpha !== undefined && s !== undefined && beta !== undefined,
    'r, alpha, s and beta are given',
  );
  return { r, alpha, s, beta };
}

function answers(given: Named): RepeatAnswers {
  const { r, alpha, s, beta } = given;
  const aliveProbability = (x: number, lastAt: number, observed: number): number =>
    Math.exp(logAlive(given, x, lastAt, observed));
  return {
    aliveProbability,
    expectedPurchases: (x, lastAt, observed, horizon) => {
      const excess = Math.abs(s - 1) < 1e-6 ? 1e-6 : s - 1;
      const stay = -Math.expm1(excess * Math.log((beta + observed) / (beta + observed + horizon)));
      const rate = (r + x) / (alpha + observed);
      return ((rate * (beta + observed)) / excess) * stay * aliveProbability(x, lastAt, observed);
    },
  };
}

function logLikelihood(rows: CountedBuyers, given: Named): number {
  const { r, alpha, s, beta } = given;
  const { repeats, lastAt, observed, count } = rows;
  const constant = r * Math.log(alpha) + s * Math.log(beta) - logGamma(r);
  let sum = 0;
  for (let i = 0; i < repeats.length; i++) {
    const x = repeats[i]!;
    const time = observed[i]!;
    const staying = -(r + x) * Math.log(alpha + time) - s * Math.log(beta + time);
    // The likelihood is that of staying, divided by the probability of being alive.
    sum += count[i]! * (constant + logGamma(r + x) + staying - logAlive(given, x, lastAt[i]!, time));
  }
  return sum;
}

function logAlive(given: Named, x: number, lastAt: number, observed: number): number {
  const { r, alpha, s, beta } = given;
  const power = r + s + x;
  const staying = (r + x) * Math.log(alpha + observed) + s * Math.log(beta + observed);
  // What leaving from an instant on contributes, over the likelihood of staying; between two instants it is the difference.
  const leaving = (instant: number): number => {
    const [high, low, upper] = alpha >= beta ? [alpha, beta, s + 1] : [beta, alpha, r + x];
    const z = (high - low) / (high + instant);
    // Euler's transformation of 2F1(power, upper; power + 1; z).
    const log = (1 - upper) * Math.log1p(-z) + Math.log(hypergeometricOfOne(power + 1 - upper, power + 1, z));
    return staying + log - power * Math.log(high + instant);
  };
  const atLast = leaving(lastAt);
  const atEnd = leaving(observed);
  const logOdds = Math.log(s / power) + atLast + Math.log(-Math.expm1(atEnd - atLast));
  // -log(1 + odds), also where the odds are too large for a number.
  return -(Math.max(0, logOdds) + Math.log1p(Math.exp(-Math.abs(logOdds))));
}
