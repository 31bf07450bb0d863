/**
 * Histograms of a fit: for each feature of a tree 256 cells of gradient, hessian and rows, in whole units of the tree's
 * fixed point, so sums are exact. The larger child of a split is its parent minus its sibling, so only the smaller child
 * is ever counted. Memory is recycled, because a histogram of many features takes megabytes.
 */
import { assert } from '../../core/errors.js';
import type { Crew } from './crew.js';

/** Words of a cell: gradient, hessian, rows, unused. */
export const CELL = 4;

export interface Histograms {
  /** Address of a histogram, its content undefined. */
  take(): number;
  give(histogram: number): void;
  /** Where the first thread after the caller counts its part; the others follow, `bytes` apart. */
  readonly parts: number;
  readonly bytes: number;
}

/** Sums over rows, in whole units. */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
}

/** So many histograms of up to `features` features; untouched memory costs nothing. */
export function histograms(crew: Crew, features: number, count: number): Histograms {
  // The kernel counts four features at a time.
  const bytes = Math.ceil(features / 4) * 4 * crew.stride;
  const free = Array.from({ length: count }, () => crew.reserve(bytes)).reverse();
  return {
    take: () => {
      const histogram = free.pop();
      assert(histogram !== undefined, 'a histogram for each leaf');
      return histogram;
    },
    give: (histogram) => void free.push(histogram),
    parts: crew.reserve((crew.threads - 1) * bytes),
    bytes,
  };
}

/** Where a feature's cells start among the 32-bit words of the memory. */
export function cellsOf(crew: Crew, histogram: number, slot: number): number {
  return (histogram + slot * crew.stride) / 4;
}

/** Sums of the cells of these bins; `start` is where the feature's cells start. */
export function sumCells(words: Int32Array, start: number, bins: Iterable<number>): Sums {
  let gradient = 0;
  let hessian = 0;
  let rows = 0;
  for (const bin of bins) {
    gradient += words[start + bin * CELL]!;
    hessian += words[start + bin * CELL + 1]!;
    rows += words[start + bin * CELL + 2]!;
  }
  return { gradient, hessian, rows };
}

export function minus(all: Sums, part: Sums): Sums {
  return {
    gradient: all.gradient - part.gradient,
    hessian: all.hessian - part.hessian,
    rows: all.rows - part.rows,
  };
}
