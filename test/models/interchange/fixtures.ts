/** The model files of real libraries beside this file, and what those libraries predicted with them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../../core/package-root.js';

export const NAMES = ['amount', 'age', 'hour', 'ratio', 'country', 'method'];

export interface Expected {
  /** Rows in the order of NAMES, NaN where a value is missing. */
  readonly rows: readonly Float32Array[];
  readonly predictions: readonly number[];
  /** The library's own TreeSHAP, the bias last. */
  readonly contributions: readonly (readonly number[])[];
  /** With the trees after the best iteration. */
  readonly allTrees?: readonly number[];
}

export function fixture(name: string): string {
  return path.join(packageRoot(), 'test', 'models', 'interchange', 'fixtures', name);
}

export function expectedOf(name: string): Expected {
  const parsed = JSON.parse(readFileSync(fixture(`${name}.expected.json`), 'utf8')) as Omit<
    Expected,
    'rows'
  > & {
    readonly rows: readonly (readonly (number | null)[])[];
  };
  return { ...parsed, rows: parsed.rows.map((row) => Float32Array.from(row, (value) => value ?? NaN)) };
}

/** The largest distance between numbers of the same position. */
export function farthest(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}
