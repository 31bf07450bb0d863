/**
 * Training rows as a Parquet file, for looking at and for training elsewhere: the payment, its instant, its amount, when it
 * was reported as fraud (null if never) and every feature as the learner sees it (null where there is none).
 */
import { BIGINT, DOUBLE, DuckDBDataChunk, FLOAT } from '@duckdb/node-api';
import { rename } from 'node:fs/promises';
import type { Duckdb } from '../core/duckdb.js';
import { quoteName, quoteText } from '../ingest/sql-quote.js';
import type { TrainingRows } from './training-rows.js';

/** DuckDB's vector size: a chunk cannot hold more. */
const CHUNK_ROWS = 2048;

/** `db` has the view `payments` from which the rows came. The file appears whole or not at all. */
export async function writeFrame(db: Duckdb, rows: TrainingRows, file: string): Promise<void> {
  const { names, columns } = rows.frame;
  const features = names.map((name) => `${quoteName(name)} FLOAT`).join(', ');
  await db.run(
    `CREATE OR REPLACE TEMP TABLE frame (sequence BIGINT, asked_ms DOUBLE, fraud_known_ms DOUBLE, ${features})`,
  );
  const appender = await db.connection.createAppender('frame');
  const types = [BIGINT, DOUBLE, DOUBLE, ...names.map(() => FLOAT)];
  for (let from = 0; from < rows.frame.rows; from += CHUNK_ROWS) {
    const to = Math.min(rows.frame.rows, from + CHUNK_ROWS);
    const chunk = DuckDBDataChunk.create(types, to - from);
    chunk.setColumnValues(0, Array.from(rows.sequence.subarray(from, to), BigInt));
    chunk.setColumnValues(1, known(rows.occurredAt.subarray(from, to)));
    chunk.setColumnValues(2, known(rows.fraudKnownAt.subarray(from, to)));
    columns.forEach((column, j) => chunk.setColumnValues(j + 3, known(column.subarray(from, to))));
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  const instant = (column: string): string => `make_timestamp((${column} * 1000)::BIGINT)`;
  await db.run(`COPY (
    SELECT p.payment_id, ${instant('f.asked_ms')} AS asked_at, ${instant('f.fraud_known_ms')} AS fraud_known_at,
      f.* EXCLUDE (sequence, asked_ms, fraud_known_ms)
    FROM frame f JOIN payments p USING (sequence) ORDER BY f.asked_ms, f.sequence
  ) TO ${quoteText(`${file}.new`)} (FORMAT parquet, COMPRESSION zstd)`);
  await rename(`${file}.new`, file);
}

function known(values: Float32Array | Float64Array): (number | null)[] {
  return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
}
