/**
 * BG/NBD (Fader, Hardie and Lee 2005, "Counting your customers the easy way") and MBG/NBD (Batislam, Denizel and Filiztekin
 * 2007): a customer buys at a rate drawn from gamma(r, alpha) and leaves after a purchase with a probability drawn from
 * beta(a, b). In MBG/NBD the first purchase may be the last, too: the same formulas with one more chance to leave.
 */
import { assert } from '../../core/errors.js';
import { logHypergeometric } from './hypergeometric.js';
import { logGamma } from './log-gamma.js';
import type { CountedBuyers, Parameters, RepeatAnswers, RepeatFamily } from './repeat-buyers.js';

/** `chances` to leave before the first repeat: none in BG/NBD, one in MBG/NBD. Parameters are r, alpha, a and b. */
export function betaGeometric(chances: 0 | 1): RepeatFamily {
  return {
    start: (rows) => ({ r: 1, alpha: meanTime(rows), a: 1, b: 1 }),
    logLikelihood: (rows, parameters) => logLikelihood(rows, named(parameters), chances),
    answers: (parameters) => answers(named(parameters), chances),
  };
}

type Named = Readonly<Record<'r' | 'alpha' | 'a' | 'b', number>>;

function named({ r, alpha, a, b }: Parameters): Named {
  assert(
    r !== undefined && alpha !== undefined && a !== undefined && b !== undefined,
    'r, alpha, a and b are given',
  );
  return { r, alpha, a, b };
}

/** A rate of one purchase in the mean time of observation. */
function meanTime({ observed, count }: CountedBuyers): number {
  const customers = count.reduce((sum, n) => sum + n, 0);
  return observed.reduce((sum, time, i) => sum + time * count[i]!, 0) / customers;
}

function logLikelihood(rows: CountedBuyers, { r, alpha, a, b }: Named, chances: 0 | 1): number {
  const { repeats, lastAt, observed, count } = rows;
  const constant = r * Math.log(alpha) - logGamma(r) + logGamma(a + b) - logGamma(b);
  // Depends on the number of purchases only, and there are few numbers.
  const byRepeats = new Map<number, number>();
  let sum = 0;
  for (let i = 0; i < repeats.length; i++) {
    const x = repeats[i]!;
    const exits = x + chances;
    let known = byRepeats.get(x);
    if (known === undefined) {
      known = constant + logGamma(r + x) + logGamma(b + exits) - logGamma(a + b + exits);
      byRepeats.set(x, known);
    }
    const staying = -(r + x) * Math.log(alpha + observed[i]!);
    const left =
      exits === 0 ? 0 : leftOdds(a, b, exits, r + x, (alpha + observed[i]!) / (alpha + lastAt[i]!));
    sum += count[i]! * (known + staying + Math.log1p(left));
  }
  return sum;
}

/** Odds that the customer left after the last purchase. */
function leftOdds(a: number, b: number, exits: number, power: number, ratio: number): number {
  return (a / (b + exits - 1)) * ratio ** power;
}

function answers({ r, alpha, a, b }: Named, chances: 0 | 1): RepeatAnswers {
  const aliveProbability = (x: number, lastAt: number, observed: number): number => {
    const exits = x + chances;
    if (exits === 0) return 1;
    return 1 / (1 + leftOdds(a, b, exits, r + x, (alpha + observed) / (alpha + lastAt)));
  };
  return {
    aliveProbability,
    expectedPurchases: (x, lastAt, observed, horizon) => {
      const exits = x + chances;
      const until = alpha + observed + horizon;
      const logShrunk =
        (r + x) * (Math.log(alpha + observed) - Math.log(until)) +
        logHypergeometric(r + x, b + exits, a + b + exits - 1, horizon / until);
      // At a = 1 numerator and denominator vanish together; a step aside costs less than the data can tell.
      const excess = Math.abs(a - 1) < 1e-6 ? 1e-6 : a - 1;
      const purchases = (-(a + b + exits - 1) * Math.expm1(logShrunk)) / excess;
      return purchases * aliveProbability(x, lastAt, observed);
    },
  };
}
