/**
 * How long labels take to arrive, from those that have: recent payments can only show short delays, so the plain share
 * would be too hopeful. Each delay is compared with those that could have been seen beside it, which undoes the cut at
 * the present. Delays longer than the record cannot be known. Source: Lynden-Bell 1971, the product limit for
 * right-truncated observations.
 */

/** Labels with the same delay, of payments of the same age. */
export interface ArrivedLabels {
  readonly lagDays: number;
  /** Days from the payment to the present, at least the delay. */
  readonly ageDays: number;
  readonly labels: number;
}

export interface LabelArrival {
  readonly labels: number;
  /** Null without a label. */
  readonly medianDays: number | null;
  readonly p90Days: number | null;
  /** Share of the labels that are known so many days after the payment, 0 to 1; 0 without a label. */
  arrivedBy(days: number): number;
}

export function labelArrival(arrived: readonly ArrivedLabels[]): LabelArrival {
  const { lags, comparableBy, withLag } = tallies(arrived);
  const shares: { readonly lag: number; readonly share: number }[] = [];
  let share = 1; // Known by the longest delay, then downwards.
  for (const lag of lags) {
    shares.unshift({ lag, share });
    const comparable = comparableBy.get(lag) ?? 0;
    const longest = withLag.get(lag) ?? 0;
    // With nothing to compare with, a delay says nothing of the shorter ones.
    if (comparable > longest) share *= 1 - longest / comparable;
  }
  const dayBy = (wanted: number): number | null => shares.find((one) => one.share >= wanted)?.lag ?? null;
  return {
    labels: sum(arrived),
    medianDays: dayBy(0.5),
    p90Days: dayBy(0.9),
    arrivedBy: (days) => shares.findLast(({ lag }) => lag <= days)?.share ?? 0,
  };
}

interface Tallies {
  /** Longest first. */
  readonly lags: readonly number[];
  /** Labels with at most this delay, of payments old enough to show it. */
  readonly comparableBy: ReadonlyMap<number, number>;
  readonly withLag: ReadonlyMap<number, number>;
}

/** A label can be compared at the delays from its own up to the age of its payment. */
function tallies(arrived: readonly ArrivedLabels[]): Tallies {
  const [withLag, leaving] = [new Map<number, number>(), new Map<number, number>()];
  for (const { lagDays, ageDays, labels } of arrived) {
    withLag.set(lagDays, (withLag.get(lagDays) ?? 0) + labels);
    leaving.set(ageDays, (leaving.get(ageDays) ?? 0) + labels);
  }
  const comparableBy = new Map<number, number>();
  let comparable = 0;
  for (const day of [...new Set([...withLag.keys(), ...leaving.keys()])].sort((a, b) => a - b)) {
    comparable += withLag.get(day) ?? 0;
    comparableBy.set(day, comparable);
    comparable -= leaving.get(day) ?? 0;
  }
  return { lags: [...withLag.keys()].sort((a, b) => b - a), comparableBy, withLag };
}

function sum(arrived: readonly ArrivedLabels[]): number {
  return arrived.reduce((total, { labels }) => total + labels, 0);
}
