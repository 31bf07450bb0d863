/**
 * Exact Shapley values of the features for one row's log-odds, by walking every path of every tree with the weights of
 * all feature subsets kept in one polynomial: "tree path dependent" TreeSHAP. A feature that is not in a subset is averaged
 * by the training rows that went each way. Source: Lundberg, Erion and Lee 2018, algorithm 2.
 */
import { goesLeft } from './trees.js';
import type { Trees } from './trees.js';

/** Contributions (d), then the bias; they sum to the log-odds. Cost: O(nodes x depth^2), about a millisecond. */
export function explainTrees(trees: Trees, row: Float32Array, d: number): Float64Array {
  const contributions = new Float64Array(d + 1);
  contributions[d] = trees.bias;
  const walk: Walk = { trees, row, contributions, paths: [] };
  for (const root of trees.roots) {
    contributions[d] += trees.value[root]!;
    visit(walk, root, 0, { feature: -1, zero: 1, one: 1 });
  }
  return contributions;
}

interface Walk {
  readonly trees: Trees;
  readonly row: Float32Array;
  readonly contributions: Float64Array;
  /** One path for each depth, reused: a child starts from a copy of its parent's. */
  readonly paths: Path[];
}

/** The distinct features on the way to a node. Entry 0 stands for the root. */
interface Path {
  length: number;
  readonly feature: Int32Array;
  /** Share of the training rows that take this way when the feature is unknown. */
  readonly zero: Float64Array;
  /** 1 when the row itself takes this way, else 0. */
  readonly one: Float64Array;
  /** Summed weight of the subsets of each size. */
  readonly weight: Float64Array;
}

interface Step {
  readonly feature: number;
  readonly zero: number;
  readonly one: number;
}

function visit(walk: Walk, node: number, depth: number, step: Step): void {
  const { trees, row } = walk;
  const path = childPath(walk, depth);
  extend(path, step);
  const feature = trees.feature[node]!;
  if (feature < 0) {
    addLeaf(walk.contributions, path, trees.value[node]!);
    return;
  }
  // A feature that was split on before counts once: its earlier step is taken back and multiplied into the new one.
  let before: Step = { feature, zero: 1, one: 1 };
  for (let i = 1; i < path.length; i++) {
    if (path.feature[i] !== feature) continue;
    before = { feature, zero: path.zero[i]!, one: path.one[i]! };
    unwind(path, i);
    break;
  }
  const left = node + 1;
  const right = trees.right[node]!;
  const takesLeft = goesLeft(trees, node, row[feature]!);
  for (const child of [left, right]) {
    const zero = (before.zero * trees.rows[child]!) / trees.rows[node]!;
    const one = (child === left) === takesLeft ? before.one : 0;
    visit(walk, child, depth + 1, { feature, zero, one });
  }
}

function childPath({ paths }: Walk, depth: number): Path {
  const path = (paths[depth] ??= newPath(depth + 1));
  const parent = paths[depth - 1];
  path.length = parent?.length ?? 0;
  for (let i = 0; parent !== undefined && i < parent.length; i++) {
    path.feature[i] = parent.feature[i]!;
    path.zero[i] = parent.zero[i]!;
    path.one[i] = parent.one[i]!;
    path.weight[i] = parent.weight[i]!;
  }
  return path;
}

function newPath(size: number): Path {
  const [zero, one, weight] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  return { length: 0, feature: new Int32Array(size), zero, one, weight };
}

/** Adds a feature to every subset, and every subset without it. */
function extend(path: Path, { feature, zero, one }: Step): void {
  const { weight, length } = path;
  path.feature[length] = feature;
  path.zero[length] = zero;
  path.one[length] = one;
  weight[length] = length === 0 ? 1 : 0;
  for (let i = length - 1; i >= 0; i--) {
    weight[i + 1]! += (one * weight[i]! * (i + 1)) / (length + 1);
    weight[i]! *= (zero * (length - i)) / (length + 1);
  }
  path.length++;
}

/** The reverse of `extend` for the feature at `position`. */
function unwind(path: Path, position: number): void {
  const { weight } = path;
  const last = path.length - 1;
  const zero = path.zero[position]!;
  const one = path.one[position]!;
  let carried = weight[last]!;
  for (let i = last - 1; i >= 0; i--) {
    if (one === 0) {
      weight[i]! *= (last + 1) / (zero * (last - i));
      continue;
    }
    const before = weight[i]!;
    weight[i] = (carried * (last + 1)) / ((i + 1) * one);
    carried = before - (weight[i]! * zero * (last - i)) / (last + 1);
  }
  for (let i = position; i < last; i++) {
    path.feature[i] = path.feature[i + 1]!;
    path.zero[i] = path.zero[i + 1]!;
    path.one[i] = path.one[i + 1]!;
  }
  path.length = last;
}

function addLeaf(contributions: Float64Array, path: Path, value: number): void {
  for (let i = 1; i < path.length; i++) {
    contributions[path.feature[i]!]! += unwoundSum(path, i) * (path.one[i]! - path.zero[i]!) * value;
  }
}

/** The sum of the weights that `unwind` would leave, without unwinding. */
function unwoundSum({ weight, zero, one, length }: Path, position: number): number {
  const last = length - 1;
  const ownZero = zero[position]!;
  const ownOne = one[position]!;
  let sum = 0;
  let carried = weight[last]!;
  for (let i = last - 1; i >= 0; i--) {
    if (ownOne === 0) {
      sum += weight[i]! / (ownZero * (last - i));
      continue;
    }
    const without = carried / ((i + 1) * ownOne);
    sum += without;
    carried = weight[i]! - without * ownZero * (last - i);
  }
  return sum * (last + 1);
}
