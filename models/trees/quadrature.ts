/**
 * The rule of Gauss and Legendre on [0, 1]: with n points it integrates every polynomial of degree 2n - 1 exactly. The points
 * are the roots of the Legendre polynomial, by Newton's method from Chebyshev's. Source: Press et al., Numerical Recipes 4.6.
 */

export interface Quadrature {
  /** In (0, 1), ascending (n). */
  readonly points: Float64Array;
  /** They sum to 1 (n). */
  readonly weights: Float64Array;
}

const MAX_STEPS = 100; // Newton doubles the digits each step: five or six do.

export function gaussLegendre(n: number): Quadrature {
  const points = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    let x = -Math.cos((Math.PI * (k + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < MAX_STEPS; step++) {
      const { value, derivative } = legendre(n, x);
      slope = derivative;
      const next = x - value / derivative;
      if (Math.abs(next - x) < 1e-15) break;
      x = next;
    }
    points[k] = (1 + x) / 2;
    weights[k] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}

/** The polynomial of degree n and its derivative, by the three-term recurrence. */
function legendre(n: number, x: number): { value: number; derivative: number } {
  let before = 1;
  let value = x;
  for (let k = 2; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return { value, derivative: (n * (x * value - before)) / (x * x - 1) };
}
