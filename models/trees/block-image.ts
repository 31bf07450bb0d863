/**
 * A model compiled for blocks of rows: everything that predict-rows.ts reads, laid out once in the kernel's memory. Sections
 * start at multiples of 16; addresses are relative to the image.
 */
import { blockColumns } from './block-columns.js';
import type { BlockColumns } from './block-columns.js';
import type { CodeSet } from './decisions.js';
import { leafGrid } from './leaf-grid.js';
import type { LeafGrid } from './leaf-grid.js';
import { layOut, stack } from './predict-kernel.js';
import type { Image } from './predict-kernel.js';
import { leafBytes, treeRecords } from './tree-records.js';
import type { Trees } from './trees.js';

/** Rows of a block: the bytes of a hundred columns stay in the second-level cache. A multiple of STRIP. */
export const BLOCK = 1024;
/** Rows that walk the trees together, as many as the kernel's four vectors have lanes. */
export const STRIP = 64;
/** Bytes of so many leaves fit 16 bits. */
const TREES_TOGETHER = 257;
/** Words of a set that the kernel looks up in two vectors. */
export const VECTOR_SET_WORDS = 8;

export interface BlockImage {
  readonly image: Image<Section>;
  readonly columns: BlockColumns;
  readonly grid: LeafGrid | null;
  /** Units of the lowest leaves together. */
  readonly lowest: number;
  /** Thresholds and first ranks of each rank table. */
  readonly tables: readonly (readonly [thresholds: number, first: number])[];
  /** By feature. */
  readonly sides: readonly SetColumn[];
  readonly parts: readonly TreePart[];
  /** Tables of 16 leaves for each tree, and from one byte of the leaf values to the next. */
  readonly tablesOfTree: number;
  readonly byteStride: number;
}

/**
 * `input` is a column as it comes (BLOCK f32), `bytes` its ranks or codes, `columns` what the nodes compare (BLOCK u8 each),
 * `leaves` where a strip's rows stand (TREES_TOGETHER, STRIP u8), `sums` STRIP u16 for each byte, `totals` BLOCK f64.
 */
type Section =
  | 'nodes'
  | 'values'
  | 'thresholds'
  | 'firsts'
  | 'sets'
  | 'input'
  | 'bytes'
  | 'columns'
  | 'leaves'
  | 'sums'
  | 'totals';

/** A column of the sides of a code set, whose bits lie at `at`, filled to VECTOR_SET_WORDS. */
interface SetColumn extends CodeSet {
  readonly at: number;
  readonly column: number;
}

/** Trees whose sums of bytes fit. */
interface TreePart {
  readonly trees: number;
  readonly nodes: number;
  /** Byte 0 of the leaf values, or without a grid the values. */
  readonly leaves: number;
}

/** Null for a tree of more leaves than a byte counts. */
export function blockImage(trees: Trees): BlockImage | null {
  const columns = blockColumns(trees);
  const records = treeRecords(trees, columns, BLOCK);
  if (records === null) return null;
  const grid = leafGrid(trees);
  const values = grid === null ? records.values : leafBytes(records, grid);
  const bytes = grid?.bytes ?? 0;
  const thresholds = stack(columns.ranked.map(({ table }) => table.thresholds));
  const firsts = stack(columns.ranked.map(({ table }) => table.first));
  const sets = stack(columns.sets.map((set) => filledSet(trees, set)));
  const image = layOut({
    nodes: records.nodes,
    values,
    thresholds: thresholds.bytes,
    firsts: firsts.bytes,
    sets: sets.bytes,
    input: 4 * BLOCK,
    bytes: BLOCK,
    columns: columns.count * BLOCK,
    leaves: TREES_TOGETHER * STRIP,
    sums: 2 * STRIP * bytes,
    totals: 8 * BLOCK,
  });
  const at = image.offsets;
  const leavesOfTree = 16 * records.tables;
  const parts: TreePart[] = [];
  for (let t = 0; t < records.starts.length; t += TREES_TOGETHER) {
    const count = Math.min(TREES_TOGETHER, records.starts.length - t);
    const leaves = at.values + t * leavesOfTree * values.BYTES_PER_ELEMENT;
    parts.push({ trees: count, nodes: at.nodes + records.starts[t]!, leaves });
  }
  return {
    image,
    columns,
    grid,
    lowest: grid === null ? 0 : grid.lowest.reduce((sum, units) => sum + units, 0),
    tables: columns.ranked.map((_, k) => [
      at.thresholds + thresholds.offsets[k]!,
      at.firsts + firsts.offsets[k]!,
    ]),
    sides: columns.sets
      .map((set, k) => ({ ...set, at: at.sets + sets.offsets[k]!, column: columns.firstSet + k }))
      .sort((a, b) => a.feature - b.feature || a.column - b.column),
    parts,
    tablesOfTree: records.tables,
    byteStride: records.values.length,
  };
}

function filledSet(trees: Trees, { start, words }: CodeSet): Uint32Array {
  const filled = new Uint32Array(Math.max(words, VECTOR_SET_WORDS));
  filled.set(trees.sets.subarray(start, start + words));
  return filled;
}
