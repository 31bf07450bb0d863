/**
 * From a bound on the false positive rate to the probability at which a model flags. Equal probabilities are flagged
 * together or not at all, so ties can only make the rate smaller than the bound, never larger.
 */
import { orderDescending } from './sort.js';

/** The lowest probability at which at most the share `bound` of good payments is flagged. */
export function thresholdAt(
  { y, fraudProbability }: { readonly y: Uint8Array; readonly fraudProbability: Float64Array },
  bound: number,
): number {
  const order = orderDescending(fraudProbability);
  const good = order.filter((row) => y[row] === 0);
  const firstRefused = good[Math.floor(bound * good.length)];
  const tooLow = firstRefused === undefined ? -1 : fraudProbability[firstRefused]!;
  const lowest = order.findLast((row) => fraudProbability[row]! > tooLow);
  return lowest === undefined ? 1 : fraudProbability[lowest]!;
}
