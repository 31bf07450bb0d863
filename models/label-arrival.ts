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
  const lags = [...new Set(arrived.map(({ lagDays }) => lagDays))].sort((a, b) => b - a);
  const shares: { readonly lag: number; readonly share: number }[] = [];
  let share = 1; // Known by the longest delay, then downwards.
  for (const lag of lags) {
    shares.unshift({ lag, share });
    const comparable = sum(arrived.filter(({ lagDays, ageDays }) => lagDays <= lag && lag <= ageDays));
    share *= 1 - sum(arrived.filter(({ lagDays }) => lagDays === lag)) / comparable;
  }
  const dayBy = (wanted: number): number | null => shares.find((one) => one.share >= wanted)?.lag ?? null;
  return {
    labels: sum(arrived),
    medianDays: dayBy(0.5),
    p90Days: dayBy(0.9),
    arrivedBy: (days) => shares.findLast(({ lag }) => lag <= days)?.share ?? 0,
  };
}

function sum(arrived: readonly ArrivedLabels[]): number {
  return arrived.reduce((total, { labels }) => total + labels, 0);
}
