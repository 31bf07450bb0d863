/**
 * Scores of rows as trees are added: the sampled rows' by the leaf they ended in, all others' by walking their bins down
 * the tree. Both add the same rounded value, so a row's score does not depend on the way.
 */
import type { Crew } from './crew.js';
import type { Grower, GrownTree } from './grow-tree.js';
import type { TreeSample } from './tree-sample.js';

const LEAF_BYTES = 16;
const NODE_BYTES = 24;

export interface Scores {
  /** Address of the scores of the training rows (f64). */
  readonly training: number;
  /** Rows, binned columns and scores of the frame that is watched. */
  readonly watched: {
    readonly rows: number;
    readonly columns: readonly number[];
    readonly scores: number;
  } | null;
  /** Address of the descriptions of a tree's leaves or nodes. */
  readonly tables: number;
}

export function scoreTables(crew: Crew, maxLeaves: number): number {
  return crew.reserve(2 * maxLeaves * NODE_BYTES);
}

/** Adds a tree's values to all scores. */
export function addTree(
  grower: Grower,
  tree: GrownTree,
  sample: TreeSample,
  rows: number,
  scores: Scores,
): void {
  const { crew, positions } = grower;
  const { training, watched, tables } = scores;
  writeLeaves(crew, tree, tables);
  crew.lead('ADD', crew.threadsFor(sample.rows * 2), [tables, sample.rows, positions, sample.list, training]);
  if (sample.list !== 0) {
    writeNodes(crew, tree, tables, grower.columns);
    const { seed, bound } = sample.draw;
    crew.lead('WALK', crew.threadsFor(rows * 2), [tables, rows, training, 1, seed], [bound]);
  }
  if (watched === null) return;
  writeNodes(crew, tree, tables, watched.columns);
  crew.lead('WALK', crew.threadsFor(watched.rows * 8), [tables, watched.rows, watched.scores, 0, 0], [0]);
}

function writeLeaves({ views }: Crew, { nodes, leaves }: GrownTree, tables: number): void {
  leaves.forEach(({ node, start, end }, k) => {
    const at = tables + k * LEAF_BYTES;
    views.i32.set([start, end], at / 4);
    views.f64[(at + 8) / 8] = nodes[node]!.value;
  });
}

function writeNodes({ views }: Crew, { nodes }: GrownTree, tables: number, columns: readonly number[]): void {
  nodes.forEach(({ value, split }, k) => {
    const at = tables + k * NODE_BYTES;
    const words =
      split === null ? [0, 0, 0, 0] : [columns[split.column]!, split.sides, split.left, split.right];
    views.i32.set(words, at / 4);
    views.f64[(at + 16) / 8] = value;
  });
}
