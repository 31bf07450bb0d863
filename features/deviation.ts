/**
 * Population standard deviation of n amounts from their sum and the sum of their squares, in minor units. NaN below two.
 * Rounding may leave a small negative variance, which counts as none.
 */
export function deviation(n: number, sum: number, squares: number): number {
  return n < 2 ? NaN : Math.sqrt(Math.max(0, n * squares - sum * sum)) / n;
}
