/**
 * One tree of a LightGBM text model into our splits. Children below zero are leaves (-1 is leaf 0). Thresholds are 64-bit and
 * inclusive, as ours are but for the width; what counts as missing, and where it goes, is written at every split.
 */
import { floatBelow, floatUpTo } from './float32.js';
import { categoryTest, numberTest, requireDepth } from './foreign-trees.js';
import type { ForeignNode } from './foreign-trees.js';
import { modelFileFault } from './model-file-fault.js';
import type { TextBlock } from './text-block.js';

/** Bits of `decision_type`; the two above them say what is missing. */
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
const MISSING_SHIFT = 2;
/** Nothing is missing: NaN counts as zero. */
const MISSING_NONE = 0;
/** Zero is missing, and NaN counts as zero. */
const MISSING_ZERO = 1;
const MISSING_NAN = 2;
/** Values as near to zero as this are zero to LightGBM; a float32. */
const ZERO = Math.fround(1e-35);

interface Arrays {
  readonly place: string;
  readonly features: number;
  readonly left: Float64Array;
  readonly right: Float64Array;
  readonly feature: Float64Array;
  readonly threshold: Float64Array;
  readonly decision: Float64Array;
  readonly leaf: Float64Array;
  readonly rows: Float64Array;
  /** Codes that go left, by number of the category split. */
  readonly codes: readonly (readonly number[])[];
  readonly reached: Uint8Array;
}

/** `features` is how many columns the model has. */
export function readLightgbmTree(block: TextBlock, features: number): ForeignNode {
  const { place } = block;
  const leaves = block.count('num_leaves');
  if (leaves < 1) throw modelFileFault(place, 'has no leaves');
  if (block.has('is_linear') && block.count('is_linear') !== 0)
    throw modelFileFault(place, 'has linear models in its leaves; train it with linear_tree=false');
  const leaf = block.numbers('leaf_value', leaves);
  // A tree of one leaf leaves out its counts in some versions.
  if (leaves === 1) return { leaf: finite(leaf[0]!, place), rows: 1 };
  const inner = (name: string): Float64Array => block.numbers(name, leaves - 1);
  const tree: Arrays = {
    place,
    features,
    left: inner('left_child'),
    right: inner('right_child'),
    feature: inner('split_feature'),
    threshold: inner('threshold'),
    decision: inner('decision_type'),
    leaf,
    rows: block.numbers('leaf_count', leaves),
    codes: readCodes(block),
    reached: new Uint8Array(2 * leaves - 1),
  };
  return readNode(tree, 0, 0);
}

function finite(value: number, place: string): number {
  if (Number.isFinite(value)) return value;
  throw modelFileFault(place, `has a leaf of ${value}`);
}

/** The code sets, written as 32-bit words. */
function readCodes(block: TextBlock): number[][] {
  const sets = block.count('num_cat');
  if (sets === 0) return [];
  const bounds = block.numbers('cat_boundaries', sets + 1);
  const words = block.numbers('cat_threshold');
  return Array.from({ length: sets }, (_, i) => {
    const [from, to] = [bounds[i]!, bounds[i + 1]!];
    if (!(from >= 0 && to >= from && to <= words.length))
      throw modelFileFault(block.place, `has a damaged set of categories ${i}`);
    return codesIn(words.subarray(from, to));
  });
}

function codesIn(words: Float64Array): number[] {
  const codes: number[] = [];
  words.forEach((word, w) => {
    for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) codes.push(w * 32 + bit);
  });
  return codes;
}

/** Every split and leaf is reached once at most, so a walk ends however the children are linked. */
function readNode(tree: Arrays, child: number, depth: number): ForeignNode {
  const { place, reached, leaf } = tree;
  const position = child < 0 ? leaf.length - 2 - child : child;
  if (reached[position] !== 0 || child >= leaf.length - 1)
    throw modelFileFault(place, `has the child ${child}, which is none of its nodes or has two parents`);
  reached[position] = 1;
  requireDepth(depth, place);
  if (child < 0) {
    const rows = tree.rows[-1 - child]!;
    if (!(rows >= 0 && rows < Infinity)) throw modelFileFault(place, `has a leaf of ${rows} rows`);
    return { leaf: finite(leaf[-1 - child]!, place), rows };
  }
  const left = readNode(tree, tree.left[child]!, depth + 1);
  const right = readNode(tree, tree.right[child]!, depth + 1);
  return readSplit(tree, child, left, right);
}

function readSplit(tree: Arrays, node: number, left: ForeignNode, right: ForeignNode): ForeignNode {
  const place = `${tree.place}, split ${node}`;
  const feature = tree.feature[node]!;
  if (!Number.isInteger(feature) || feature < 0 || feature >= tree.features)
    throw modelFileFault(place, `is on column ${feature} of ${tree.features}`);
  const decision = tree.decision[node]!;
  const threshold = tree.threshold[node]!;
  if ((decision & CATEGORICAL) !== 0) {
    const codes = tree.codes[threshold];
    if (codes === undefined) throw modelFileFault(place, `has no set of categories ${threshold}`);
    return { test: categoryTest(feature, codes, false), left, right };
  }
  if (Number.isNaN(threshold)) throw modelFileFault(place, 'has no threshold');
  const defaultLeft = (decision & DEFAULT_LEFT) !== 0;
  const bound = floatUpTo(threshold);
  switch (decision >> MISSING_SHIFT) {
    case MISSING_NONE:
      return { test: numberTest(feature, bound, threshold >= 0), left, right };
    case MISSING_NAN:
      return { test: numberTest(feature, bound, defaultLeft), left, right };
    case MISSING_ZERO:
      return zeroIsMissing({ feature, bound, defaultLeft }, left, right);
    default:
      throw modelFileFault(place, `has the unknown decision_type ${decision}`);
  }
}

interface ZeroSplit {
  readonly feature: number;
  readonly bound: number;
  readonly defaultLeft: boolean;
}

/**
 * Zero leaves the order of the numbers: the line falls into up to four pieces whose side alternates, and each piece but
 * the last becomes a node. Missing values follow zero.
 */
function zeroIsMissing(split: ZeroSplit, left: ForeignNode, right: ForeignNode): ForeignNode {
  const { feature, bound, defaultLeft } = split;
  const goesLeft = (x: number): boolean => (Math.abs(x) <= ZERO ? defaultLeft : x <= bound);
  const ends = [...new Set([bound, floatBelow(-ZERO), ZERO])].sort((a, b) => a - b);
  // Beyond the last end is the piece of the greatest values, which are above the bound.
  const pieces = [...ends.map((upTo) => ({ upTo, left: goesLeft(upTo) })), { upTo: Infinity, left: false }];
  const merged = pieces.filter((piece, i) => piece.left !== pieces[i + 1]?.left);
  const ofZero = merged.findIndex(({ upTo }) => upTo >= ZERO);
  const share = (side: boolean): number => 1 / merged.filter((piece) => piece.left === side).length;
  const subtree = (side: boolean): ForeignNode => ({ copyOf: side ? left : right, share: share(side) });
  const chain = (i: number): ForeignNode => {
    const piece = merged[i]!;
    if (i === merged.length - 1) return subtree(piece.left);
    const test = numberTest(feature, piece.upTo, i === ofZero);
    return { test, left: subtree(piece.left), right: chain(i + 1) };
  };
  return chain(0);
}
