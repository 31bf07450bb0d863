/**
 * The trees of a model as the block kernel reads them: inner nodes in preorder with the range of leaves on their left, and
 * the leaf values, as bytes above the tree's lowest leaf or as they are. Layouts: `standRows`, `addBytes` and `addInOrder`
 * in kernels/predict.ts.
 */
import type { BlockColumns } from './block-columns.js';
import type { LeafGrid } from './leaf-grid.js';
import type { Trees } from './trees.js';

/** A leaf's number is a byte. */
const MAX_LEAVES = 256;
/** Leaves of one table, as many as a vector has lanes. */
const TABLE = 16;

export interface TreeRecords {
  readonly nodes: Uint8Array;
  /** First byte of each tree in `nodes` (trees). */
  readonly starts: readonly number[];
  /** Tables of 16 leaves for each tree. */
  readonly tables: number;
  /** Leaf values (trees, 16 x tables), short trees filled with 0. */
  readonly values: Float64Array;
}

/** Null for a tree of more leaves than a byte counts. `stride`: bytes from one column to the next. */
export function treeRecords(trees: Trees, columns: BlockColumns, stride: number): TreeRecords | null {
  const { roots, feature } = trees;
  const sizes = Array.from(roots, (root, t) => (roots[t + 1] ?? feature.length) - root);
  if (sizes.some((size) => size > 2 * MAX_LEAVES - 1)) return null;
  const walks = Array.from(roots, (root) => {
    const walk: Walk = { trees, nodes: [], onLeft: [], first: [], values: [] };
    visit(walk, root);
    return walk;
  });
  const tables = Math.ceil(walks.reduce((most, { values }) => Math.max(most, values.length), 1) / TABLE);
  const values = new Float64Array(walks.length * tables * TABLE);
  const nodes = new Uint8Array(walks.reduce((sum, walk) => sum + 8 + 8 * walk.nodes.length, 0));
  const view = new DataView(nodes.buffer);
  const starts: number[] = [];
  let at = 0;
  walks.forEach((walk, t) => {
    values.set(walk.values, t * tables * TABLE);
    starts.push(at);
    view.setUint32(at, walk.nodes.length, true);
    at += 8;
    walk.nodes.forEach((node, k) => {
      view.setUint32(at, columns.of[node]! * stride, true);
      view.setInt8(at + 4, columns.threshold[node]!);
      view.setUint8(at + 5, walk.first[k]!);
      view.setUint8(at + 6, walk.onLeft[k]!);
      at += 8;
    });
  });
  return { nodes, starts, tables, values };
}

interface Walk {
  readonly trees: Trees;
  /** Inner nodes in preorder, their first leaf and the number of leaves on their left. */
  readonly nodes: number[];
  readonly first: number[];
  readonly onLeft: number[];
  /** Leaf values, from left to right. */
  readonly values: number[];
}

function visit(walk: Walk, node: number): void {
  if (walk.trees.feature[node]! < 0) {
    walk.values.push(walk.trees.value[node]!);
    return;
  }
  const position = walk.nodes.push(node) - 1;
  const first = walk.values.length;
  walk.first[position] = first;
  visit(walk, node + 1);
  walk.onLeft[position] = walk.values.length - first;
  visit(walk, walk.trees.right[node]!);
}

/** Bytes of the leaf values in units above each tree's lowest, below 2^48 (bytes, trees, 16 x tables). */
export function leafBytes({ values, tables }: TreeRecords, grid: LeafGrid): Uint8Array {
  const bytes = new Uint8Array(grid.bytes * values.length);
  values.forEach((value, i) => {
    const lowest = grid.lowest[Math.floor(i / (tables * TABLE))]!;
    let rest = Math.max(0, value / grid.unit - lowest);
    for (let k = 0; k < grid.bytes; k++) {
      bytes[k * values.length + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  });
  return bytes;
}
