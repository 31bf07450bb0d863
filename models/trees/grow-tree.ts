/**
 * Grows one tree leaf by leaf: the leaf with the largest gain splits next (Shi 2007; Ke et al. 2017), until `maxLeaves`
 * or no split gains. Rows of a leaf stay contiguous and ascending in one index array, so histograms read memory forwards.
 */
import type { Random } from '../../core/random.js';
import type { Bins, FeatureBins } from './bins.js';
import { CELL, countHistogram, subtractHistogram } from './histogram.js';
import { findSplit, leafValue } from './split-search.js';
import type { Split, SplitSettings, Sums } from './split-search.js';

export interface GrowSettings extends SplitSettings {
  readonly maxLeaves: number;
  readonly maxDepth: number;
  readonly columnSubsampleByNode: number;
}

export interface GrowRequest {
  readonly bins: Bins;
  readonly columns: readonly Uint8Array[];
  /** Positions in `bins.features` that this tree may use, ascending. */
  readonly picked: Int32Array;
  /** Row numbers of the sample, ascending; reordered in place. */
  readonly rows: Int32Array;
  /** For every row of the frame (n). */
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
  readonly random: Random;
}

/** A node of a grown tree; the children are positions in the tree. */
export interface GrownNode {
  readonly rows: number;
  /** Leaf value before shrinkage; meaningful where `split` is null. */
  value: number;
  split: GrownSplit | null;
}

export interface GrownSplit {
  readonly left: number;
  readonly right: number;
  readonly feature: FeatureBins;
  /** Position of the feature in the binned columns. */
  readonly column: number;
  readonly gain: number;
  readonly missingLeft: boolean;
  /** Numeric: last bin on the left. */
  readonly bin: number;
  /** Categorical: codes named left and right. */
  readonly leftCodes: readonly number[];
  readonly rightCodes: readonly number[];
  /** For each bin, the missing one included: 1 when it goes left (bins + 1). */
  readonly goesLeft: Uint8Array;
}

interface Leaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly sums: Sums;
  histogram: Float64Array | null;
  split: Split | null;
}

/** Buffers that live as long as a fit: histograms are large and would otherwise be allocated for each leaf. */
export interface GrowBuffers {
  readonly histograms: Float64Array[];
  /** Length of a histogram of all features. */
  readonly cells: number;
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
  readonly rows: Int32Array;
}

export function growBuffers(rows: number, { features }: Bins): GrowBuffers {
  return {
    histograms: [],
    cells: cellOffsets(features)[features.length]!,
    gradients: new Float64Array(rows),
    hessians: new Float64Array(rows),
    rows: new Int32Array(rows),
  };
}

/** Nodes in order of creation, the root first. */
export function growTree(request: GrowRequest, settings: GrowSettings, buffers: GrowBuffers): GrownNode[] {
  const columns = Array.from(request.picked, (k) => request.columns[k]!);
  const features = Array.from(request.picked, (k) => request.bins.features[k]!);
  const offsets = cellOffsets(features);
  const grower: Grower = { request, settings, buffers, columns, features, offsets, nodes: [] };
  const leaves = [rootLeaf(grower)];
  while (leaves.length < settings.maxLeaves) {
    const position = bestLeaf(leaves);
    if (position < 0) break;
    const leaf = leaves[position]!;
    const isLast = leaves.length + 1 === settings.maxLeaves;
    const [left, right] = splitLeaf(grower, leaf, isLast);
    leaves[position] = left;
    leaves.push(right);
  }
  for (const leaf of leaves) {
    if (leaf.histogram !== null) buffers.histograms.push(leaf.histogram);
    grower.nodes[leaf.node]!.value = leafValue(leaf.sums, settings);
  }
  return grower.nodes;
}

interface Grower {
  readonly request: GrowRequest;
  readonly settings: GrowSettings;
  readonly buffers: GrowBuffers;
  /** Binned columns of the tree's features, in histogram order. */
  readonly columns: readonly Uint8Array[];
  readonly features: readonly FeatureBins[];
  /** Where each feature's cells start in a histogram (features + 1). */
  readonly offsets: Int32Array;
  readonly nodes: GrownNode[];
}

function cellOffsets(features: readonly FeatureBins[]): Int32Array {
  const offsets = new Int32Array(features.length + 1);
  features.forEach(({ bins }, slot) => (offsets[slot + 1] = offsets[slot]! + (bins + 1) * CELL));
  return offsets;
}

function rootLeaf(grower: Grower): Leaf {
  const { rows, gradients, hessians } = grower.request;
  let gradient = 0;
  let hessian = 0;
  for (const row of rows) {
    gradient += gradients[row]!;
    hessian += hessians[row]!;
  }
  const sums = { gradient, hessian, rows: rows.length };
  const leaf = addLeaf(grower, { start: 0, end: rows.length, depth: 0, sums });
  if (maySplit(grower, leaf)) {
    leaf.histogram = countLeaf(grower, leaf);
    leaf.split = searchLeaf(grower, leaf);
  }
  return leaf;
}

function addLeaf(grower: Grower, place: Pick<Leaf, 'start' | 'end' | 'depth' | 'sums'>): Leaf {
  grower.nodes.push({ rows: place.sums.rows, value: 0, split: null });
  return { ...place, node: grower.nodes.length - 1, histogram: null, split: null };
}

function maySplit({ settings, features }: Grower, leaf: Leaf): boolean {
  const enoughRows = leaf.sums.rows >= 2 * settings.minRowsPerLeaf && leaf.sums.rows >= 2;
  return enoughRows && leaf.depth < settings.maxDepth && features.length > 0 && settings.maxLeaves > 1;
}

function bestLeaf(leaves: readonly Leaf[]): number {
  let best = -1;
  let gain = 0;
  leaves.forEach((leaf, position) => {
    if (leaf.split !== null && leaf.split.gain > gain) {
      gain = leaf.split.gain;
      best = position;
    }
  });
  return best;
}

function splitLeaf(grower: Grower, leaf: Leaf, isLast: boolean): [Leaf, Leaf] {
  const split = leaf.split!;
  const goesLeft = sidesOf(grower, split);
  const middle = partition(grower, leaf, split, goesLeft);
  const depth = leaf.depth + 1;
  const left = addLeaf(grower, { start: leaf.start, end: middle, depth, sums: split.left });
  const right = addLeaf(grower, { start: middle, end: leaf.end, depth, sums: split.right });
  grower.nodes[leaf.node]!.split = grownSplit(grower, split, goesLeft, left.node, right.node);
  if (isLast) grower.buffers.histograms.push(leaf.histogram!);
  else prepareChildren(grower, leaf.histogram!, left, right);
  return [left, right];
}

function prepareChildren(grower: Grower, parent: Float64Array, left: Leaf, right: Leaf): void {
  const [smaller, larger] = left.sums.rows <= right.sums.rows ? [left, right] : [right, left];
  if (!maySplit(grower, larger)) {
    grower.buffers.histograms.push(parent);
    return;
  }
  smaller.histogram = countLeaf(grower, smaller);
  subtractHistogram(parent, smaller.histogram, grower.offsets[grower.features.length]!);
  larger.histogram = parent;
  larger.split = searchLeaf(grower, larger);
  if (maySplit(grower, smaller)) smaller.split = searchLeaf(grower, smaller);
}

function countLeaf({ request, buffers, columns, offsets }: Grower, { start, end }: Leaf): Float64Array {
  const { rows, gradients, hessians } = request;
  for (let i = start, j = 0; i < end; i++, j++) {
    buffers.gradients[j] = gradients[rows[i]!]!;
    buffers.hessians[j] = hessians[rows[i]!]!;
  }
  const histogram = buffers.histograms.pop() ?? new Float64Array(buffers.cells);
  const leafSums = { gradients: buffers.gradients, hessians: buffers.hessians };
  countHistogram(histogram, { columns, offsets, rows, start, end, ...leafSums });
  return histogram;
}

function searchLeaf({ request, settings, features, offsets }: Grower, leaf: Leaf): Split | null {
  const all = Int32Array.from(features, (_, slot) => slot);
  const rate = settings.columnSubsampleByNode;
  const slots = rate < 1 ? pickColumns(all, rate, request.random) : all;
  const histogram = leaf.histogram!;
  return findSplit({ histogram, features, offsets, slots, total: leaf.sums }, settings);
}

/** A share of the columns without replacement, at least one, ascending. */
export function pickColumns(columns: Int32Array, rate: number, random: Random): Int32Array {
  const wanted = Math.min(columns.length, Math.max(1, Math.round(rate * columns.length)));
  const pool = columns.slice();
  for (let i = 0; i < wanted; i++) {
    const other = i + random.below(pool.length - i);
    [pool[i], pool[other]] = [pool[other]!, pool[i]!];
  }
  return pool.slice(0, wanted).sort();
}

function sidesOf({ features }: Grower, split: Split): Uint8Array {
  const { bins } = features[split.slot]!;
  const goesLeft = new Uint8Array(bins + 1);
  if (split.leftBins === null) goesLeft.fill(1, 0, split.bin + 1);
  else if (split.missingLeft) {
    goesLeft.fill(1);
    for (const bin of split.rightBins!) goesLeft[bin] = 0;
  } else for (const bin of split.leftBins) goesLeft[bin] = 1;
  goesLeft[bins] = split.missingLeft ? 1 : 0;
  return goesLeft;
}

/** Stable: both sides keep ascending row numbers. Returns where the right side starts. */
function partition(
  { request, buffers, columns }: Grower,
  leaf: Leaf,
  split: Split,
  goesLeft: Uint8Array,
): number {
  const column = columns[split.slot]!;
  const { rows } = request;
  let left = leaf.start;
  let right = 0;
  for (let i = leaf.start; i < leaf.end; i++) {
    const row = rows[i]!;
    if (goesLeft[column[row]!] === 1) rows[left++] = row;
    else buffers.rows[right++] = row;
  }
  rows.set(buffers.rows.subarray(0, right), left);
  return left;
}

function grownSplit(
  { request }: Grower,
  split: Split,
  goesLeft: Uint8Array,
  left: number,
  right: number,
): GrownSplit {
  const column = request.picked[split.slot]!;
  const feature = request.bins.features[column]!;
  const codesOf = (bins: readonly number[] | null): number[] =>
    (bins ?? []).map((bin) => feature.codes[bin]!);
  const { gain, missingLeft, bin } = split;
  const leftCodes = codesOf(split.leftBins);
  const rightCodes = codesOf(split.rightBins);
  return { left, right, feature, column, gain, missingLeft, bin, leftCodes, rightCodes, goesLeft };
}
