/** Normal equations of many right-hand sides by Cholesky, for regressions on lags; a zero pivot leaves its unknown at 0. */

/**
 * Solves A X = B for a positive definite A (p x p), of which the upper triangle is given and overwritten; X takes the place
 * of B (p x h).
 */
export function solveNormal(a: Float64Array, b: Float64Array, p: number, h: number): void {
  const rowOfA = (i: number): Float64Array => a.subarray(i * p, i * p + p);
  const rowOfB = (i: number): Float64Array => b.subarray(i * h, i * h + h);
  for (let i = 0; i < p; i++) {
    const row = rowOfA(i);
    for (let k = 0; k < i; k++) subtract(row, rowOfA(k), a[k * p + i]!, i);
    const pivot = row[i]!;
    const scale = pivot > 0 ? 1 / Math.sqrt(pivot) : 0;
    for (let j = i; j < p; j++) row[j]! *= scale;
  }
  for (let i = 0; i < p; i++) {
    for (let k = 0; k < i; k++) subtract(rowOfB(i), rowOfB(k), a[k * p + i]!, 0);
    divide(rowOfB(i), a[i * p + i]!);
  }
  for (let i = p - 1; i >= 0; i--) {
    for (let k = i + 1; k < p; k++) subtract(rowOfB(i), rowOfB(k), a[i * p + k]!, 0);
    divide(rowOfB(i), a[i * p + i]!);
  }
}

function subtract(row: Float64Array, other: Float64Array, factor: number, from: number): void {
  if (factor === 0) return;
  for (let j = from; j < row.length; j++) row[j]! -= factor * other[j]!;
}

function divide(row: Float64Array, pivot: number): void {
  for (let j = 0; j < row.length; j++) row[j] = pivot > 0 ? row[j]! / pivot : 0;
}
