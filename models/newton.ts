/**
 * Newton's method for a twice differentiable convex loss in few dimensions, with step halving; for the logistic loss it
 * is iteratively reweighted least squares (Hastie, Tibshirani and Friedman 2009, section 4.4.1). Deterministic.
 */
import { assert } from '../core/errors.js';

export interface Evaluation {
  readonly loss: number;
  /** (p) */
  readonly gradient: Float64Array;
  /** Lower triangle of the second derivative, row-major (p x p); overwritten by the solver. */
  readonly hessian: Float64Array;
}

export interface NewtonSettings {
  readonly maxSteps: number;
  /** Stops when the loss is expected to fall by less than this share. */
  readonly tolerance: number;
}

/** The minimiser, starting at `start` (p). */
export function minimise(
  evaluate: (at: Float64Array) => Evaluation,
  start: Float64Array,
  { maxSteps, tolerance }: NewtonSettings,
): Float64Array {
  let at = start;
  let here = evaluate(at);
  for (let step = 0; step < maxSteps; step++) {
    const direction = solve(here.hessian, here.gradient);
    const decrease = dot(direction, here.gradient) / 2;
    if (decrease <= tolerance * (1 + Math.abs(here.loss))) break;
    let share = 1;
    let next = move(at, direction, share);
    let there = evaluate(next);
    while (!(there.loss < here.loss) && share > 1e-6) {
      share /= 2;
      next = move(at, direction, share);
      there = evaluate(next);
    }
    if (!(there.loss < here.loss)) break;
    at = next;
    here = there;
  }
  return at;
}

function move(at: Float64Array, direction: Float64Array, share: number): Float64Array {
  return at.map((value, k) => value - share * direction[k]!);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, k) => sum + value * b[k]!, 0);
}

/** Solves A x = b for a symmetric positive definite A by Cholesky, in place of A. A zero pivot leaves its unknown at 0. */
function solve(a: Float64Array, b: Float64Array): Float64Array {
  const p = b.length;
  assert(a.length === p * p, 'a square matrix');
  const x = b.slice();
  for (let j = 0; j < p; j++) {
    let pivot = a[j * p + j]!;
    const diagonal = pivot;
    for (let k = 0; k < j; k++) pivot -= a[j * p + k]! ** 2;
    const usable = pivot > 1e-12 * diagonal;
    a[j * p + j] = usable ? Math.sqrt(pivot) : Infinity;
    for (let i = j + 1; i < p; i++) {
      let sum = a[i * p + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * p + k]! * a[j * p + k]!;
      a[i * p + j] = usable ? sum / a[j * p + j]! : 0;
    }
  }
  for (let i = 0; i < p; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i * p + k]! * x[k]!;
    x[i]! /= a[i * p + i]!;
  }
  for (let i = p - 1; i >= 0; i--) {
    for (let k = i + 1; k < p; k++) x[i]! -= a[k * p + i]! * x[k]!;
    x[i]! /= a[i * p + i]!;
  }
  return x;
}
