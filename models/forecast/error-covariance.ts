/**
 * How the forecast errors of the series of a hierarchy vary together: nothing assumed known (OLS), each by itself (WLS), or all
 * together with the correlations drawn to 0 by as much as they are noise (Schaefer and Strimmer 2005).
 */
type ErrorModel = 'ols' | 'wls' | 'shrunk';

interface ErrorCovariance {
  /** Symmetric (m x m). */
  readonly matrix: Float64Array;
  /** How far correlations were drawn to 0: 1 is all the way. */
  readonly shrinkage: number;
}

/** Share of the mean variance that every series has at least: one without errors would leave the rest no room. */
const LEAST_VARIANCE = 1e-6;

/**
 * @param residuals actual less forecast of each series at the same rows (m of n); rows with a NaN are left out.
 * @param overlap consecutive rows that share what they looked ahead at: so many rows tell as much as one.
 */
export function errorCovariance(
  residuals: readonly Float64Array[],
  model: ErrorModel,
  overlap = 1,
): ErrorCovariance {
  const m = residuals.length;
  const matrix = new Float64Array(m * m);
  const rows = completeRows(residuals);
  const deviations = rows.length > 0 ? leastDeviations(residuals, rows) : null;
  if (model === 'ols' || deviations === null) {
    for (let i = 0; i < m; i++) matrix[i * m + i] = 1;
    return { matrix, shrinkage: 1 };
  }
  const scaled = residuals.map((one, i) => Float64Array.from(rows, (t) => one[t]! / deviations[i]!));
  const { correlations, shrinkage } =
    model === 'shrunk' ? shrunkCorrelations(scaled, overlap) : { correlations: null, shrinkage: 1 };
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      const correlation = i === j ? 1 : correlations === null ? 0 : correlations[i * m + j]!;
      matrix[i * m + j] = correlation * deviations[i]! * deviations[j]!;
    }
  }
  return { matrix, shrinkage };
}

function completeRows(residuals: readonly Float64Array[]): number[] {
  const rows: number[] = [];
  for (let t = 0; t < (residuals[0]?.length ?? 0); t++)
    if (residuals.every((one) => Number.isFinite(one[t]!))) rows.push(t);
  return rows;
}

/** Root mean squares: a forecast that is always wrong in the same direction is not a good one. Null when nobody errs. */
function leastDeviations(residuals: readonly Float64Array[], rows: readonly number[]): Float64Array | null {
  const squares = Float64Array.from(
    residuals,
    (one) => rows.reduce((sum, t) => sum + one[t]! * one[t]!, 0) / rows.length,
  );
  const mean = squares.reduce((sum, value) => sum + value, 0) / squares.length;
  if (!(mean > 0)) return null;
  return squares.map((value) => Math.sqrt(Math.max(value, LEAST_VARIANCE * mean)));
}

/** Of series of variance 1 (m of n). */
function shrunkCorrelations(
  scaled: readonly Float64Array[],
  overlap: number,
): { correlations: Float64Array; shrinkage: number } {
  const m = scaled.length;
  const n = scaled[0]?.length ?? 0;
  const correlations = new Float64Array(m * m);
  let noise = 0;
  let signal = 0;
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++) {
      let sum = 0;
      let squares = 0;
      for (let t = 0; t < n; t++) {
        const product = scaled[i]![t]! * scaled[j]![t]!;
        sum += product;
        squares += product * product;
      }
      const mean = sum / n;
      const independent = Math.max(2, n / overlap);
      noise += (squares / n - mean * mean) / (independent - 1);
      signal += mean * mean;
      correlations[i * m + j] = mean;
      correlations[j * m + i] = mean;
    }
  }
  const shrinkage = signal > 0 ? Math.min(1, noise / signal) : 1;
  return { correlations: correlations.map((value) => (1 - shrinkage) * value), shrinkage };
}
