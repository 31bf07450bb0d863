/**
 * Intermittent demand: smoothed sizes over smoothed gaps (Croston 1972), with the correction of its bias (Syntetos and
 * Boylan 2005), and the form that also forgets items that stopped selling (Teunter, Syntetos and Babai 2011). Flat paths.
 */

/** Usual for intermittent series, which are too short on events to estimate it. */
const SMOOTHING = 0.1;

export type CrostonForm = 'croston' | 'sba' | 'tsb';

/** Mean demand a step, the same for all steps; 0 for a series without demand. */
export function crostonRate(y: Float64Array, form: CrostonForm): number {
  const first = y.findIndex((value) => value !== 0);
  if (first < 0) return 0;
  const events = y.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
  let size = y[first]!;
  let gap = y.length / events;
  let chance = events / y.length;
  let since = 1;
  for (let t = first + 1; t < y.length; t++) {
    const value = y[t]!;
    if (value === 0) {
      since++;
      chance -= SMOOTHING * chance;
      continue;
    }
    size += SMOOTHING * (value - size);
    gap += SMOOTHING * (since - gap);
    chance += SMOOTHING * (1 - chance);
    since = 1;
  }
  switch (form) {
    case 'croston':
      return size / gap;
    case 'sba':
      return ((1 - SMOOTHING / 2) * size) / gap;
    case 'tsb':
      return chance * size;
    default:
      return form satisfies never;
  }
}
