/**
 * Survival by paid period: what was observed (Kaplan and Meier 1958, with Greenwood's interval on the log scale) beside what
 * a model of hazards expected of the same subscriptions. Rows enter when they were seen, so late entries are no bias.
 */
export interface SurvivalPoint {
  /** Paid periods behind, from 1. */
  readonly period: number;
  readonly atRisk: number;
  readonly ended: number;
  /** Of those who reached the first period shown, the share still there after this one, and its 95 % interval. */
  readonly survival: number;
  readonly low: number;
  readonly high: number;
  /** The same by the model. */
  readonly expected: number;
}

/** The curve begins and ends where so many are at risk: the rest is a handful of families. */
const FEWEST_AT_RISK = 30;
const Z95 = 1.959964;

/** One row for each renewal (n): its period, 1 where it ended, and P(end). */
export function survivalCurve(
  period: ArrayLike<number>,
  y: Uint8Array,
  endProbability: Float64Array,
): SurvivalPoint[] {
  const sums = new Map<number, { atRisk: number; ended: number; expected: number }>();
  for (let row = 0; row < y.length; row++) {
    const sum = sums.get(period[row]!) ?? { atRisk: 0, ended: 0, expected: 0 };
    sum.atRisk += 1;
    sum.ended += y[row]!;
    sum.expected += endProbability[row]!;
    sums.set(period[row]!, sum);
  }
  const points: SurvivalPoint[] = [];
  let survival = 1;
  let expected = 1;
  let variance = 0;
  for (const [at, sum] of [...sums].sort(([a], [b]) => a - b)) {
    const { atRisk, ended } = sum;
    const isSparse = atRisk < FEWEST_AT_RISK || ended === atRisk;
    if (isSparse && points.length === 0) continue;
    if (isSparse) break;
    survival *= 1 - ended / atRisk;
    expected *= 1 - sum.expected / atRisk;
    variance += ended / (atRisk * (atRisk - ended));
    const spread = Math.exp(Z95 * Math.sqrt(variance));
    points.push({
      period: at,
      atRisk,
      ended,
      survival,
      low: survival / spread,
      high: Math.min(1, survival * spread),
      expected,
    });
  }
  return points;
}
