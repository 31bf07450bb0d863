/**
 * Predicts a column-major frame by turning blocks of it row-major, so that one row kernel serves both the batch and the
 * single request. Columns are matched by name: a frame may hold more columns, or the same in another order.
 */
import { AppError } from '../core/errors.js';
import type { Frame } from './contract.js';

const BLOCK_ROWS = 1024;

export interface RowKernel {
  /** P(y = 1) for the row at values[offset ...]. */
  (values: Float32Array, offset: number): number;
}

export function predictFrame(frame: Frame, featureNames: readonly string[], kernel: RowKernel): Float64Array {
  const columns = columnsByName(frame, featureNames);
  const d = columns.length;
  const block = new Float32Array(BLOCK_ROWS * d);
  const predictions = new Float64Array(frame.rows);
  for (let start = 0; start < frame.rows; start += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, frame.rows - start);
    columns.forEach((column, k) => {
      for (let i = 0; i < rows; i++) block[i * d + k] = column[start + i]!;
    });
    for (let i = 0; i < rows; i++) predictions[start + i] = kernel(block, i * d);
  }
  return predictions;
}

/** The frame's columns in the order of the names. Throws `missing-feature`. */
export function columnsByName(frame: Frame, featureNames: readonly string[]): Float32Array[] {
  return featureNames.map((name, k) => {
    const position = frame.names[k] === name ? k : frame.names.indexOf(name);
    const column = frame.columns[position];
    if (column !== undefined) return column;
    throw new AppError(
      'bad-input',
      'missing-feature',
      `the model needs the feature "${name}", which the table has not`,
    );
  });
}
