/**
 * What a leaf answers and what that is worth: the second-order optimum of Chen and Guestrin 2016 (XGBoost), equations 5
 * to 7, with an L1 threshold and the bounds of a monotone constraint. Figures are real ones, not whole units.
 */
import type { Sums } from './histogram.js';

/** What one whole unit of the sums stands for. */
export interface Units {
  readonly gradient: number;
  readonly hessian: number;
}

/** Values that a monotone constraint allows. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

export interface Penalty {
  readonly l1: number;
  readonly l2: number;
}

export const UNBOUNDED: Bounds = { low: -Infinity, high: Infinity };

/** The best value for the sums inside the bounds. */
export function leafValue(sums: Sums, units: Units, { l1, l2 }: Penalty, { low, high }: Bounds): number {
  const gradient = sums.gradient * units.gradient;
  const shrunk = Math.sign(gradient) * Math.max(0, Math.abs(gradient) - l1);
  const curvature = sums.hessian * units.hessian + l2;
  return Math.max(low, Math.min(high, curvature > 0 ? -shrunk / curvature : 0));
}

/** Twice the loss that the best value saves. */
export function leafScore(sums: Sums, units: Units, penalty: Penalty, bounds: Bounds): number {
  const value = leafValue(sums, units, penalty, bounds);
  const curvature = sums.hessian * units.hessian + penalty.l2;
  const slope = sums.gradient * units.gradient * value + penalty.l1 * Math.abs(value);
  return -(2 * slope + curvature * value * value);
}
