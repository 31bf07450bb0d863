/**
 * What the rows that a model was fitted on looked like, feature by feature, small enough to be kept with the model: bins
 * and how many rows fell into each. Served vectors are later counted in the same bins. Missing values have a bin of their
 * own, the last one; a value that was constant has one bin for itself and below, one above.
 */
import type { Frame } from './contract.js';

export interface BinnedColumn {
  readonly name: string;
  /** Of a number: upper ends of all bins but the highest, ascending. Of a category: the codes that have a bin. */
  readonly edges: readonly number[];
  readonly categorical: boolean;
  /** Rows in each bin (edges + 1), the last of them above all edges or of any other code, then the missing ones. */
  readonly counts: readonly number[];
}

export interface BinnedSample {
  readonly rows: number;
  /** Distinct payers: rows of one payer resemble each other, so these are the independent ones. */
  readonly payers: number;
  readonly columns: readonly BinnedColumn[];
}

export interface Reference {
  readonly features: BinnedSample;
  /** Honest probabilities: of rows that the model was judged on, not fitted on. */
  readonly score: BinnedSample;
}

/** Deciles are the custom; finer bins only add noise. */
const BINS = 10;
/** Rarer codes share a bin. */
const MOST_CODES = 20;
/** A decile is then known to a third of a per cent; sorting more rows takes seconds. */
const MOST_ROWS = 20_000;

/** @param payer one number for each row (n). Rows are taken at equal distances, so that every season counts. */
export function binnedSample(frame: Frame, payer: ArrayLike<number>): BinnedSample {
  const step = Math.max(1, Math.ceil(frame.rows / MOST_ROWS));
  const rows = Math.ceil(frame.rows / step);
  const payers = new Set(Array.from({ length: rows }, (_, i) => payer[i * step]!)).size;
  const columns = frame.columns.map((column, k) => {
    const name = frame.names[k]!;
    const values = Float32Array.from({ length: rows }, (_, i) => column[i * step]!);
    const categorical = frame.categorical.includes(name);
    const edges = categorical ? frequentCodes(values) : quantiles(values);
    const bins = { name, edges, categorical };
    return { ...bins, counts: countBins(bins, values) };
  });
  return { rows, payers, columns };
}

/** @param fraudProbability of rows that the model has not seen (n). */
export function binnedScore(fraudProbability: ArrayLike<number>, payer: ArrayLike<number>): BinnedSample {
  const column = Float32Array.from(fraudProbability);
  return binnedSample(
    { rows: column.length, names: ['fraudProbability'], columns: [column], categorical: [] },
    payer,
  );
}

/** Values of another sample in the bins of a column (edges + 2). */
export function countBins(
  { edges, categorical }: Pick<BinnedColumn, 'edges' | 'categorical'>,
  values: Float32Array,
): number[] {
  const counts = new Array<number>(edges.length + 2).fill(0);
  const codes = new Map(edges.map((code, bin) => [code, bin]));
  for (const value of values) {
    if (Number.isNaN(value)) counts[edges.length + 1]! += 1;
    else if (categorical) counts[codes.get(value) ?? edges.length]! += 1;
    else counts[binOf(edges, value)]! += 1;
  }
  return counts;
}

/** The first bin whose upper end is not below the value. */
function binOf(edges: readonly number[], value: number): number {
  let low = 0;
  for (let high = edges.length; low < high;) {
    const middle = (low + high) >>> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function quantiles(values: Float32Array): number[] {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  if (known.length === 0) return [];
  const largest = known.at(-1)!;
  if (known[0] === largest) return [largest];
  const cuts = Array.from(
    { length: BINS - 1 },
    (_, k) => known[Math.floor(((k + 1) * known.length) / BINS)]!,
  );
  const below = [...new Set(cuts)].filter((cut) => cut < largest);
  return below.length > 0 ? below : [known.findLast((value) => value < largest)!];
}

function frequentCodes(values: Float32Array): number[] {
  const rows = new Map<number, number>();
  for (const code of values) if (!Number.isNaN(code)) rows.set(code, (rows.get(code) ?? 0) + 1);
  const codes = [...rows].sort(([a, n], [b, m]) => m - n || a - b).map(([code]) => code);
  return codes.slice(0, MOST_CODES).sort((a, b) => a - b);
}
