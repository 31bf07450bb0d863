/**
 * Cuts every feature into at most `maxBins` value bins and one missing bin, so that growing a tree only reads bytes.
 * Invariant: a cut is a Float32 edge `e` with `left value <= e < right value`, so `value <= e` on the raw Float32 gives
 * the same side as the bin does: training and prediction agree on every row. Infinities order beyond finite numbers.
 * Source: greedy quantile bins as in Ke et al. 2017 (LightGBM), section 2.1.
 */
import { AppError } from '../../core/errors.js';
import type { Random } from '../../core/random.js';
import type { Frame } from '../contract.js';
import type { Crew } from './crew.js';

/** Larger codes would make the category sets of the trees large: they are names, not codes. */
const MAX_CATEGORY_CODE = 65_535;

export interface FeatureBins {
  /** Column of the frame. */
  readonly feature: number;
  readonly categorical: boolean;
  /** Numeric: the bin of x is the number of edges below x. (bins - 1) */
  readonly edges: Float32Array;
  /** Categorical: the code of each bin. (bins) */
  readonly codes: Int32Array;
  /** Value bins; the missing bin is the next one. */
  readonly bins: number;
}

export interface Bins {
  /** Only the features that can split: constant and empty columns are left out. */
  readonly features: readonly FeatureBins[];
}

export interface BinSettings {
  readonly maxBins: number;
  readonly binSampleRows: number;
}

/** Bytes of a column in the lists that the kernel reads: see kernels/grow-bins.ts. */
const COLUMN_WORDS = 6;
/** Edges of a column, padded. */
const EDGES = 256;
/** Counts of the radix sort, for each thread. */
const SORT_BYTES = 24 * 1024;

export function fitBins(frame: Frame, settings: BinSettings, random: Random, crew: Crew): Bins {
  const sample = sampleRows(frame.rows, settings.binSampleRows, random);
  const categorical = new Set(frame.categorical);
  const features: FeatureBins[] = [];
  const keep = (bins: FeatureBins): void => {
    const column = frame.columns[bins.feature]!;
    if (bins.bins > 1 || (bins.bins === 1 && hasMissing(column))) features.push(bins);
  };
  const isCategorical = (feature: number): boolean => categorical.has(frame.names[feature]!);
  const all = [...frame.columns.keys()];
  for (const feature of all.filter(isCategorical))
    keep(categoryBins(frame.columns[feature]!, feature, frame.names[feature]!, settings.maxBins));
  const numeric = all.filter((feature) => !isCategorical(feature));
  sortedSamples(frame, numeric, sample, crew, (feature, values) => {
    const edges = quantileEdges(values, settings.maxBins);
    const bins = values.length === 0 ? 0 : edges.length + 1;
    keep({ feature, categorical: false, edges, codes: new Int32Array(0), bins });
  });
  return { features: features.sort((a, b) => a.feature - b.feature) };
}

/** Calls `take` with the sampled values of each feature, ascending and without the missing ones. */
function sortedSamples(
  frame: Frame,
  features: readonly number[],
  sample: Int32Array | null,
  crew: Crew,
  take: (feature: number, values: Float32Array) => void,
): void {
  const rows = sample?.length ?? frame.rows;
  const mark = crew.reserve(0);
  const list = crew.reserve(crew.threads * COLUMN_WORDS * 4);
  const counts = crew.reserve(crew.threads * SORT_BYTES);
  const places = Array.from({ length: crew.threads }, () => [crew.reserve(rows * 4), crew.reserve(rows * 4)]);
  for (let first = 0; first < features.length; first += crew.threads) {
    const group = features.slice(first, first + crew.threads);
    group.forEach((feature, k) => {
      const [values, room] = places[k] as [number, number];
      const target = crew.views.f32.subarray(values / 4, values / 4 + rows);
      const column = frame.columns[feature]!;
      if (sample === null) target.set(column);
      else for (let i = 0; i < rows; i++) target[i] = column[sample[i]!]!;
      crew.views.i32.set([values, room, 0, rows, 0, 0], list / 4 + k * COLUMN_WORDS);
    });
    crew.lead('SORT', 1, [list, group.length, counts]);
    group.forEach((feature, k) => {
      const start = places[k]![0]! / 4;
      const size = crew.views.i32[list / 4 + k * COLUMN_WORDS + 3]!;
      take(feature, crew.views.f32.subarray(start, start + size));
    });
  }
  crew.release(mark);
}

/** The frame as bytes: the address of a column for each feature of `bins` (features)(n). */
export function binFrame(bins: Bins, frame: Frame, crew: Crew): number[] {
  const { rows } = frame;
  const columns = bins.features.map(() => crew.reserve(rows));
  const mark = crew.reserve(0);
  const list = crew.reserve(crew.threads * COLUMN_WORDS * 4);
  const places = Array.from({ length: crew.threads }, () => [
    crew.reserve(rows * 4),
    crew.reserve(MAX_CATEGORY_CODE + 1),
  ]);
  for (let first = 0; first < columns.length; first += crew.threads) {
    const group = bins.features.slice(first, first + crew.threads);
    group.forEach((feature, k) => {
      const [values, table] = places[k] as [number, number];
      crew.views.f32.set(frame.columns[feature.feature]!, values / 4);
      const size = feature.categorical ? writeCodes(feature, table, crew) : writeEdges(feature, table, crew);
      const kind = feature.categorical ? 1 : 0;
      const words = [values, columns[first + k]!, table, size, feature.bins, kind];
      crew.views.i32.set(words, list / 4 + k * COLUMN_WORDS);
    });
    crew.lead('BIN', 1, [list, group.length, rows]);
  }
  crew.release(mark);
  return columns;
}

/** Returns the power of two above the number of edges. */
function writeEdges({ edges }: FeatureBins, table: number, { views }: Crew): number {
  views.f32.fill(Infinity, table / 4, table / 4 + EDGES).set(edges, table / 4);
  return 2 ** Math.ceil(Math.log2(edges.length + 1));
}

/** Returns one more than the largest code. */
function writeCodes({ codes, bins: missing }: FeatureBins, table: number, { views }: Crew): number {
  const size = codes.at(-1)! + 1;
  views.u8.fill(missing, table, table + size);
  codes.forEach((code, bin) => (views.u8[table + code] = bin));
  return size;
}

function sampleRows(rows: number, limit: number, random: Random): Int32Array | null {
  if (rows <= limit) return null;
  const sample = new Int32Array(limit);
  // Selection sampling (Knuth, Algorithm S) keeps the order and draws exactly `limit` rows.
  for (let row = 0, taken = 0; taken < limit; row++) {
    if ((rows - row) * random.unit() < limit - taken) sample[taken++] = row;
  }
  return sample;
}

function hasMissing(column: Float32Array): boolean {
  return column.some((value) => value !== value);
}

/**
 * Edges between ascending values. With few distinct values every one has its own bin; otherwise bins hold about equally
 * many rows, and a value as frequent as a whole bin stands alone.
 */
export function quantileEdges(sorted: Float32Array, maxBins: number): Float32Array {
  const { values, counts } = distinct(sorted);
  const edges: number[] = [];
  let rowsLeft = sorted.length;
  let binRows = 0;
  for (let i = 0; i + 1 < values.length && edges.length + 1 < maxBins; i++) {
    binRows += counts[i]!;
    const everyValueFits = values.length <= maxBins;
    const target = rowsLeft / (maxBins - edges.length);
    const nextIsHeavy = counts[i + 1]! >= target && binRows >= target / 2;
    if (!everyValueFits && binRows < target && !nextIsHeavy) continue;
    edges.push(midpoint(values[i]!, values[i + 1]!));
    rowsLeft -= binRows;
    binRows = 0;
  }
  return Float32Array.from(edges);
}

function distinct(sorted: Float32Array): { values: Float32Array; counts: Int32Array } {
  let size = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || sorted[i] !== sorted[i - 1]) size++;
  const values = new Float32Array(size);
  const counts = new Int32Array(size);
  for (let i = 0, at = -1; i < sorted.length; i++) {
    if (i === 0 || sorted[i] !== sorted[i - 1]) values[++at] = sorted[i]!;
    counts[at]!++;
  }
  return { values, counts };
}

/** A Float32 in [low, high): the rounded mean, or `low` where rounding or an infinity would reach `high`. */
function midpoint(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}

function categoryBins(column: Float32Array, feature: number, name: string, maxBins: number): FeatureBins {
  const counts = new Int32Array(MAX_CATEGORY_CODE + 1);
  for (const code of column) {
    if (code !== code) continue;
    if (!Number.isInteger(code) || code < 0 || code > MAX_CATEGORY_CODE) {
      throw new AppError(
        'bad-input',
        'bad-category-code',
        `categorical column "${name}" holds ${code}; use whole codes from 0 to ${MAX_CATEGORY_CODE}, or NaN for missing`,
      );
    }
    counts[code]!++;
  }
  const seen: [code: number, rows: number][] = [];
  counts.forEach((rows, code) => rows > 0 && seen.push([code, rows]));
  // The most frequent codes have a bin; the rest is treated as unseen.
  const kept = seen.sort(([a, m], [b, n]) => n - m || a - b).slice(0, maxBins);
  const codes = Int32Array.from(kept, ([code]) => code).sort();
  return { feature, categorical: true, edges: new Float32Array(0), codes, bins: codes.length };
}
