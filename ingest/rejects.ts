/**
 * The rejects file: every refused row as it stood in the source, after five columns that say where it was and why, so
 * that it can be corrected and imported by itself. A malformed record is kept whole, as `reject_value`.
 */
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BIGINT, DuckDBDataChunk } from '@duckdb/node-api';
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import type { Malformed } from './problems.js';
import { BAD_ROWS, locate, MALFORMED_RECORDS, malformedRecords } from './problems.js';
import type { Shaped } from './shape.js';
import { quoteText } from './sql-quote.js';

/** Beyond this the map is wrong rather than the rows, and their places would not fit in memory. */
const MAX_REJECTS = 1_000_000;
const CHUNK_ROWS = 2048;

export async function writeRejects(db: Duckdb, shaped: Shaped, file: string): Promise<void> {
  const malformed = await malformedRecords(db, shaped.source);
  const bad = await db.rows<{ row: bigint }>(
    `SELECT rowid + 1 AS row FROM shaped_rows WHERE problem IS NOT NULL LIMIT ${MAX_REJECTS + 1}`,
  );
  if (bad.length + malformed.length > MAX_REJECTS) {
    const message = `more than ${MAX_REJECTS} rows of ${shaped.source.place} are bad: check the column map`;
    throw new AppError('bad-input', 'too-many-rejects', message);
  }
  const lines = await locate(
    shaped.source,
    malformed,
    bad.map(({ row }) => Number(row)),
  );
  await createPairs(db, 'bad_lines', lines.ofRow);
  await createMalformed(db, malformed, lines.ofRecord);
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.part`;
  await db.run(`COPY (${selectRejects(shaped)}) TO ${quoteText(draft)} (FORMAT csv, HEADER true)`);
  await rename(draft, file);
}

function selectRejects({ source, columns }: Shaped): string {
  const names = Object.entries(columns).flatMap(([field, column]) =>
    column === undefined ? [] : [`WHEN ${quoteText(field)} THEN ${quoteText(column.name)}`],
  );
  return `SELECT line AS reject_line, row AS reject_row, CASE field ${names.join(' ')} END AS reject_column,
      value AS reject_value, reason AS reject_reason, source.* EXCLUDE (source_row)
    FROM (${BAD_ROWS}) bad LEFT JOIN bad_lines ON bad.row = bad_lines.key
      JOIN (SELECT *, row_number() OVER () AS source_row FROM ${source.relation}) source ON bad.row = source.source_row
    UNION ALL BY NAME
    SELECT line AS reject_line, text AS reject_value, 'malformed record' AS reject_reason FROM malformed
    ORDER BY reject_line, reject_row`;
}

async function createPairs(db: Duckdb, table: string, pairs: ReadonlyMap<number, number>): Promise<void> {
  await db.run(`CREATE TEMP TABLE ${table} (key BIGINT, line BIGINT)`);
  const appender = await db.connection.createAppender(table);
  const all = [...pairs];
  for (let from = 0; from < all.length; from += CHUNK_ROWS) {
    const part = all.slice(from, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create([BIGINT, BIGINT]);
    chunk.setColumns([part.map(([key]) => BigInt(key)), part.map(([, line]) => BigInt(line))]);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

async function createMalformed(
  db: Duckdb,
  malformed: readonly Malformed[],
  lines: ReadonlyMap<number, number>,
): Promise<void> {
  await createPairs(db, 'malformed_lines', lines);
  const texts =
    malformed.length === 0
      ? `SELECT NULL::BIGINT AS record, NULL::VARCHAR AS text WHERE false`
      : MALFORMED_RECORDS;
  await db.run(
    `CREATE TEMP TABLE malformed AS SELECT line, text FROM (${texts}) JOIN malformed_lines ON record = key`,
  );
}
