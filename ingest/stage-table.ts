/** Writes one table of a batch as Parquet, ordered by (known_at, sequence), and measures what it wrote. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duckdb } from '../core/duckdb.js';
import type { StagedTable } from './batch-record.js';
import type { LakeTable } from './facts.js';
import { LAKE_COLUMNS } from './lake-tables.js';
import { quoteName, quoteText } from './sql-quote.js';

export interface TableRows {
  readonly table: LakeTable;
  /** SQL that gives the table's columns by name. */
  readonly select: string;
  /** True when `select` gives the rows in order already; they are sorted otherwise. */
  readonly ordered: boolean;
}

/**
 * Encodings of Parquet 2 (delta for instants, sequences and ids) make files a third smaller and faster to write. A
 * column with more values than a tenth of a row group (122,880 rows) is mostly ids, for which a dictionary does not pay.
 */
const FORMAT = `(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION 'v2', DICTIONARY_SIZE_LIMIT 12288)`;

interface Extent {
  rows: bigint;
  min_known_at: number;
  max_known_at: number;
  min_sequence: bigint;
  max_sequence: bigint;
}

/** Null, and no file, when there are no rows. */
export async function stageTable(
  db: Duckdb,
  dir: string,
  { table, select, ordered }: TableRows,
): Promise<StagedTable | null> {
  await mkdir(join(dir, table), { recursive: true });
  const file = join(dir, table, 'part-0.parquet');
  const columns = Object.keys(LAKE_COLUMNS[table]).map(quoteName).join(', ');
  const order = ordered ? '' : 'ORDER BY known_at, sequence';
  await db.run(`COPY (SELECT ${columns} FROM (${select}) ${order}) TO ${quoteText(file)} ${FORMAT}`);
  const extent = await measure(db, file);
  if (extent.rows === 0) await rm(join(dir, table), { recursive: true });
  return extent.rows === 0 ? null : extent;
}

/** Answered from the file's own statistics. */
async function measure(db: Duckdb, file: string): Promise<StagedTable> {
  const [extent] = await db.rows<Extent>(
    `SELECT count(*) AS rows, min(known_at) AS min_known_at, max(known_at) AS max_known_at,
            min(sequence) AS min_sequence, max(sequence) AS max_sequence
     FROM read_parquet(${quoteText(file)}, hive_partitioning = false)`,
  );
  if (extent === undefined) throw new Error('an aggregate gives one row');
  return {
    rows: Number(extent.rows),
    minKnownAt: extent.min_known_at,
    maxKnownAt: extent.max_known_at,
    minSequence: Number(extent.min_sequence),
    maxSequence: Number(extent.max_sequence),
  };
}
