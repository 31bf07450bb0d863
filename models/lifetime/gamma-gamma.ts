/**
 * Gamma-Gamma (Colombo and Jiang 1999; Fader and Hardie's 2013 note): what a customer spends at a time varies around a
 * mean of the customer's own, gamma(p, nu), and nu varies among customers, gamma(q, v). Spending must not depend on how
 * often somebody buys; `spendCorrelation` says how far that is from true.
 */
import { logGamma } from './log-gamma.js';
import { mostLikely } from './most-likely.js';

export interface SpendModel {
  readonly parameters: Readonly<Record<'p' | 'q' | 'v', number>>;
  readonly logLikelihood: number;
  /** Expected spend at a time of a customer whose mean over `purchases` was `mean`; the population's without purchases. */
  expectedSpend(purchases: number, mean: number): number;
}

/** `purchases` and the mean spend at each of them, by customer (n); customers without purchases or spend are left out. */
export function fitGammaGamma(purchases: Float64Array, meanSpend: Float64Array): SpendModel {
  const rows = [...purchases.keys()].filter((i) => purchases[i]! > 0 && meanSpend[i]! > 0);
  const typical = rows.reduce((sum, i) => sum + meanSpend[i]!, 0) / rows.length;
  const { parameters, logLikelihood } = mostLikely({ p: 2, q: 3, v: typical }, ({ p, q, v }) => {
    const constant = q * Math.log(v) - logGamma(q);
    let sum = 0;
    for (const i of rows) {
      const x = purchases[i]!;
      const z = meanSpend[i]!;
      const shape = p * x;
      sum +=
        constant + logGamma(shape + q) - logGamma(shape) + (shape - 1) * Math.log(z) + shape * Math.log(x);
      sum -= (shape + q) * Math.log(v + x * z);
    }
    return sum;
  });
  const { p, q, v } = parameters;
  return {
    parameters,
    logLikelihood,
    // Without a mean (q at most 1) the population's spend has no expectation; the shape then counts the customer's own only.
    expectedSpend: (x, mean) =>
      x === 0 ? (p * v) / Math.max(q - 1, 1e-6) : (p * (v + x * mean)) / (p * x + q - 1),
  };
}

/** Pearson's correlation of purchases and mean spend among repeat buyers. */
export function spendCorrelation(purchases: Float64Array, meanSpend: Float64Array): number {
  const rows = [...purchases.keys()].filter((i) => purchases[i]! > 0 && meanSpend[i]! > 0);
  const mean = (column: Float64Array): number => rows.reduce((sum, i) => sum + column[i]!, 0) / rows.length;
  const [x, z] = [mean(purchases), mean(meanSpend)];
  const products = (one: Float64Array, m: number, other: Float64Array, k: number): number =>
    rows.reduce((sum, i) => sum + (one[i]! - m) * (other[i]! - k), 0);
  const spread = Math.sqrt(products(purchases, x, purchases, x) * products(meanSpend, z, meanSpend, z));
  return spread === 0 ? 0 : products(purchases, x, meanSpend, z) / spread;
}
