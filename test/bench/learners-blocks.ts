/**
 * Frames on disk for the contenders, who are programs of their own: raw Float32 rows in one file, one byte a label in
 * another. Row-major, so that a reader takes as many of the first rows as it wants; every language reads it in a line.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import type { Frame } from '../../models/contract.js';

/** The first `rows` rows of the files. */
export interface Block {
  readonly x: string;
  readonly y: string;
  readonly rows: number;
}

export interface Sample {
  readonly frame: Frame;
  readonly y: Uint8Array;
}

/** Rows that are turned at once: the buffer stays in the cache and out of the peak memory. */
const TURNED_ROWS = 1024;

/** Writes `<stem>.x` and `<stem>.y`. */
export function writeBlock({ frame, y }: Sample, stem: string): Block {
  const block = { x: `${stem}.x`, y: `${stem}.y`, rows: frame.rows };
  const d = frame.columns.length;
  const turned = new Float32Array(TURNED_ROWS * d);
  const file = openSync(block.x, 'w');
  for (let start = 0; start < frame.rows; start += TURNED_ROWS) {
    const rows = Math.min(TURNED_ROWS, frame.rows - start);
    frame.columns.forEach((column, k) => {
      for (let i = 0; i < rows; i++) turned[i * d + k] = column[start + i]!;
    });
    writeSync(file, turned, 0, rows * d * 4);
  }
  closeSync(file);
  const labels = openSync(block.y, 'w');
  writeSync(labels, y);
  closeSync(labels);
  return block;
}

export function readBlock({ x, y, rows }: Block, d: number): Sample {
  const columns = Array.from({ length: d }, () => new Float32Array(rows));
  const turned = new Float32Array(TURNED_ROWS * d);
  const file = openSync(x, 'r');
  for (let start = 0; start < rows; start += TURNED_ROWS) {
    const count = Math.min(TURNED_ROWS, rows - start);
    readSync(file, turned, 0, count * d * 4, null);
    columns.forEach((column, k) => {
      for (let i = 0; i < count; i++) column[start + i] = turned[i * d + k]!;
    });
  }
  closeSync(file);
  const labels = new Uint8Array(rows);
  const labelFile = openSync(y, 'r');
  readSync(labelFile, labels);
  closeSync(labelFile);
  // Codes of categories stay numbers: the peers have no other way to take this matrix.
  const names = columns.map((_, k) => `feature ${k}`);
  return { frame: { rows, names, columns, categorical: [] }, y: labels };
}

/** The frame's rows [from, to), without a copy. */
export function slice({ frame, y }: Sample, from: number, to: number): Sample {
  const columns = frame.columns.map((column) => column.subarray(from, to));
  return { frame: { ...frame, rows: to - from, columns }, y: y.subarray(from, to) };
}
