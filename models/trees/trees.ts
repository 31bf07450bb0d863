/**
 * An additive ensemble of trees, flattened into typed arrays for prediction. Nodes are in preorder: the left child of a
 * node is the next one, so only the right child is stored. A leaf has feature -1.
 */
import type { GrownNode } from './grow-tree.js';

/** How a node sends a value: the low bit says where a missing one goes. */
const NUMBER_MISSING_RIGHT = 0;
export const NUMBER_MISSING_LEFT = 1;
export const CATEGORY_MISSING_RIGHT = 2;
export const CATEGORY_MISSING_LEFT = 3;

export interface Trees {
  /** Log-odds before the first tree. */
  readonly bias: number;
  /** First node of each tree (trees). */
  readonly roots: Int32Array;
  /** Column of the row, -1 for a leaf (nodes). */
  readonly feature: Int32Array;
  readonly kind: Uint8Array;
  /** Numeric: values up to this one go left. Float32, as the values are. */
  readonly threshold: Float32Array;
  readonly right: Int32Array;
  /** Leaf: log-odds to add; inner node: the mean of its leaves by rows. */
  readonly value: Float64Array;
  /** Training rows that passed (nodes). */
  readonly rows: Float64Array;
  /** Categorical: first word and number of words of its code set, which holds the codes that leave the default side. */
  readonly setStart: Int32Array;
  readonly setWords: Int32Array;
  /** Bit sets of codes, 32 a word. */
  readonly sets: Uint32Array;
}

/**
 * Log-odds of the row at values[offset ...]: the definition that predict-one.ts and predict-rows.ts equal bit for bit, and
 * the way of models beyond their bounds. The bias is added last, so that leaf values on a grid are summed exactly.
 */
export function logOdds(trees: Trees, values: Float32Array, offset: number): number {
  const { roots, feature, kind, threshold, right, value } = trees;
  let sum = 0;
  for (let t = 0; t < roots.length; t++) {
    let node = roots[t]!;
    for (let column = feature[node]!; column >= 0; column = feature[node]!) {
      const x = values[offset + column]!;
      const k = kind[node]!;
      const left =
        k === NUMBER_MISSING_RIGHT
          ? x <= threshold[node]!
          : k === NUMBER_MISSING_LEFT
            ? !(x > threshold[node]!)
            : goesLeft(trees, node, x);
      node = left ? node + 1 : right[node]!;
    }
    sum += value[node]!;
  }
  return trees.bias + sum;
}

/** Does the value take the left branch of the inner node? */
function goesLeft(trees: Trees, node: number, value: number): boolean {
  const kind = trees.kind[node]!;
  if (kind === NUMBER_MISSING_RIGHT) return value <= trees.threshold[node]!;
  if (kind === NUMBER_MISSING_LEFT) return !(value > trees.threshold[node]!);
  return inSet(trees, node, value) === (kind === CATEGORY_MISSING_RIGHT);
}

function inSet({ setStart, setWords, sets }: Trees, node: number, value: number): boolean {
  const code = value | 0;
  if (code !== value || code < 0) return false;
  const word = code >>> 5;
  return word < setWords[node]! && ((sets[setStart[node]! + word]! >>> (code & 31)) & 1) === 1;
}

/** Flattens grown trees; leaf values are already shrunk. */
export function flattenTrees(grown: readonly (readonly GrownNode[])[], bias: number): Trees {
  const nodes: FlatNode[] = [];
  const roots = grown.map((tree) => {
    const root = nodes.length;
    flattenNode(tree, 0, nodes);
    return root;
  });
  return packTrees({ bias, roots, nodes });
}

/** One node as it is stored in an artefact. */
export interface FlatNode {
  feature: number;
  kind: number;
  threshold: number;
  right: number;
  value: number;
  rows: number;
  /** Codes that leave the default side, ascending. */
  codes: readonly number[];
}

export interface FlatTrees {
  readonly bias: number;
  readonly roots: readonly number[];
  readonly nodes: readonly FlatNode[];
}

function flattenNode(tree: readonly GrownNode[], position: number, nodes: FlatNode[]): void {
  const { split, value, rows } = tree[position]!;
  const node = { feature: -1, kind: 0, threshold: 0, right: -1, value, rows };
  if (split === null) {
    nodes.push({ ...node, codes: [] });
    return;
  }
  const { feature, missingLeft, bin } = split;
  const flat: FlatNode = { ...node, value: 0, feature: feature.feature, codes: [] };
  if (feature.categorical) {
    flat.kind = missingLeft ? CATEGORY_MISSING_LEFT : CATEGORY_MISSING_RIGHT;
    flat.codes = [...(missingLeft ? split.rightCodes : split.leftCodes)].sort((a, b) => a - b);
  } else {
    flat.kind = missingLeft ? NUMBER_MISSING_LEFT : NUMBER_MISSING_RIGHT;
    flat.threshold = bin < feature.edges.length ? feature.edges[bin]! : Infinity;
  }
  nodes.push(flat);
  flattenNode(tree, split.left, nodes);
  flat.right = nodes.length;
  flattenNode(tree, split.right, nodes);
}

export function packTrees({ bias, roots, nodes }: FlatTrees): Trees {
  const setWords = Int32Array.from(nodes, ({ codes }) =>
    codes.length === 0 ? 0 : (codes.at(-1)! >>> 5) + 1,
  );
  const setStart = new Int32Array(nodes.length);
  for (let i = 1; i < nodes.length; i++) setStart[i] = setStart[i - 1]! + setWords[i - 1]!;
  const sets = new Uint32Array(setWords.reduce((sum, words) => sum + words, 0));
  nodes.forEach(({ codes }, i) => {
    for (const code of codes) sets[setStart[i]! + (code >>> 5)]! |= 1 << (code & 31);
  });
  const trees: Trees = {
    bias,
    roots: Int32Array.from(roots),
    feature: Int32Array.from(nodes, (node) => node.feature),
    kind: Uint8Array.from(nodes, (node) => node.kind),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    right: Int32Array.from(nodes, (node) => node.right),
    value: Float64Array.from(nodes, (node) => node.value),
    rows: Float64Array.from(nodes, (node) => node.rows),
    setStart,
    setWords,
    sets,
  };
  fillMeans(trees);
  return trees;
}

/** The reverse of `packTrees`; inner means are left out because they follow from the leaves. */
export function unpackTrees(trees: Trees): FlatTrees {
  const nodes = Array.from(trees.feature, (feature, i): FlatNode => {
    const codes: number[] = [];
    for (let bit = 0; bit < trees.setWords[i]! * 32; bit++) {
      if ((trees.sets[trees.setStart[i]! + (bit >>> 5)]! >>> (bit & 31)) & 1) codes.push(bit);
    }
    const value = feature < 0 ? trees.value[i]! : 0;
    const { kind, threshold, right, rows } = trees;
    return {
      feature,
      kind: kind[i]!,
      threshold: threshold[i]!,
      right: right[i]!,
      value,
      rows: rows[i]!,
      codes,
    };
  });
  return { bias: trees.bias, roots: [...trees.roots], nodes };
}

/** Children follow their parent, so one backward pass sees them first. */
function fillMeans({ feature, right, value, rows }: Trees): void {
  for (let node = feature.length - 1; node >= 0; node--) {
    if (feature[node]! < 0) continue;
    const left = node + 1;
    const other = right[node]!;
    const total = rows[left]! + rows[other]!;
    value[node] = total > 0 ? (value[left]! * rows[left]! + value[other]! * rows[other]!) / total : 0;
  }
}
