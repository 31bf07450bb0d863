/**
 * Sums of gradient, hessian and rows for each bin of each feature of a leaf, interleaved as (features)(bins)(3): a
 * feature takes as many bins as it has, because most have few.
 * The larger child of a split is its parent minus its sibling, so only the smaller child is ever counted.
 */

/** Gradient, hessian, rows. */
export const CELL = 3;

export interface HistogramRequest {
  /** Binned columns in the order of the histogram (features)(n). */
  readonly columns: readonly Uint8Array[];
  /** Where each column's cells start, and in the end their length (features + 1). */
  readonly offsets: Int32Array;
  /** Row numbers; the leaf's are [start, end). */
  readonly rows: Int32Array;
  readonly start: number;
  readonly end: number;
  /** Of the leaf's rows, in their order (end - start). */
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
}

/** Overwrites `histogram`. Four columns at a time hide the latency of adding to the same bin twice: twice as fast. */
export function countHistogram(histogram: Float64Array, request: HistogramRequest): void {
  const { columns, offsets } = request;
  histogram.fill(0, 0, offsets[columns.length]);
  const fours = columns.length - (columns.length % 4);
  for (let k = 0; k < fours; k += 4) countFour(histogram, k, request);
  for (let k = fours; k < columns.length; k++) countOne(histogram, k, request);
}

/** `larger = parent - smaller`, written over the parent. */
export function subtractHistogram(parent: Float64Array, smaller: Float64Array, length: number): void {
  for (let i = 0; i < length; i++) parent[i]! -= smaller[i]!;
}

function countOne(histogram: Float64Array, k: number, request: HistogramRequest): void {
  const { rows, start, end, gradients, hessians } = request;
  const column = request.columns[k]!;
  const base = request.offsets[k]!;
  for (let i = start, j = 0; i < end; i++, j++) {
    const cell = base + column[rows[i]!]! * CELL;
    histogram[cell]! += gradients[j]!;
    histogram[cell + 1]! += hessians[j]!;
    histogram[cell + 2]! += 1;
  }
}

function countFour(histogram: Float64Array, k: number, request: HistogramRequest): void {
  const { rows, start, end, gradients, hessians } = request;
  const [first, second, third, fourth] = request.columns.slice(k, k + 4) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const [base, base2, base3, base4] = request.offsets.subarray(k, k + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  for (let i = start, j = 0; i < end; i++, j++) {
    const row = rows[i]!;
    const g = gradients[j]!;
    const h = hessians[j]!;
    let cell = base + first[row]! * CELL;
    histogram[cell]! += g;
    histogram[cell + 1]! += h;
    histogram[cell + 2]! += 1;
    cell = base2 + second[row]! * CELL;
    histogram[cell]! += g;
    histogram[cell + 1]! += h;
    histogram[cell + 2]! += 1;
    cell = base3 + third[row]! * CELL;
    histogram[cell]! += g;
    histogram[cell + 1]! += h;
    histogram[cell + 2]! += 1;
    cell = base4 + fourth[row]! * CELL;
    histogram[cell]! += g;
    histogram[cell + 1]! += h;
    histogram[cell + 2]! += 1;
  }
}
