/**
 * Percentile bootstrap intervals (Efron 1979): rows are drawn with replacement and the statistic is taken again. Rows of
 * one payer are not independent, so payers can be drawn whole; with rare positives, stratify to keep both classes.
 */
import { assert } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import type { Random } from '../core/random.js';

export interface BootstrapSettings {
  readonly resamples: number;
  /** Coverage of the interval, for instance 0.95. */
  readonly level: number;
  readonly seed: number;
  /** What is drawn: `rows`; `classes` draws within each class; `clusters` draws whole clusters. */
  readonly draw: 'rows' | 'classes' | 'clusters';
}

export const bootstrapDefaults: BootstrapSettings = {
  resamples: 200, // The ends of a 95 % interval are then stable to about a tenth of its width.
  level: 0.95,
  seed: 1,
  draw: 'classes',
};

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface Resampled {
  readonly y: Uint8Array;
  /** Code of each row's cluster, for `clusters` (n). */
  readonly cluster?: Int32Array;
}

/**
 * An interval for each statistic. `measure` is given how often each row was drawn (n), in a buffer that the next draw
 * overwrites, and must not depend on anything else.
 */
export function bootstrap<Name extends string>(
  { y, cluster }: Resampled,
  measure: (counts: Int32Array) => Readonly<Record<Name, number>>,
  settings: BootstrapSettings = bootstrapDefaults,
): Record<Name, Interval> {
  const random = seededRandom(settings.seed);
  const groups = groupsOf(y, cluster, settings.draw);
  const counts = new Int32Array(y.length);
  const taken: Readonly<Record<Name, number>>[] = [];
  for (let i = 0; i < settings.resamples; i++) {
    counts.fill(0);
    if (settings.draw === 'clusters') drawClusters(groups, counts, random);
    else for (const rows of groups) drawRows(rows, counts, random);
    taken.push(measure(counts));
  }
  const names = Object.keys(taken[0] ?? {}) as Name[]; // `measure` returns exactly these keys.
  const intervals = names.map(
    (name) =>
      [
        name,
        percentiles(
          taken.map((one) => one[name]),
          settings.level,
        ),
      ] as const,
  );
  return Object.fromEntries(intervals) as Record<Name, Interval>;
}

function groupsOf(
  y: Uint8Array,
  cluster: Int32Array | undefined,
  draw: BootstrapSettings['draw'],
): Int32Array[] {
  assert(draw !== 'clusters' || cluster?.length === y.length, 'drawing clusters needs one for each row');
  const groups = new Map<number, number[]>();
  for (let row = 0; row < y.length; row++) {
    const key = draw === 'rows' ? 0 : draw === 'classes' ? y[row]! : cluster![row]!;
    const rows = groups.get(key);
    if (rows === undefined) groups.set(key, [row]);
    else rows.push(row);
  }
  return [...groups.values()].map((rows) => Int32Array.from(rows));
}

function drawRows(rows: Int32Array, counts: Int32Array, random: Random): void {
  for (let i = 0; i < rows.length; i++) counts[rows[random.below(rows.length)]!]!++;
}

function drawClusters(clusters: readonly Int32Array[], counts: Int32Array, random: Random): void {
  for (let i = 0; i < clusters.length; i++) {
    for (const row of clusters[random.below(clusters.length)]!) counts[row]!++;
  }
}

/** Linear interpolation between order statistics (Hyndman and Fan 1996, type 7). */
function percentiles(values: readonly number[], level: number): Interval {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const low = sorted[Math.floor(place)]!;
    return low + (sorted[Math.ceil(place)]! - low) * (place % 1);
  };
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}
