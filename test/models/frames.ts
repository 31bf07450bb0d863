/** Small frames for the learners' tests, drawn from a seed. */
import { seededRandom } from '../../core/random.js';
import type { Frame } from '../../models/contract.js';

export interface Sample {
  readonly frame: Frame;
  readonly y: Uint8Array;
}

/** Two numeric columns (one with gaps), one category and one of noise; the target follows the first three. */
export function mixedSample(rows: number, seed: number): Sample {
  const random = seededRandom(seed);
  const columns = [0, 1, 2, 3].map(() => new Float32Array(rows));
  const y = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const amount = random.normal();
    const gap = random.unit() < 0.2;
    const age = gap ? NaN : random.unit() * 10;
    const category = random.below(12);
    const z = 1.5 * amount + (gap ? 1 : 0) + (category % 3 === 0 ? 1.5 : -0.5) - 0.5;
    [amount, age, category, random.unit()].forEach((value, k) => (columns[k]![row] = value));
    y[row] = random.unit() < 1 / (1 + Math.exp(-z)) ? 1 : 0;
  }
  const frame = { rows, names: ['amount', 'age', 'category', 'noise'], columns, categorical: ['category'] };
  return { frame, y };
}

export function rowOf(frame: Frame, row: number): Float32Array {
  return Float32Array.from(frame.columns, (column) => column[row]!);
}
