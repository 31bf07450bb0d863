/** A table for a terminal: the first row is its head, every column as wide as its widest cell. */
import type { Interval } from '../models/bootstrap.js';

export function textTable(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(...rows.map((row) => row[i]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export function range({ low, high }: Interval, digits = 3): string {
  return `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
}
