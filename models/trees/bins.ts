/**
 * Cuts every feature into at most `maxBins` value bins and one missing bin, so that growing a tree only reads bytes.
 * Invariant: a cut is a Float32 edge `e` with `left value <= e < right value`, so `value <= e` on the raw Float32 gives
 * the same side as the bin does: training and prediction agree on every row. Infinities order beyond finite numbers.
 * Source: greedy quantile bins as in Ke et al. 2017 (LightGBM), section 2.1.
 */
import { AppError } from '../../core/errors.js';
import type { Random } from '../../core/random.js';
import type { Frame } from '../contract.js';

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

export function fitBins(frame: Frame, settings: BinSettings, random: Random): Bins {
  const sample = sampleRows(frame.rows, settings.binSampleRows, random);
  const categorical = new Set(frame.categorical);
  const features: FeatureBins[] = [];
  frame.columns.forEach((column, feature) => {
    const isCategorical = categorical.has(frame.names[feature]!);
    const bins = isCategorical
      ? categoryBins(column, feature, frame.names[feature]!, settings.maxBins)
      : numericBins(column, feature, sample, settings.maxBins);
    if (bins.bins > 1 || (bins.bins === 1 && hasMissing(column))) features.push(bins);
  });
  return { features };
}

/** The frame as bytes, one column for each feature of `bins` (features)(n). Cost: n log(bins) a column. */
export function binFrame(bins: Bins, frame: Frame): Uint8Array[] {
  return bins.features.map((feature) => {
    const column = frame.columns[feature.feature]!;
    return feature.categorical ? binCategories(column, feature) : binNumbers(column, feature);
  });
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

function numericBins(
  column: Float32Array,
  feature: number,
  sample: Int32Array | null,
  maxBins: number,
): FeatureBins {
  const picked = sample === null ? column.slice() : Float32Array.from(sample, (row) => column[row]!);
  const values = picked.filter((value) => value === value).sort();
  const edges = quantileEdges(values, maxBins);
  return {
    feature,
    categorical: false,
    edges,
    codes: new Int32Array(0),
    bins: values.length === 0 ? 0 : edges.length + 1,
  };
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

function distinct(sorted: Float32Array): { values: number[]; counts: number[] } {
  const values: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    if (values.length > 0 && values[values.length - 1] === value) counts[counts.length - 1]!++;
    else {
      values.push(value);
      counts.push(1);
    }
  }
  return { values, counts };
}

/** A Float32 in [low, high): the rounded mean, or `low` where rounding or an infinity would reach `high`. */
function midpoint(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}

function categoryBins(column: Float32Array, feature: number, name: string, maxBins: number): FeatureBins {
  const counts = new Map<number, number>();
  for (const code of column) {
    if (code !== code) continue;
    if (!Number.isInteger(code) || code < 0 || code > MAX_CATEGORY_CODE) {
      throw new AppError(
        'bad-input',
        'bad-category-code',
        `categorical column "${name}" holds ${code}; use whole codes from 0 to ${MAX_CATEGORY_CODE}, or NaN for missing`,
      );
    }
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  // The most frequent codes have a bin; the rest is treated as unseen.
  const kept = [...counts].sort(([a, m], [b, n]) => n - m || a - b).slice(0, maxBins);
  const codes = Int32Array.from(kept, ([code]) => code).sort();
  return { feature, categorical: true, edges: new Float32Array(0), codes, bins: codes.length };
}

function binNumbers(column: Float32Array, { edges, bins: missing }: FeatureBins): Uint8Array {
  const binned = new Uint8Array(column.length);
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!;
    if (value !== value) {
      binned[row] = missing;
      continue;
    }
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= edges[middle]!) high = middle;
      else low = middle + 1;
    }
    binned[row] = low;
  }
  return binned;
}

function binCategories(column: Float32Array, { codes, bins: missing }: FeatureBins): Uint8Array {
  const binOf = new Map<number, number>();
  codes.forEach((code, bin) => binOf.set(code, bin));
  return Uint8Array.from(column, (code) => binOf.get(code) ?? missing);
}
