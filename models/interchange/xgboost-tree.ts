/**
 * One tree of an XGBoost document, as parallel arrays by node, into our splits. Nodes that pruning deleted are still in the
 * arrays: only what the root reaches counts. The rows of a leaf are its sum of hessians, XGBoost's own cover.
 */
import { numberAt, numbersAt, fieldsAt } from './document.js';
import type { Fields } from './document.js';
import { floatBelow } from './float32.js';
import { categoryTest, numberTest, requireDepth } from './foreign-trees.js';
import type { ForeignNode } from './foreign-trees.js';
import { modelFileFault } from './model-file-fault.js';

interface Arrays {
  readonly place: string;
  readonly features: number;
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly feature: Float64Array;
  /** Inner node: values below it go left. Leaf: its value. */
  readonly condition: Float64Array;
  readonly defaultLeft: Float64Array;
  readonly hessian: Float64Array;
  /** Codes that go right, by categorical node. */
  readonly codes: ReadonlyMap<number, Float64Array>;
  readonly reached: Uint8Array;
}

/** `features` is how many columns the model has. */
export function readXgboostTree(tree: Fields, features: number, place: string): ForeignNode {
  const nodes = numberAt(fieldsAt(tree, 'tree_param', place), 'num_nodes', place);
  if (!Number.isInteger(nodes) || nodes < 1) throw modelFileFault(place, `has ${nodes} nodes`);
  const column = (name: string): Float64Array => numbersAt(tree, name, place, nodes);
  return readNode(
    {
      place,
      features,
      left: column('left_children'),
      right: column('right_children'),
      feature: column('split_indices'),
      condition: column('split_conditions'),
      defaultLeft: column('default_left'),
      hessian: column('sum_hessian'),
      codes: readCategories(tree, nodes, place),
      reached: new Uint8Array(nodes),
    },
    0,
    0,
  );
}

/** Files of versions before 1.3 have no categories. */
function readCategories(tree: Fields, nodes: number, place: string): Map<number, Float64Array> {
  const codes = new Map<number, Float64Array>();
  if (tree['split_type'] === undefined) return codes;
  const types = numbersAt(tree, 'split_type', place, nodes);
  const all = numbersAt(tree, 'categories', place);
  const owners = numbersAt(tree, 'categories_nodes', place);
  const starts = numbersAt(tree, 'categories_segments', place, owners.length);
  const sizes = numbersAt(tree, 'categories_sizes', place, owners.length);
  owners.forEach((node, i) => {
    const set = all.slice(starts[i], starts[i]! + sizes[i]!);
    if (set.length !== sizes[i]! || !set.every((code) => Number.isInteger(code) && code >= 0))
      throw modelFileFault(`${place}, node ${node}`, 'has a damaged set of categories');
    codes.set(node, set);
  });
  types.forEach((type, node) => {
    if ((type === 1) !== codes.has(node))
      throw modelFileFault(
        `${place}, node ${node}`,
        'is a category split without categories, or the reverse',
      );
  });
  return codes;
}

/** Every node is reached once at most, so a walk ends however the children are linked. */
function readNode(tree: Arrays, node: number, depth: number): ForeignNode {
  const place = `${tree.place}, node ${node}`;
  if (tree.reached[node] !== 0) throw modelFileFault(place, 'is no node of the tree, or has two parents');
  tree.reached[node] = 1;
  requireDepth(depth, tree.place);
  const condition = tree.condition[node]!;
  const codes = tree.codes.get(node);
  if (codes === undefined && Number.isNaN(condition))
    throw modelFileFault(place, 'has no condition and no value');
  const rows = tree.hessian[node]!;
  if (tree.left[node]! < 0) return readLeaf(condition, rows, place);
  const feature = tree.feature[node]!;
  if (!Number.isInteger(feature) || feature < 0 || feature >= tree.features)
    throw modelFileFault(place, `splits on column ${feature} of ${tree.features}`);
  const left = readNode(tree, tree.left[node]!, depth + 1);
  const right = readNode(tree, tree.right[node]!, depth + 1);
  const missingLeft = tree.defaultLeft[node] === 1;
  if (codes === undefined)
    return { test: numberTest(feature, floatBelow(condition), missingLeft), left, right };
  if (missingLeft) return { test: categoryTest(feature, codes, true), left, right };
  // Missing values go with the codes, unknown ones do not: first whether there is a value, then which.
  const half: ForeignNode = { copyOf: right, share: 0.5 };
  const known: ForeignNode = { test: categoryTest(feature, codes, true), left, right: half };
  return { test: numberTest(feature, Infinity, false), left: known, right: half };
}

function readLeaf(leaf: number, rows: number, place: string): ForeignNode {
  if (!Number.isFinite(leaf)) throw modelFileFault(place, `has the value ${leaf}`);
  if (!(rows >= 0 && rows < Infinity)) throw modelFileFault(place, `has a hessian of ${rows}`);
  return { leaf, rows };
}
