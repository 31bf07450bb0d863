/**
 * The simplex of Nelder and Mead (1965) in a box, for likelihoods of two to six parameters that have no cheap gradient.
 * One simplex is allocated a call and nothing inside the loop; deterministic; a point outside the box is moved to its wall.
 */
export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface SimplexSettings {
  readonly evaluations: number;
  /** Stops when the worst corner is this share above the best. */
  readonly tolerance: number;
  /** First step, as a share of the box's width. */
  readonly step: number;
}

export const simplexDefaults: SimplexSettings = {
  evaluations: 250, // five parameters have settled by then; more changed no third digit of an error
  tolerance: 1e-6, // of the loss: far below what two models of one series differ by
  step: 0.2, // wide enough to leave a poor start, small enough to use a good one
};

/** Moves `at` (p) to the best point found and returns its loss. `loss` may return NaN or Infinity where it is not defined. */
export function minimiseSimplex(
  loss: (at: Float64Array) => number,
  at: Float64Array,
  { low, high }: Box,
  { evaluations, tolerance, step }: SimplexSettings = simplexDefaults,
): number {
  const p = at.length;
  const corners: Float64Array[] = Array.from({ length: p + 1 }, () => at.slice());
  const losses = new Float64Array(p + 1);
  const centre = new Float64Array(p);
  let trial: Float64Array = new Float64Array(p);
  let second: Float64Array = new Float64Array(p);
  let used = 0;
  const measure = (point: Float64Array): number => {
    used++;
    const value = loss(point);
    return value === value ? value : Infinity;
  };
  const along = (target: Float64Array, from: Float64Array, share: number): number => {
    for (let k = 0; k < p; k++) {
      const moved = centre[k]! + share * (from[k]! - centre[k]!);
      target[k] = moved < low[k]! ? low[k]! : moved > high[k]! ? high[k]! : moved;
    }
    return measure(target);
  };
  for (let k = 0; k < p; k++) {
    const width = step * (high[k]! - low[k]!);
    const corner = corners[k + 1]!;
    corner[k] = at[k]! + width <= high[k]! ? at[k]! + width : at[k]! - width;
  }
  for (let i = 0; i <= p; i++) losses[i] = measure(corners[i]!);
  const swap = (i: number, point: Float64Array, value: number): Float64Array => {
    const old = corners[i]!;
    corners[i] = point;
    losses[i] = value;
    return old;
  };
  while (used < evaluations) {
    const { best, worst, next } = ranks(losses);
    if (!(losses[worst]! - losses[best]! > tolerance * (Math.abs(losses[best]!) + 1e-12))) break;
    for (let k = 0; k < p; k++) {
      let sum = 0;
      for (let i = 0; i <= p; i++) if (i !== worst) sum += corners[i]![k]!;
      centre[k] = sum / p;
    }
    const reflected = along(trial, corners[worst]!, -1);
    if (reflected < losses[best]!) {
      const expanded = along(second, corners[worst]!, -2);
      if (expanded < reflected) second = swap(worst, second, expanded);
      else trial = swap(worst, trial, reflected);
    } else if (reflected < losses[next]!) {
      trial = swap(worst, trial, reflected);
    } else {
      const contracted = along(second, reflected < losses[worst]! ? trial : corners[worst]!, 0.5);
      if (contracted < Math.min(reflected, losses[worst]!)) second = swap(worst, second, contracted);
      else {
        for (let i = 0; i <= p; i++) {
          if (i === best) continue;
          for (let k = 0; k < p; k++) corners[i]![k] = (corners[i]![k]! + corners[best]![k]!) / 2;
          losses[i] = measure(corners[i]!);
        }
      }
    }
  }
  const { best } = ranks(losses);
  at.set(corners[best]!);
  return losses[best]!;
}

/** Places of the best, the worst and the second worst loss. */
function ranks(losses: Float64Array): { best: number; worst: number; next: number } {
  let best = 0;
  let worst = 0;
  for (let i = 1; i < losses.length; i++) {
    if (losses[i]! < losses[best]!) best = i;
    if (losses[i]! >= losses[worst]!) worst = i;
  }
  let next = best;
  for (let i = 0; i < losses.length; i++) if (i !== worst && losses[i]! >= losses[next]!) next = i;
  return { best, worst, next };
}
