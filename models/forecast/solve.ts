/** Normal equations of many right-hand sides by Cholesky, for regressions on lags; a zero pivot leaves its unknown at 0. */

/**
 * Solves A X = B for a positive definite A (p x p), of which the upper triangle is given and overwritten; X takes the place
 * of B (p x h).
 */
export function solveNormal(a: Float64Array, b: Float64Array, p: number, h: number): void {
  for (let i = 0; i < p; i++) {
    const row = i * p;
    for (let k = 0; k < i; k++) subtract(a, row + i, k * p + i, a[k * p + i]!, p - i);
    const pivot = a[row + i]!;
    const scale = pivot > 0 ? 1 / Math.sqrt(pivot) : 0;
    for (let j = i; j < p; j++) a[row + j]! *= scale;
  }
  for (let i = 0; i < p; i++) {
    for (let k = 0; k < i; k++) subtract(b, i * h, k * h, a[k * p + i]!, h);
    divide(b, i * h, a[i * p + i]!, h);
  }
  for (let i = p - 1; i >= 0; i--) {
    for (let k = i + 1; k < p; k++) subtract(b, i * h, k * h, a[i * p + k]!, h);
    divide(b, i * h, a[i * p + i]!, h);
  }
}

/**
 * Sum of x[t] x[t - distance] over t from `from` up to `to`, in four sums side by side: one would wait for itself at every
 * step.
 */
export function lagProduct(x: Float64Array, distance: number, from: number, to: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let t = from;
  for (; t + 3 < to; t += 4) {
    first += x[t]! * x[t - distance]!;
    second += x[t + 1]! * x[t + 1 - distance]!;
    third += x[t + 2]! * x[t + 2 - distance]!;
    fourth += x[t + 3]! * x[t + 3 - distance]!;
  }
  for (; t < to; t++) first += x[t]! * x[t - distance]!;
  return first + second + (third + fourth);
}

/** From `count` values at `at`, those at `other` times the factor. */
function subtract(x: Float64Array, at: number, other: number, factor: number, count: number): void {
  if (factor === 0) return;
  for (let j = 0; j < count; j++) x[at + j]! -= factor * x[other + j]!;
}

function divide(x: Float64Array, at: number, pivot: number, count: number): void {
  for (let j = at; j < at + count; j++) x[j] = pivot > 0 ? x[j]! / pivot : 0;
}
