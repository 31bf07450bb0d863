/**
 * Trees of another library on the way to ours. A reader says each split in terms of our four kinds of node; where a split
 * has no such kind, it is written as two or three nodes, and the subtree that they share is laid down once for each. Every
 * copy gets an equal share of the training rows, so expectations, and with them TreeSHAP's contributions, stay as they were.
 */
import type { FlatNode, FlatTrees } from '../trees/trees.js';
import { modelFileFault } from './model-file-fault.js';

/** Far above any trained model (10,000 trees of 200 nodes); a damaged file stops here and not at the end of memory. */
const MOST_NODES = 2_000_000;
/** Leaf-wise trees are chains at worst; explaining a row costs the square of this. */
const MOST_DEPTH = 256;

/** A set of codes is kept as bits: the greatest code decides its size. */
const MOST_CODE = 65_535;
/** A leaf that no training row reached still divides nothing by zero. */
const FEWEST_ROWS = 1e-6;

/** For readers, which walk a tree by calling themselves. */
export function requireDepth(depth: number, place: string): void {
  if (depth <= MOST_DEPTH) return;
  throw modelFileFault(place, `is deeper than ${MOST_DEPTH} nodes; train it with a bound on the depth`);
}

export type ForeignNode =
  | { readonly leaf: number; readonly rows: number }
  | { readonly test: SplitTest; readonly left: ForeignNode; readonly right: ForeignNode }
  /** One of several copies of a subtree, with its share of the rows. */
  | { readonly copyOf: ForeignNode; readonly share: number };

export interface SplitTest {
  /** Position among the model's features. */
  readonly feature: number;
  /** Values up to this float32 go left; for categories null. */
  readonly threshold: number | null;
  /** Categories that do not go where missing values and all other categories go. */
  readonly codes: readonly number[];
  readonly missingLeft: boolean;
}

/** Values up to `threshold` (float32) go left. */
export function numberTest(feature: number, threshold: number, missingLeft: boolean): SplitTest {
  return { feature, threshold, codes: [], missingLeft };
}

/** The codes leave the side of the missing values. */
export function categoryTest(feature: number, codes: Iterable<number>, missingLeft: boolean): SplitTest {
  const ascending = [...new Set(codes)].sort((a, b) => a - b);
  return { feature, threshold: null, codes: ascending, missingLeft };
}

/** As one of our ensembles: `bias` is the log-odds before the first tree, every leaf is multiplied by `scale`. */
export function flattenForeign(trees: readonly ForeignNode[], bias: number, scale: number): FlatTrees {
  const nodes: FlatNode[] = [];
  const roots = trees.map((tree, t) => {
    const root = nodes.length;
    lay(tree, { nodes, scale, place: `tree ${t}` }, 1);
    return root;
  });
  return { bias, roots, nodes };
}

interface Layout {
  readonly nodes: FlatNode[];
  readonly scale: number;
  readonly place: string;
}

/** Lays the subtree down in preorder and answers its rows. */
function lay(node: ForeignNode, layout: Layout, share: number): number {
  const { nodes, scale, place } = layout;
  if ('copyOf' in node) return lay(node.copyOf, layout, share * node.share);
  if (nodes.length >= MOST_NODES) throw modelFileFault(place, `needs more than ${MOST_NODES} nodes in all`);
  const flat: FlatNode = { feature: -1, kind: 0, threshold: 0, right: -1, value: 0, rows: 0, codes: [] };
  nodes.push(flat);
  if ('leaf' in node) {
    flat.value = node.leaf * scale;
    flat.rows = Math.max(node.rows, FEWEST_ROWS) * share;
    return flat.rows;
  }
  const { feature, threshold, codes, missingLeft } = node.test;
  if (codes.length > 0 && codes.at(-1)! > MOST_CODE)
    throw modelFileFault(place, `splits on the category ${codes.at(-1)}; codes are at most ${MOST_CODE}`);
  flat.feature = feature;
  flat.kind = (threshold === null ? 2 : 0) + (missingLeft ? 1 : 0);
  flat.threshold = threshold ?? 0;
  flat.codes = codes;
  flat.rows += lay(node.left, layout, share);
  flat.right = nodes.length;
  flat.rows += lay(node.right, layout, share);
  return flat.rows;
}
