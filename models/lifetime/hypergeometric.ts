/**
 * Gauss's hypergeometric function 2F1(a, b; c; z) for 0 <= z < 1 and positive parameters: its series, after Euler's
 * transformation where that converges sooner (Abramowitz and Stegun 1964, 15.1.1 and 15.3.3).
 */
import { assert } from '../../core/errors.js';

const PRECISION = 1e-15;
/** The series' ratio tends to z, so this is enough up to about z = 0.9999. */
const MOST_TERMS = 400_000;

/**
 * 2F1(1, b; c; z) by Gauss's continued fraction (Abramowitz and Stegun 1964, 15.3 with Lentz's evaluation), which converges
 * near z = 1 too, where the series would take millions of terms.
 */
export function hypergeometricOfOne(b: number, c: number, z: number): number {
  assert(z >= 0 && z < 1, 'the fraction converges off the cut only');
  // Modified Lentz: the value is the product of the ratios of successive numerators and denominators.
  let value = 1;
  let numerator = 1;
  let denominator = 0;
  for (let n = 1; n <= MOST_TERMS; n++) {
    const k = n >> 1;
    const step =
      n % 2 === 1
        ? (-(b + k) * (c - 1 + k) * z) / ((c - 1 + 2 * k) * (c + 2 * k))
        : (-k * (c - 1 - b + k) * z) / ((c - 2 + 2 * k) * (c - 1 + 2 * k));
    denominator = 1 / (1 + step * denominator);
    numerator = 1 + step / numerator;
    const ratio = numerator * denominator;
    value *= ratio;
    if (Math.abs(ratio - 1) < PRECISION) break;
  }
  return 1 / value;
}

/** The natural logarithm of 2F1, which is above one here and may be too large for a number. */
export function logHypergeometric(a: number, b: number, c: number, z: number): number {
  assert(z >= 0 && z < 1, 'the series converges inside the unit circle only');
  if (z === 0) return 0;
  // Equal in value; the smaller upper parameters make the terms fall sooner.
  if (c - a > 0 && c - b > 0 && c < a + b)
    return (c - a - b) * Math.log1p(-z) + logSeries(c - a, c - b, c, z);
  return logSeries(a, b, c, z);
}

function logSeries(a: number, b: number, c: number, z: number): number {
  let term = 1;
  let sum = 1;
  let scale = 0;
  for (let n = 0; n < MOST_TERMS; n++) {
    const ratio = (((a + n) * (b + n)) / ((c + n) * (n + 1))) * z;
    term *= ratio;
    sum += term;
    if (ratio < 1 && term * ratio < PRECISION * sum * (1 - ratio)) break;
    if (sum > 1e250) {
      scale += Math.log(sum);
      term /= sum;
      sum = 1;
    }
  }
  return scale + Math.log(sum);
}
