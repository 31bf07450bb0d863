/** Random forests and rows for the tests of prediction: every kind of node, awkward thresholds, shared and repeated splits. */
import { seededRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';
import { packTrees } from '../../../models/trees/trees.js';
import type { FlatNode, Trees } from '../../../models/trees/trees.js';

export interface ForestShape {
  readonly seed: number;
  readonly features: number;
  readonly trees: number;
  /** At most. */
  readonly leaves: number;
  /** Leaf values are multiples of this; 0 for any doubles. */
  readonly unit: number;
  /** Share of nodes that ask for a code set. */
  readonly codes: number;
  /** Different thresholds to choose from, for each feature. */
  readonly thresholds: number;
}

const AWKWARD = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  3.4028234663852886e38,
  -3.4028234663852886e38,
  1e-45,
  0.1,
];

/** A float of any magnitude, sometimes an awkward one. */
function anyFloat(random: Random): number {
  if (random.unit() < 0.2) return Math.fround(AWKWARD[random.below(AWKWARD.length)]!);
  return Math.fround(random.normal() * 10 ** (random.below(7) - 3));
}

export function randomForest(shape: ForestShape): { trees: Trees; thresholds: readonly number[][] } {
  const random = seededRandom(shape.seed).fork('forest');
  const thresholds = Array.from({ length: shape.features }, () =>
    Array.from({ length: shape.thresholds }, () => anyFloat(random)),
  );
  const nodes: FlatNode[] = [];
  const leaf = (rows: number): FlatNode => {
    const value = random.normal() * (shape.unit === 0 ? 0.1 : 1000);
    const onGrid = shape.unit === 0 ? value : Math.round(value) * shape.unit;
    return { feature: -1, kind: 0, threshold: 0, right: -1, value: onGrid, rows, codes: [] };
  };
  const grow = (leaves: number, rows: number): void => {
    if (leaves === 1) {
      nodes.push(leaf(rows));
      return;
    }
    const feature = random.below(shape.features);
    const missing = random.below(2);
    const node: FlatNode = { ...leaf(rows), feature, kind: missing, value: 0 };
    if (random.unit() < shape.codes) {
      node.kind += 2;
      const codes = random.unit() < 0.1 ? 300 : 20;
      node.codes = Array.from({ length: codes }, (_, code) => code).filter(() => random.unit() < 0.4);
    } else node.threshold = thresholds[feature]![random.below(shape.thresholds)]!;
    nodes.push(node);
    const onLeft = 1 + random.below(leaves - 1);
    const rowsLeft = onLeft + random.below(Math.max(1, rows - leaves));
    grow(onLeft, rowsLeft);
    node.right = nodes.length;
    grow(leaves - onLeft, rows - rowsLeft);
  };
  const roots = Array.from({ length: shape.trees }, () => {
    const root = nodes.length;
    grow(1 + random.below(shape.leaves), 2000);
    return root;
  });
  return { trees: packTrees({ bias: random.normal(), roots, nodes }), thresholds };
}

/** Columns of values at, just above and just below the thresholds, codes, missing and infinite values. */
export function randomColumns(
  { thresholds }: { readonly thresholds: readonly number[][] },
  rows: number,
  seed: number,
): Float32Array[] {
  const random = seededRandom(seed).fork('rows');
  return thresholds.map((known) =>
    Float32Array.from({ length: rows }, () => {
      const kind = random.unit();
      if (kind < 0.1) return NaN;
      if (kind < 0.3) return random.below(340) - 10;
      if (kind < 0.4) return anyFloat(random);
      const threshold = known[random.below(known.length)]!;
      return kind < 0.6 ? threshold : neighbour(threshold, random.below(2) === 0);
    }),
  );
}

/** The next float, one in the order of bit patterns. */
function neighbour(value: number, isAbove: boolean): number {
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  bits[0]! += isAbove === bits[0]! >= 0 ? 1 : -1;
  return float[0]!;
}
