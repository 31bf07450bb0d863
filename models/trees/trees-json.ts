/**
 * Trees as JSON: parallel arrays, one entry a node, short enough to diff and to read without us. JSON has no infinity,
 * so an infinite threshold ("any value" against missing) is written as a string.
 */
import { AppError } from '../../core/errors.js';
import type { FlatNode, FlatTrees } from './trees.js';

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
  const rows = model['rows'] as readonly number[]; // Arrays of that length, by the line above.
  const right = model['right'] as readonly number[];
  const inTable = (name: number): boolean =>
    Number.isInteger(name) && name >= -1 && name < featureNames.length;
  if (!rows.every((count) => count > 0)) return false;
  // Children follow their parent: a walk always ends.
  return feature.every(
    (name, i) => inTable(name) && (name === -1 || (right[i]! > i && right[i]! < feature.length)),
  );
}
