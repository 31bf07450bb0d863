/**
 * What one entity has in a window history: the shape that all entities of a kind share, and the places where one entity's
 * numbers lie. For records that are kept one by one (features/entity-record.ts); the history itself decides what they mean.
 */
import type { Chunks } from './chunks.js';

export interface HistoryShape {
  /** Window lengths in milliseconds, ascending. */
  readonly boundariesMs: readonly number[];
  readonly max: boolean;
  readonly distinct: boolean;
}

/** Views, valid until the history grows or the entity's chunk is enlarged. */
export interface HistoryPart {
  /** Header and windows. */
  readonly state: Float64Array<ArrayBuffer>;
  /** The ring holds the entity's events [base, tail). */
  readonly base: number;
  readonly tail: number;
  readonly ring: Chunks;
  readonly peaks: Chunks | null;
  /** Per pair one more than the index of its newest event, 0 for a pair without; room for NAMED_PAIRS at least. */
  readonly pairLast: Float64Array<ArrayBuffer>;
}

/** Pairs below this number are those of a request at hand; see features/record-fold.ts. */
export const NAMED_PAIRS = 1024;
