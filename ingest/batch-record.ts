/**
 * The commit record of a batch: `_batches/<ordinal>-<name>.json`. A batch is in the lake exactly when its record is.
 * Records are never changed; their ordinals give every batch its own range of sequences.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../core/errors.js';
import type { LakeTable } from './facts.js';

/** What was staged for one table: how much, and its extent in time and order (UTC epoch milliseconds). */
export interface StagedTable {
  readonly rows: number;
  readonly minKnownAt: number;
  readonly maxKnownAt: number;
  readonly minSequence: number;
  readonly maxSequence: number;
}

export type Staged = Partial<Record<LakeTable, StagedTable>>;

export interface BatchTable extends StagedTable {
  /** Relative to the lake's root, with forward slashes. */
  readonly files: readonly string[];
}

export interface Batch {
  readonly version: 1;
  readonly ordinal: number;
  readonly name: string;
  /** Where the rows came from, for people. */
  readonly source: string;
  /** The same hash is never committed twice. */
  readonly contentHash: string;
  readonly committedAt: number | null;
  readonly tables: Partial<Record<LakeTable, BatchTable>>;
}

export function recordFile(batch: Batch): string {
  return `${String(batch.ordinal).padStart(8, '0')}-${batch.name}.json`;
}

/** All committed batches by ordinal. */
export async function readBatches(folder: string): Promise<Batch[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  return Promise.all(files.map((file) => readRecord(join(folder, file))));
}

async function readRecord(path: string): Promise<Batch> {
  const record = JSON.parse(await readFile(path, 'utf8')) as Batch;
  if (record.version === 1) return record;
  const message = `${path} was written by another version of this program: use that version, or a copy of the lake from before it`;
  throw new AppError('internal', 'lake-record-version', message);
}
