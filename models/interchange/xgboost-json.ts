/**
 * Writes boosted trees as an XGBoost 1.7 JSON model, which later versions read too. Thresholds move to the next float32
 * ("up to" becomes "below"); a category split whose codes go left is written mirrored, since there they go right. What we do
 * not keep (gains) is zero. Source: the model schema of XGBoost's documentation, "Introduction to Model IO".
 */
import { logit, sigmoid } from '../sigmoid.js';
import type { FlatNode, FlatTrees } from '../trees/trees.js';
import { ensembleOf } from './ensemble.js';
import { floatAbove } from './float32.js';

/** The parent of a root. */
const NO_PARENT = 2_147_483_647;
/** XGBoost wants a base score strictly between 0 and 1; what lies beyond goes into the leaves of the first tree. */
const LEAST_BASE_SCORE = 1e-6;

/** `model` is what `toJSON` answers. Throws `not-exportable` for a model that is no sum of trees in log-odds. */
export function xgboostJson(model: unknown): string {
  const { featureNames, trees } = ensembleOf(model);
  const base = Math.fround(Math.min(1 - LEAST_BASE_SCORE, Math.max(LEAST_BASE_SCORE, sigmoid(trees.bias))));
  const rest = trees.bias - logit(base);
  const parts = placeTrees(trees);
  const categorical = new Set(trees.nodes.filter(isCategorical).map((node) => node.feature));
  const count = text(String(parts.length));
  return object({
    learner: object({
      attributes: object({}),
      feature_names: list(featureNames.map(text)),
      feature_types: list(featureNames.map((_, k) => text(categorical.has(k) ? 'c' : 'float'))),
      gradient_booster: object({
        model: object({
          gbtree_model_param: object({
            num_parallel_tree: text('1'),
            num_trees: count,
            size_leaf_vector: text('0'),
          }),
          tree_info: list(parts.map(() => '0')),
          trees: list(parts.map((nodes, t) => treeJson(nodes, t, featureNames.length, t === 0 ? rest : 0))),
        }),
        name: text('gbtree'),
      }),
      learner_model_param: object({
        base_score: text(float(base)),
        boost_from_average: text('0'),
        num_class: text('0'),
        num_feature: text(String(featureNames.length)),
        num_target: text('1'),
      }),
      objective: object({
        name: text('binary:logistic'),
        reg_loss_param: object({ scale_pos_weight: text('1') }),
      }),
    }),
    version: list(['1', '7', '4']),
  });
}

/** A node of one tree, its children by position; -1 for a leaf. */
interface PlacedNode extends FlatNode {
  left: number;
  parent: number;
}

/** Each tree breadth first: XGBoost steps from a left child to the right one by adding 1. */
function placeTrees({ roots, nodes }: FlatTrees): PlacedNode[][] {
  const leaf = { feature: -1, kind: 0, threshold: 0, right: -1, value: 0, rows: 1, codes: [] };
  // A model without trees gets one of a single leaf.
  if (roots.length === 0) return [[{ ...leaf, left: -1, parent: NO_PARENT }]];
  return roots.map((root) => {
    const place = (node: number, parent: number): PlacedNode => ({ ...nodes[node]!, left: node + 1, parent });
    const placed = [place(root, NO_PARENT)];
    for (let at = 0; at < placed.length; at++) {
      const node = placed[at]!;
      const children = isMirrored(node) ? [node.right, node.left] : [node.left, node.right];
      node.left = node.right = -1;
      if (node.feature < 0) continue;
      node.left = placed.length;
      node.right = placed.length + 1;
      placed.push(...children.map((child) => place(child, at)));
    }
    return placed;
  });
}

function isCategorical({ feature, kind }: FlatNode): boolean {
  return feature >= 0 && kind >= 2;
}

/** Our codes go left: the children change places, and missing values, which went right, go left. */
function isMirrored(node: FlatNode): boolean {
  return isCategorical(node) && (node.kind & 1) === 0;
}

/** `rest` is added to every leaf. */
function treeJson(nodes: readonly PlacedNode[], id: number, features: number, rest: number): string {
  const missingLeft = (node: FlatNode): boolean =>
    node.feature >= 0 && (node.kind % 2 === 1 || isMirrored(node));
  const weights = meanValues(nodes).map((value) => value + rest);
  const sets = nodes.flatMap((node, i) => (isCategorical(node) ? [{ node: i, codes: node.codes }] : []));
  const starts = sets.map((_, s) => sets.slice(0, s).reduce((sum, { codes }) => sum + codes.length, 0));
  return object({
    base_weights: list(weights.map(float)),
    categories: list(sets.flatMap(({ codes }) => codes.map(String))),
    categories_nodes: list(sets.map(({ node }) => String(node))),
    categories_segments: list(starts.map(String)),
    categories_sizes: list(sets.map(({ codes }) => String(codes.length))),
    default_left: list(nodes.map((node) => (missingLeft(node) ? '1' : '0'))),
    id: String(id),
    left_children: list(nodes.map(({ left }) => String(left))),
    loss_changes: list(nodes.map(() => float(0))),
    parents: list(nodes.map(({ parent }) => String(parent))),
    right_children: list(nodes.map(({ right }) => String(right))),
    split_conditions: list(nodes.map((node, i) => float(node.feature < 0 ? weights[i]! : conditionOf(node)))),
    split_indices: list(nodes.map((node) => String(Math.max(0, node.feature)))),
    split_type: list(nodes.map((node) => (isCategorical(node) ? '1' : '0'))),
    sum_hessian: list(nodes.map((node) => float(node.rows))),
    tree_param: object({
      num_deleted: text('0'),
      num_feature: text(String(features)),
      num_nodes: text(String(nodes.length)),
      size_leaf_vector: text('0'),
    }),
  });
}

function conditionOf(node: FlatNode): number {
  return isCategorical(node) ? NaN : floatAbove(Math.fround(node.threshold));
}

/** The value of a leaf; of an inner node the mean of its leaves by rows. Children follow their parent. */
function meanValues(nodes: readonly PlacedNode[]): number[] {
  const values = nodes.map(({ value }) => value);
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { feature, left, right } = nodes[i]!;
    if (feature < 0) continue;
    const [a, b] = [nodes[left]!.rows, nodes[right]!.rows];
    values[i] = (values[left]! * a + values[right]! * b) / (a + b);
  }
  return values;
}

/** XGBoost tells numbers from integers by their writing, so the texts of numbers are put together here. */
function object(fields: Readonly<Record<string, string>>): string {
  return `{${Object.entries(fields)
    .map(([name, value]) => `${text(name)}:${value}`)
    .join(',')}}`;
}

function list(values: readonly string[]): string {
  return `[${values.join(',')}]`;
}

function text(value: string): string {
  return JSON.stringify(value);
}

/** The shortest digits that give the float32 again, always with an exponent. */
function float(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return String(single);
  for (let digits = 0; digits < 8; digits++) {
    const shown = single.toExponential(digits);
    if (Math.fround(Number(shown)) === single) return shown.replace('e+', 'E').replace('e', 'E');
  }
  return single.toExponential(8).replace('e+', 'E').replace('e', 'E');
}
