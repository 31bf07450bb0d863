/**
 * Grows one tree leaf by leaf: the leaf with the largest gain splits next (Shi 2007; Ke et al. 2017), until `maxLeaves`
 * or no split gains. Rows of a leaf stay contiguous and ascending in one list, so histograms read memory forwards.
 */
import type { Random } from '../../core/random.js';
import type { Bins, FeatureBins } from './bins.js';
import type { Constraints } from './constraints.js';
import type { Crew } from './crew.js';
import { cellsOf, histograms, sumCells } from './histogram.js';
import type { Histograms, Sums } from './histogram.js';
import { leafValue, UNBOUNDED } from './leaf-value.js';
import type { Bounds } from './leaf-value.js';
import { describeFeatures, searchTables, settle } from './split-search.js';
import type { SearchTables, Split, SplitSearch, SplitSettings } from './split-search.js';
import { pickColumns } from './tree-sample.js';
import type { TreeSample } from './tree-sample.js';

export interface GrowSettings extends SplitSettings {
  readonly maxLeaves: number;
  readonly maxDepth: number;
  readonly columnSubsampleByNode: number;
}

/** A node of a grown tree; the children are positions in the tree. */
export interface GrownNode {
  readonly rows: number;
  /** Leaf value; meaningful where `split` is null. */
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
  /** Address of the side of each bin, the missing one included: 1 is left (256 bytes). */
  readonly sides: number;
}

export interface GrownTree {
  /** In order of creation, the root first. */
  readonly nodes: readonly GrownNode[];
  /** The leaves' places in the list of positions, ascending. */
  readonly leaves: readonly { readonly node: number; readonly start: number; readonly end: number }[];
}

/** What lives as long as a fit. */
export interface Grower {
  readonly crew: Crew;
  readonly bins: Bins;
  /** Addresses of the binned columns. */
  readonly columns: readonly number[];
  readonly constraints: Constraints;
  readonly settings: GrowSettings;
  readonly histograms: Histograms;
  readonly tables: SearchTables;
  /** Addresses: positions by leaf, two lists that a partition fills, and each thread's count. */
  readonly positions: number;
  readonly lists: readonly [number, number];
  readonly counts: number;
  /** Address of the sides of a tree's splits. */
  readonly sides: number;
}

const SIDES = 256;

export function openGrower(
  place: Pick<Grower, 'crew' | 'bins' | 'columns' | 'constraints' | 'settings'>,
  rows: number,
  features: number,
): Grower {
  const { crew, settings } = place;
  return {
    ...place,
    positions: crew.reserve(rows * 4),
    // A list is written one past the last row that belongs there.
    lists: [crew.reserve(rows * 4 + 4), crew.reserve(rows * 4 + 4)],
    counts: crew.reserve(crew.threads * 4),
    sides: crew.reserve((settings.maxLeaves - 1) * SIDES),
    tables: searchTables(crew, features),
    // A leaf keeps one until it splits, and its smaller child takes another.
    histograms: histograms(crew, features, settings.maxLeaves + 1),
  };
}

interface Leaf {
  readonly node: number;
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  readonly sums: Sums;
  readonly bounds: Bounds;
  /** Interaction groups that hold every feature of the path; null without constraints. */
  readonly groups: readonly Uint8Array[] | null;
  /** 0 when it has none. */
  histogram: number;
  split: Split | null;
}

/** A tree being grown. */
interface Growth extends Grower {
  readonly sample: TreeSample;
  readonly search: SplitSearch;
  readonly random: Random;
  readonly nodes: GrownNode[];
}

export function growTree(grower: Grower, sample: TreeSample, random: Random): GrownTree {
  const { crew, settings, histograms: pool } = grower;
  const growth = startGrowth(grower, sample, random);
  crew.lead('LIST', crew.threadsFor(sample.rows), [grower.positions, sample.rows]);
  const leaves = [rootLeaf(growth)];
  while (leaves.length < settings.maxLeaves) {
    const position = bestLeaf(leaves);
    if (position < 0) break;
    const isLast = leaves.length + 1 === settings.maxLeaves;
    const [left, right] = splitLeaf(growth, leaves[position]!, isLast);
    leaves[position] = left;
    leaves.push(right);
  }
  for (const leaf of leaves) {
    if (leaf.histogram !== 0) pool.give(leaf.histogram);
    growth.nodes[leaf.node]!.value = leafValue(leaf.sums, sample.units, settings, leaf.bounds);
  }
  return { nodes: growth.nodes, leaves: leaves.sort((a, b) => a.start - b.start) };
}

function startGrowth(grower: Grower, sample: TreeSample, random: Random): Growth {
  const { crew, settings, tables, constraints } = grower;
  const features = Array.from(sample.picked, (k) => grower.bins.features[k]!);
  const signs = constraints.monotone && sample.picked.map((k) => constraints.monotone![k]!);
  const monotone = signs && Int8Array.from(signs);
  const search = { crew, settings, units: sample.units, features, monotone, tables };
  describeFeatures(search);
  return { ...grower, sample, search, random, nodes: [] };
}

function rootLeaf(growth: Growth): Leaf {
  const { crew, sample, constraints, search } = growth;
  const place = { start: 0, end: sample.rows, depth: 0, bounds: UNBOUNDED, groups: constraints.groups };
  if (!maySplit(growth, sample.rows, 0)) return addLeaf(growth, { ...place, sums: sumRows(crew, sample) });
  const histogram = growth.histograms.take();
  const parts = countRows(growth, histogram, 0, sample.rows);
  const bins = Array.from({ length: search.features[0]!.bins + 1 }, (_, bin) => bin);
  const addresses = Array.from({ length: parts.count }, (_, k) => parts.at + k * parts.bytes);
  const sums = [histogram, ...addresses]
    .map((at) => sumCells(crew.views.i32, cellsOf(crew, at, 0), bins))
    .reduce((all, part) => ({
      gradient: all.gradient + part.gradient,
      hessian: all.hessian + part.hessian,
      rows: all.rows + part.rows,
    }));
  const leaf = addLeaf(growth, { ...place, sums });
  leaf.histogram = histogram;
  [leaf.split] = settle(search, { ...leaf, slots: slotsOf(growth, leaf) }, null, parts);
  return leaf;
}

/** The sums of a tree that has no histogram. */
function sumRows({ views }: Crew, { gradients, rows }: TreeSample): Sums {
  let gradient = 0;
  let hessian = 0;
  for (let at = 0; at < rows; at++) {
    gradient += views.i32[gradients / 4 + 2 * at]!;
    hessian += views.i32[gradients / 4 + 2 * at + 1]!;
  }
  return { gradient, hessian, rows };
}

function addLeaf(growth: Growth, place: Omit<Leaf, 'node' | 'histogram' | 'split'>): Leaf {
  growth.nodes.push({ rows: place.sums.rows, value: 0, split: null });
  return { ...place, node: growth.nodes.length - 1, histogram: 0, split: null };
}

function maySplit({ settings, search }: Growth, rows: number, depth: number): boolean {
  const enoughRows = rows >= Math.max(2, 2 * settings.minRowsPerLeaf);
  return enoughRows && depth < settings.maxDepth && search.features.length > 0;
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

function splitLeaf(growth: Growth, leaf: Leaf, isLast: boolean): [Leaf, Leaf] {
  const split = leaf.split!;
  const sides = writeSides(growth, split);
  const middle = leaf.start + split.left.rows;
  partition(growth, leaf, split, sides);
  const [lower, upper] = boundsOf(growth, leaf, split);
  const groups = groupsOf(growth, leaf, split);
  const depth = leaf.depth + 1;
  const left = addLeaf(growth, {
    ...{ start: leaf.start, end: middle, depth, sums: split.left, groups },
    bounds: lower,
  });
  const right = addLeaf(growth, {
    ...{ start: middle, end: leaf.end, depth, sums: split.right, groups },
    bounds: upper,
  });
  growth.nodes[leaf.node]!.split = grownSplit(growth, split, sides, left.node, right.node);
  if (isLast) growth.histograms.give(leaf.histogram);
  else prepareChildren(growth, leaf.histogram, left, right);
  return [left, right];
}

/** Counts the smaller child and searches both. */
function prepareChildren(growth: Growth, parent: number, left: Leaf, right: Leaf): void {
  const [smaller, larger] = left.sums.rows <= right.sums.rows ? [left, right] : [right, left];
  if (!maySplit(growth, larger.sums.rows, larger.depth)) {
    growth.histograms.give(parent);
    return;
  }
  smaller.histogram = growth.histograms.take();
  larger.histogram = parent;
  const parts = countRows(growth, smaller.histogram, smaller.start, smaller.end);
  const counted = { ...smaller, slots: slotsOf(growth, smaller) };
  const sibling = { ...larger, slots: slotsOf(growth, larger) };
  [smaller.split, larger.split] = settle(growth.search, counted, sibling, parts);
  for (const leaf of [smaller, larger]) {
    if (leaf.split !== null) continue;
    growth.histograms.give(leaf.histogram);
    leaf.histogram = 0;
  }
}

/** Counts the rows at positions [start, end); returns where the threads' parts lie. */
function countRows(
  { crew, sample, positions, histograms: pool }: Growth,
  histogram: number,
  start: number,
  end: number,
): { at: number; bytes: number; count: number } {
  const features = sample.picked.length;
  const threads = crew.threadsFor((end - start) * features);
  const list = end - start === sample.rows ? 0 : positions;
  const places = [histogram, pool.parts, pool.bytes, sample.blocks, sample.blockBytes];
  crew.lead('COUNT', threads, [...places, features, sample.gradients, list, start, end]);
  return { at: pool.parts, bytes: pool.bytes, count: threads - 1 };
}

/** 1 for each feature that a leaf may try; null for a leaf that may not split. */
function slotsOf(growth: Growth, { sums, depth, groups }: Leaf): Uint8Array | null {
  const { sample, settings, random } = growth;
  if (!maySplit(growth, sums.rows, depth)) return null;
  const all = Int32Array.from(sample.picked.keys());
  const allowed =
    groups === null ? all : all.filter((slot) => groups.some((group) => group[sample.picked[slot]!] === 1));
  const rate = settings.columnSubsampleByNode;
  const slots = new Uint8Array(all.length);
  if (allowed.length === 0) return null;
  for (const slot of rate < 1 ? pickColumns(allowed, rate, random) : allowed) slots[slot] = 1;
  return slots;
}

/** Parts the leaf's positions; both sides keep their order. */
function partition(
  { crew, sample, positions, lists, counts, columns }: Growth,
  leaf: Leaf,
  split: Split,
  sides: number,
): void {
  const { slot } = split;
  const threads = crew.threadsFor((leaf.end - leaf.start) * 4);
  const isPacked = sample.list !== 0;
  const block = sample.blocks + Math.floor(slot / 16) * sample.blockBytes;
  const bins = isPacked ? block + (slot % 16) : columns[sample.picked[slot]!]!;
  const args = [positions, ...lists, leaf.start, leaf.end, bins, isPacked ? 4 : 0, sides, counts];
  crew.lead('PART', threads, args);
  crew.lead('JOIN', threads, args);
}

function writeSides({ crew, search, sides, nodes }: Growth, split: Split): number {
  const { bins } = search.features[split.slot]!;
  // Every split adds two nodes.
  const at = sides + ((nodes.length - 1) / 2) * SIDES;
  const goesLeft = crew.views.u8.subarray(at, at + SIDES).fill(0);
  if (split.leftBins === null) goesLeft.fill(1, 0, split.bin + 1);
  else if (split.missingLeft) {
    goesLeft.fill(1);
    for (const bin of split.rightBins!) goesLeft[bin] = 0;
  } else for (const bin of split.leftBins) goesLeft[bin] = 1;
  goesLeft[bins] = split.missingLeft ? 1 : 0;
  return at;
}

/** Below a monotone split, the middle of its sides' values bounds both. */
function boundsOf({ search, sample, settings }: Growth, { bounds }: Leaf, split: Split): [Bounds, Bounds] {
  const sign = search.monotone?.[split.slot] ?? 0;
  if (sign === 0) return [bounds, bounds];
  const value = (sums: Sums): number => leafValue(sums, sample.units, settings, bounds);
  const middle = (value(split.left) + value(split.right)) / 2;
  const [below, above] = [
    { low: bounds.low, high: middle },
    { low: middle, high: bounds.high },
  ];
  return sign > 0 ? [below, above] : [above, below];
}

function groupsOf({ sample }: Growth, { groups }: Leaf, { slot }: Split): readonly Uint8Array[] | null {
  const feature = sample.picked[slot]!;
  return groups && groups.filter((group) => group[feature] === 1);
}

function grownSplit(
  { sample, bins }: Growth,
  split: Split,
  sides: number,
  left: number,
  right: number,
): GrownSplit {
  const column = sample.picked[split.slot]!;
  const feature = bins.features[column]!;
  const codesOf = (list: readonly number[] | null): number[] =>
    (list ?? []).map((bin) => feature.codes[bin]!);
  const { gain, missingLeft, bin } = split;
  const leftCodes = codesOf(split.leftBins);
  const rightCodes = codesOf(split.rightBins);
  return { left, right, feature, column, gain, missingLeft, bin, leftCodes, rightCodes, sides };
}
