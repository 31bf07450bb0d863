/**
 * Reads any CSV or Parquet file with a binary label into a frame. Nothing is learned from the label here, and nothing from
 * the rows beyond the names of the categories, so a later split is free of leaks.
 */
import { existsSync } from 'node:fs';
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import { quoteName, quoteText } from '../ingest/sql-quote.js';
import type { Frame } from './contract.js';
import { readColumn } from './table-columns.js';
import type { FeatureColumn, SourceColumn } from './table-columns.js';

export interface TableRequest {
  readonly file: string;
  readonly label: string;
  readonly exclude: readonly string[];
  /** Splits the rows in time: those at or after `testFrom` are the test. */
  readonly time?: { readonly column: string; readonly testFrom: string };
}

export interface Table {
  readonly frame: Frame;
  readonly y: Uint8Array;
  /** With `time`: when each row happened, in any unit (n), and whether it is a test row (n). */
  readonly time: { readonly at: Float64Array; readonly isTest: Uint8Array } | null;
  /** The label's value that counts as 1. */
  readonly positive: string;
  /** What was left out and why, one sentence each. */
  readonly notes: readonly string[];
}

const SOURCE = 'source_table';

export async function readTable(db: Duckdb, request: TableRequest): Promise<Table> {
  const columns = await openSource(db, request.file);
  requireColumns(columns, request);
  const label = await readLabel(db, request);
  const notes: string[] = [...label.notes];
  const features: FeatureColumn[] = [];
  for (const column of columns) {
    if (column.name === request.label || request.exclude.includes(column.name)) continue;
    const reading = await readColumn(db, SOURCE, column, column.name === request.time?.column);
    features.push(...reading.features);
    if ('note' in reading) notes.push(reading.note);
  }
  const time = request.time === undefined ? [] : await timeColumns(db, columns, request.time);
  const wanted = [{ name: '', sql: label.sql, categorical: false }, ...time, ...features];
  const [y, ...rest] = await fetchColumns(db, wanted);
  const timeValues = rest.splice(0, time.length);
  const keep = keptRows(y!, timeValues[0]);
  const dropped = y!.length - keep.length;
  if (dropped > 0) notes.push(`${dropped} rows left out: no label${time.length > 0 ? ' or no time' : ''}`);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(keep, (row) => values[row]!);
  const names = features.map(({ name }) => name);
  const categorical = features.filter((feature) => feature.categorical).map(({ name }) => name);
  const frame = {
    rows: keep.length,
    names,
    categorical,
    columns: rest.map((values) => Float32Array.from(pick(values))),
  };
  const [at, isTest] = timeValues.map(pick);
  return {
    frame,
    y: Uint8Array.from(pick(y!)),
    time: at === undefined || isTest === undefined ? null : { at, isTest: Uint8Array.from(isTest) },
    positive: label.positive,
    notes,
  };
}

async function openSource(db: Duckdb, file: string): Promise<SourceColumn[]> {
  if (!existsSync(file)) throw new AppError('not-found', 'no-such-file', `there is no file ${file}`);
  const path = quoteText(file);
  const reader = /\.(parquet|pq)$/i.test(file)
    ? `read_parquet(${path})`
    : `read_csv(${path}, header = true, sample_size = -1, nullstr = ['', 'NA', 'NULL', 'null', 'NaN', 'nan'])`;
  await db
    .run(`CREATE OR REPLACE TEMP TABLE ${SOURCE} AS SELECT * FROM ${reader}`)
    .catch((cause: unknown) => {
      const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
      throw new AppError('bad-input', 'unreadable-table', `cannot read ${file} as a table: ${reason}`, {
        cause,
      });
    });
  const [size] = await db.rows<{ rows: bigint }>(`SELECT count(*) AS "rows" FROM ${SOURCE}`);
  if (size?.rows === 0n) throw new AppError('bad-input', 'no-rows', `${file} has no rows below its header`);
  const columns = await db.rows<{ column_name: string; column_type: string }>(`DESCRIBE ${SOURCE}`);
  return columns.map(({ column_name: name, column_type: type }) => ({ name, type }));
}

function requireColumns(
  columns: readonly SourceColumn[],
  { file, label, exclude, time }: TableRequest,
): void {
  const names = columns.map(({ name }) => name);
  const asked = [label, ...exclude, ...(time === undefined ? [] : [time.column])];
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new AppError(
    'bad-input',
    'unknown-column',
    `${file} has no column "${unknown}"; its columns are ${names.join(', ')}`,
  );
}

const NEGATIVE_WORDS = new Set(['0', '0.0', 'false', 'f', 'no', 'n']);

async function readLabel(
  db: Duckdb,
  { label }: TableRequest,
): Promise<{ sql: string; positive: string; notes: string[] }> {
  const value = `nullif(trim(${quoteName(label)}::VARCHAR), '')`;
  const found = await db.rows<{ value: string }>(
    `SELECT DISTINCT ${value} AS value FROM ${SOURCE} WHERE ${value} IS NOT NULL ORDER BY value LIMIT 4`,
  );
  const values = found.map((row) => row.value);
  const [first, second] = values;
  if (first === undefined || second === undefined || values.length > 2) {
    const seen =
      values.length > 3 ? `${values.slice(0, 3).join(', ')} and more` : values.join(', ') || 'nothing';
    const remedy = 'name a column with two values';
    throw new AppError('bad-input', 'label-not-binary', `the label "${label}" holds ${seen}; ${remedy}`);
  }
  // In the order of the alphabet 0, no and false come first; capitals can turn that around.
  const isPositive = NEGATIVE_WORDS.has(second.toLowerCase());
  const positive = isPositive ? first : second;
  return {
    sql: `CASE ${value} WHEN ${quoteText(positive)} THEN 1 WHEN ${quoteText(isPositive ? second : first)} THEN 0 END::DOUBLE`,
    positive,
    notes: [`${label}: "${positive}" counts as 1`],
  };
}

async function timeColumns(
  db: Duckdb,
  columns: readonly SourceColumn[],
  { column, testFrom }: { column: string; testFrom: string },
): Promise<FeatureColumn[]> {
  const name = quoteName(column);
  const type = columns.find((one) => one.name === column)?.type ?? 'VARCHAR';
  const isNumber = /INT|DOUBLE|FLOAT|DECIMAL/.test(type);
  const border = `TRY_CAST(${quoteText(testFrom)} AS ${isNumber ? 'DOUBLE' : 'TIMESTAMP'})`;
  const [row] = await db.rows<{ known: boolean }>(`SELECT ${border} IS NOT NULL AS known`);
  if (row?.known !== true) {
    const wanted = isNumber ? 'a number' : 'a date such as 2025-04-01';
    throw new AppError(
      'bad-input',
      'bad-test-from',
      `the test cannot start from "${testFrom}": "${column}" needs ${wanted}`,
    );
  }
  const at = isNumber ? `${name}::DOUBLE` : `epoch(TRY_CAST(${name} AS TIMESTAMP))`;
  const start = isNumber ? border : `epoch(${border})`;
  return [
    { name: 'at', sql: `(${at})::DOUBLE`, categorical: false },
    { name: 'is test', sql: `(${at} >= ${start})::DOUBLE`, categorical: false },
  ];
}

/** Every column as doubles, NaN for NULL, in the order of the file. */
async function fetchColumns(db: Duckdb, columns: readonly FeatureColumn[]): Promise<Float64Array[]> {
  const list = columns.map(({ sql }, k) => `coalesce(${sql}, 'nan'::DOUBLE) AS c${k}`).join(', ');
  const result = await db.connection.run(
    `SELECT ${list} FROM (SELECT *, rowid AS source_row FROM ${SOURCE}) ORDER BY source_row`,
  );
  const parts: Float64Array[][] = columns.map(() => []);
  for (
    let chunk = await result.fetchChunk();
    chunk !== null && chunk.rowCount > 0;
    chunk = await result.fetchChunk()
  ) {
    const values = chunk.getColumns();
    values.forEach((column, k) => parts[k]?.push(Float64Array.from(column, Number)));
  }
  return parts.map((chunks) => {
    const all = new Float64Array(chunks.reduce((sum, { length }) => sum + length, 0));
    chunks.reduce((offset, chunk) => (all.set(chunk, offset), offset + chunk.length), 0);
    return all;
  });
}

function keptRows(y: Float64Array, at: Float64Array | undefined): Int32Array {
  return Int32Array.from(y.keys()).filter(
    (row) => y[row] === y[row] && (at === undefined || at[row] === at[row]),
  );
}
