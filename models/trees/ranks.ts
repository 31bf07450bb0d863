/**
 * How a column of numbers becomes ranks of one byte among the thresholds that the model has for it: a table over buckets
 * gives the rank at the bucket's start, and a short search ends it. Both bucket functions are monotone, the only thing that
 * correctness asks of them; of the two the one with the shorter search is taken.
 */
import { orderedBits } from './decisions.js';

export interface RankTable {
  /** Ascending, distinct, then infinities as far as a search may look. */
  readonly thresholds: Float32Array;
  readonly count: number;
  /** Thresholds below each bucket (buckets). */
  readonly first: Uint8Array;
  /** A search of 2 `half` - 1 thresholds at most. */
  readonly half: number;
  readonly buckets: Buckets;
}

export type Buckets =
  | { readonly kind: 'even'; readonly lowest: number; readonly scale: number }
  | { readonly kind: 'by-exponent'; readonly lowest: number; readonly shift: number };

/** A byte ranks a value among so many. */
export const MAX_THRESHOLDS = 255;

/** Tables that stay in the first-level cache while a block is ranked. */
const TABLE_SIZES = [256, 1024, 4096];

/** 2^23, as in kernels/predict.ts. */
const UNIT = 8_388_608;

/** `thresholds`: ascending, distinct, at most MAX_THRESHOLDS and at least one. */
export function rankTable(thresholds: readonly number[]): RankTable {
  let best: RankTable | null = null;
  for (const size of TABLE_SIZES) {
    for (const buckets of [evenBuckets(thresholds, size), exponentBuckets(thresholds, size)]) {
      if (buckets === null) continue;
      const table = tableOf(thresholds, size, buckets);
      if (best === null || table.half < best.half) best = table;
      if (best.half === 1) return best;
    }
  }
  return best!; // Buckets by exponent fit any thresholds.
}

function tableOf(thresholds: readonly number[], size: number, buckets: Buckets): RankTable {
  const counts = new Int32Array(size);
  for (const threshold of thresholds) counts[bucketOf(buckets, threshold, size)]!++;
  const first = new Uint8Array(size);
  for (let b = 1; b < size; b++) first[b] = first[b - 1]! + counts[b - 1]!;
  const half = 2 ** Math.floor(Math.log2(counts.reduce((most, count) => Math.max(most, count), 1)));
  const padded = new Float32Array(thresholds.length + 2 * half).fill(Infinity);
  padded.set(thresholds);
  return { thresholds: padded, count: thresholds.length, first, half, buckets };
}

/** Null where the range is no float or the scale would not be one. */
function evenBuckets(thresholds: readonly number[], size: number): Buckets | null {
  const finite = thresholds.filter(Number.isFinite);
  const lowest = finite[0] ?? 0;
  const range = Math.fround((finite.at(-1) ?? 0) - lowest);
  const scale = range > 0 ? Math.fround((size - 1) / range) : 1;
  return scale > 0 && scale < Infinity ? { kind: 'even', lowest, scale } : null;
}

function exponentBuckets(thresholds: readonly number[], size: number): Buckets {
  const lowest = orderedBits(thresholds[0]!);
  const range = orderedBits(thresholds.at(-1)!) - lowest;
  const shift = Math.max(0, Math.ceil(Math.log2((range + 1) / size)));
  return { kind: 'by-exponent', lowest, shift };
}

/** As the kernel computes it: every step is rounded to a float. */
function bucketOf(buckets: Buckets, value: number, size: number): number {
  if (buckets.kind === 'by-exponent') {
    return Math.min((orderedBits(value) - buckets.lowest) >>> buckets.shift, size - 1);
  }
  const scaled = Math.fround(Math.fround(value - buckets.lowest) * buckets.scale);
  const place = Math.fround(scaled + UNIT);
  return Math.min(Math.max(place, UNIT), UNIT + size - 1) - UNIT;
}
