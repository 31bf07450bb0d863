/**
 * Exact Shapley values of the features for one row's log-odds: "tree path dependent" TreeSHAP, where a feature that is not
 * in a subset is averaged by the training rows that went each way. A value is the integral of a polynomial along the
 * diagonal of the game's multilinear extension, so a quadrature of half its degree gives it exactly, with no subtraction
 * on the way. Sources: Owen 1972, Multilinear extensions of games; Lundberg, Erion and Lee 2018.
 */
import { assert } from '../../core/errors.js';
import { decisionsOf } from './decisions.js';
import type { Decisions } from './decisions.js';
import { layOut, withImage } from './predict-kernel.js';
import type { Image } from './predict-kernel.js';
import { setTable } from './predict-one.js';
import { gaussLegendre } from './quadrature.js';
import type { Trees } from './trees.js';

/** Share of a child that no training row reached: above zero, because shares are divided by. */
const LEAST_SHARE = 2 ** -40;

/** Bytes of a node in the kernel. */
const RECORD = 40;

interface ExplainImage {
  readonly image: Image<'row' | 'sets' | 'words' | 'rules' | 'records' | 'decisions' | 'sums' | 'scratch'>;
  readonly width: number;
  readonly sets: number;
  /** Log-odds before any feature is known. */
  readonly mean: number;
}

const compiled = new WeakMap<Trees, ExplainImage>();

/** Contributions (d), then the bias; they sum to the log-odds. About 100 microseconds for 300 trees of 16 leaves. */
export function explainTrees(trees: Trees, row: Float32Array, d: number): Float64Array {
  let explain = compiled.get(trees);
  if (explain === undefined) compiled.set(trees, (explain = explainImage(trees)));
  const { image, width, sets, mean } = explain;
  const { kernel, floats, doubles } = withImage(image);
  const { address, offsets } = image;
  const at = (section: keyof typeof offsets): number => address + offsets[section];
  assert(row.length >= width, 'a row has every feature of the model');
  floats.set(row.subarray(0, width), at('row') >>> 2);
  kernel.decide(at('row'), width, at('sets'), sets, at('words'), at('decisions'));
  const sums = doubles.subarray(at('sums') >>> 3, (at('sums') >>> 3) + width).fill(0);
  const [records, rules, decisions] = [at('records'), at('rules'), at('decisions')];
  kernel.explainTrees(records, trees.roots.length, decisions, rules, at('scratch'), at('sums'));
  const contributions = new Float64Array(d + 1);
  contributions.set(sums);
  contributions[d] = mean;
  return contributions;
}

function explainImage(trees: Trees): ExplainImage {
  const decisions = decisionsOf(trees);
  const { roots, feature, value, bias } = trees;
  const records = new DataView(new ArrayBuffer(RECORD * feature.length - (RECORD - 8) * roots.length));
  let at = 0;
  let mostVectors = 1;
  let scratch = 0;
  roots.forEach((root, t) => {
    const nodes = (roots[t + 1] ?? feature.length) - root;
    const vectors = writeTree({ trees, decisions, records, at }, root, nodes);
    at += 8 + RECORD * (nodes - 1);
    mostVectors = Math.max(mostVectors, vectors);
    scratch = Math.max(scratch, nodes * (16 + 64 * vectors));
  });
  const { width, sets, count } = decisions;
  const image = layOut({
    row: 4 * (width + 3),
    sets: setTable(decisions),
    words: trees.sets,
    rules: ruleTable(mostVectors),
    records,
    decisions: 4 * count,
    sums: 8 * width,
    scratch,
  });
  const mean = roots.reduce((sum, root) => sum + value[root]!, bias);
  return { image, width, sets: sets.length, mean };
}

/** The rules of 2, 4, ... points as the kernel reads them. */
function ruleTable(vectors: number): Float64Array {
  const table: number[] = [];
  for (let k = 1; k <= vectors; k++) {
    const { points, weights } = gaussLegendre(2 * k);
    for (let i = 0; i < 2 * k; i += 2) {
      const [first, second] = [points[i]!, points[i + 1]!];
      table.push(first, second, 1 - first, 1 - second, weights[i]!, weights[i + 1]!);
    }
  }
  return Float64Array.from(table);
}

interface Writer {
  readonly trees: Trees;
  readonly decisions: Decisions;
  readonly records: DataView;
  /** Where the tree's record starts. */
  readonly at: number;
}

/** Layout: `explainTrees` in kernels/predict-shap.ts. Returns the pairs of points that integrate the longest path exactly. */
function writeTree({ trees, decisions, records, at }: Writer, root: number, nodes: number): number {
  const { feature, right, rows, value } = trees;
  // Distinct features on the path to a node, and the share of the rows that the last of them lets through.
  const distinct = new Int32Array(nodes);
  const shares = new Float64Array(nodes).fill(1);
  const parents = new Int32Array(nodes).fill(-1);
  const names = new Int32Array(nodes).fill(-1);
  for (let parent = 0; parent < nodes; parent++) {
    const name = feature[root + parent]!;
    if (name < 0) continue;
    const before = lastOf(name, parent, parents, names);
    const children = [parent + 1, right[root + parent]! - root] as const;
    const total = rows[root + children[0]]! + rows[root + children[1]]!;
    children.forEach((child, side) => {
      parents[child] = parent;
      names[child] = name;
      distinct[child] = distinct[parent]! + (before === 0 ? 1 : 0);
      const share = total > 0 ? rows[root + child]! / total : 0;
      shares[child] = shares[before]! * Math.max(share, LEAST_SHARE);
      const record = at + 8 + RECORD * (child - 1);
      const links = [parent, before, decisions.of[root + parent]!, side];
      links.forEach((link, k) => records.setUint32(record + 4 * k, link, true));
      records.setInt32(record + 16, decisions.threshold[root + parent]!, true);
      records.setUint32(record + 20, name, true);
      records.setFloat64(record + 24, shares[child], true);
      records.setFloat64(record + 32, feature[root + child]! < 0 ? value[root + child]! : 0, true);
    });
  }
  const longest = distinct.reduce((most, count) => Math.max(most, count), 1);
  const vectors = Math.ceil(longest / 4);
  records.setUint32(at, nodes, true);
  records.setUint32(at + 4, vectors, true);
  return vectors;
}

/** The node nearest above `child` whose edge asked for the feature, or the root. */
function lastOf(name: number, from: number, parents: Int32Array, names: Int32Array): number {
  let node = from;
  while (node > 0 && names[node] !== name) node = parents[node]!;
  return node;
}
