/**
 * Trees as JSON: parallel arrays, one entry a node, short enough to diff and to read without us. JSON has no infinity,
 * so an infinite threshold ("any value" against missing) is written as a string.
 */
import { AppError } from '../../core/errors.js';
import type { FlatNode, FlatTrees } from './trees.js';

const INFINITIES: readonly (number | string)[] = ['Infinity', '-Infinity'];
/** No sum of leaves overflows. */
const LARGEST_VALUE = 1e300;
/** Codes that a float holds exactly. */
const MAX_CODES = 2 ** 24;

interface TreesJson {
  readonly bias: number;
  readonly roots: readonly number[];
  readonly feature: readonly number[];
  readonly kind: readonly number[];
  readonly threshold: readonly (number | string)[];
  readonly right: readonly number[];
  readonly value: readonly number[];
  readonly rows: readonly number[];
  /** Codes of the categorical nodes, by node number. */
  readonly codes: Readonly<Record<string, readonly number[]>>;
}

export function encodeTrees({ bias, roots, nodes }: FlatTrees): TreesJson {
  return {
    bias,
    roots,
    feature: nodes.map((node) => node.feature),
    kind: nodes.map((node) => node.kind),
    threshold: nodes.map(({ threshold }) => (Number.isFinite(threshold) ? threshold : String(threshold))),
    right: nodes.map((node) => node.right),
    value: nodes.map((node) => node.value),
    rows: nodes.map((node) => node.rows),
    codes: Object.fromEntries(
      nodes.flatMap(({ codes }, i) => (codes.length === 0 ? [] : [[String(i), codes]])),
    ),
  };
}

/** Throws `bad-model` for JSON that is no boosted-trees model. */
export function decodeTrees(json: unknown): { featureNames: readonly string[]; trees: FlatTrees } {
  if (!isTreesModel(json)) {
    throw new AppError(
      'bad-input',
      'bad-model',
      'this JSON is no boosted-trees model; its arrays are missing or unequal',
    );
  }
  const nodes = json.feature.map((feature, i): FlatNode => ({
    feature,
    kind: json.kind[i]!,
    threshold: Number(json.threshold[i]),
    right: json.right[i]!,
    value: json.value[i]!,
    rows: json.rows[i]!,
    codes: json.codes[String(i)] ?? [],
  }));
  return { featureNames: json.featureNames, trees: { bias: json.bias, roots: json.roots, nodes } };
}

function isTreesModel(json: unknown): json is TreesJson & { featureNames: readonly string[] } {
  if (typeof json !== 'object' || json === null) return false;
  const model = json as Record<string, unknown>; // Every field is checked below.
  const { feature, roots, featureNames, codes, bias } = model;
  if (!Array.isArray(feature) || !Array.isArray(roots) || !Array.isArray(featureNames)) return false;
  if (typeof codes !== 'object' || codes === null || typeof bias !== 'number') return false;
  const isColumn = (column: unknown): boolean => Array.isArray(column) && column.length === feature.length;
  if (!['kind', 'threshold', 'right', 'value', 'rows'].every((name) => isColumn(model[name]))) return false;
  if (!Number.isFinite(bias)) return false;
  // Arrays of that length, by the lines above; each entry is checked below.
  const trees = { ...model, roots, feature, codes } as unknown as TreesJson;
  return isForest(trees) && trees.feature.every((_, node) => isNode(trees, node, featureNames.length));
}

/** One tree after the other, each in preorder: a walk always ends, and two paths never meet. */
function isForest({ roots, feature, right }: TreesJson): boolean {
  const ends = new Int32Array(feature.length + 1);
  for (let node = feature.length - 1; node >= 0; node--) {
    if (feature[node] === -1) ends[node] = node + 1;
    else if (right[node] === ends[node + 1] && right[node]! < feature.length)
      ends[node] = ends[right[node]!]!;
    else return false;
  }
  return roots.every((root, t) => root === (t === 0 ? 0 : ends[roots[t - 1]!]) && root < feature.length);
}

function isNode(
  { feature, kind, threshold, value, rows, codes }: TreesJson,
  node: number,
  d: number,
): boolean {
  const name = feature[node]!;
  const set = codes[String(node)] ?? [];
  return (
    Number.isInteger(name) &&
    name >= -1 &&
    name < d &&
    [0, 1, 2, 3].includes(kind[node]!) &&
    (Number.isFinite(threshold[node]) || INFINITIES.includes(threshold[node]!)) &&
    Number.isFinite(value[node]) &&
    Math.abs(value[node]!) <= LARGEST_VALUE &&
    rows[node]! > 0 &&
    Array.isArray(set) &&
    set.every((code, k) => Number.isInteger(code) && code >= 0 && code < MAX_CODES && !(code <= set[k - 1]!))
  );
}
