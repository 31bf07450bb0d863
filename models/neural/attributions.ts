/**
 * Why a net says what it says: integrated gradients (Sundararajan et al. 2017) along the straight line from the mean
 * encoded training row to the row in question. What the sum over the line misses is shared out in proportion to the
 * contributions' sizes, so that they and the baseline's log-odds sum to the row's exactly.
 */
import type { Network } from './network.js';

/** Midpoints of the line; the missed part is then below a hundredth of the log-odds. */
const POINTS = 32;

export interface Attributions {
  /** One for each place of the encoded row. */
  readonly places: Float64Array;
  /** Log-odds of the baseline, and all of what is missed where no place contributes. */
  readonly bias: number;
}

/** `logitOf` is the model's log-odds of an encoded row, with whatever bounds it has. */
export function integrateGradients(
  network: Network,
  logitOf: (z: ArrayLike<number>) => number,
  z: Float32Array,
  baseline: Float32Array,
): Attributions {
  const places = new Float64Array(z.length);
  const between = new Float64Array(z.length);
  for (let point = 0; point < POINTS; point++) {
    const share = (point + 0.5) / POINTS;
    for (let k = 0; k < z.length; k++) between[k] = baseline[k]! + share * (z[k]! - baseline[k]!);
    network.logit(between);
    network.addGradient(between, places);
  }
  let sum = 0;
  let size = 0;
  for (let k = 0; k < z.length; k++) {
    places[k]! *= (z[k]! - baseline[k]!) / POINTS;
    sum += places[k]!;
    size += Math.abs(places[k]!);
  }
  const bias = logitOf(baseline);
  const missed = logitOf(z) - bias - sum;
  if (size === 0) return { places, bias: bias + missed };
  for (let k = 0; k < z.length; k++) places[k]! += (missed * Math.abs(places[k]!)) / size;
  return { places, bias };
}
