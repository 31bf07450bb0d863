/**
 * The columns of bytes that the nodes of a model compare when a block of rows is predicted: ranks of a feature among at
 * most 255 of its thresholds, with missing values on one side, or the sides of a code set. A node goes right where the
 * column, read as a signed byte, is above the node's.
 */
import { decisionsOf, isCategorical } from './decisions.js';
import type { CodeSet } from './decisions.js';
import { MAX_THRESHOLDS, rankTable } from './ranks.js';
import type { RankTable } from './ranks.js';
import { NUMBER_MISSING_LEFT } from './trees.js';
import type { Trees } from './trees.js';

/** Columns with missing values below and beyond every threshold; -1 where no node asks for it. */
export interface RankedColumns {
  readonly feature: number;
  readonly table: RankTable;
  left: number;
  right: number;
}

export interface BlockColumns {
  readonly count: number;
  readonly ranked: readonly RankedColumns[];
  /** sets[k] fills column `firstSet` + k. */
  readonly sets: readonly CodeSet[];
  readonly firstSet: number;
  /** Column of each inner node (nodes). */
  readonly of: Int32Array;
  /** Signed byte of each inner node (nodes). */
  readonly threshold: Int8Array;
}

export function blockColumns(trees: Trees): BlockColumns {
  const { feature, kind, threshold } = trees;
  const places = rankPlaces(trees);
  const of = new Int32Array(feature.length);
  const bytes = new Int8Array(feature.length);
  let firstSet = 0;
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! < 0 || isCategorical(trees, node)) continue;
    const { columns, rank } = places.get(feature[node]!)!.get(threshold[node]!)!;
    const side = kind[node] === NUMBER_MISSING_LEFT ? 'left' : 'right';
    if (columns[side] < 0) columns[side] = firstSet++;
    of[node] = columns[side];
    bytes[node] = rank - 128;
  }
  const decisions = decisionsOf(trees);
  const firstDecision = decisions.count - decisions.sets.length;
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! >= 0 && isCategorical(trees, node))
      of[node] = firstSet + decisions.of[node]! - firstDecision;
  }
  const ranked = new Set([...places.values()].flatMap((place) => [...place.values()].map((p) => p.columns)));
  const count = firstSet + decisions.sets.length;
  return { count, ranked: [...ranked], sets: decisions.sets, firstSet, of, threshold: bytes };
}

interface Place {
  readonly columns: RankedColumns;
  readonly rank: number;
}

/** By feature and threshold. */
function rankPlaces(trees: Trees): Map<number, Map<number, Place>> {
  const { feature, threshold } = trees;
  const found = new Map<number, Set<number>>();
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! < 0 || isCategorical(trees, node)) continue;
    const ofFeature = found.get(feature[node]!) ?? new Set();
    found.set(feature[node]!, ofFeature.add(threshold[node]!)); // A set holds -0 as 0.
  }
  return new Map(
    [...found].map(([name, thresholds]) => {
      const ascending = [...thresholds].sort((a, b) => a - b);
      return [name, new Map(placesOf(name, ascending))];
    }),
  );
}

function placesOf(feature: number, ascending: readonly number[]): [number, Place][] {
  const places: [number, Place][] = [];
  for (let start = 0; start < ascending.length; start += MAX_THRESHOLDS) {
    const part = ascending.slice(start, start + MAX_THRESHOLDS);
    const columns = { feature, table: rankTable(part), left: -1, right: -1 };
    part.forEach((threshold, rank) => places.push([threshold, { columns, rank }]));
  }
  return places;
}
