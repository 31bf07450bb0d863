/**
 * Reads any CSV or Parquet file, or one SELECT over it, into a frame and a label. Nothing is learned from the label here,
 * and nothing from the rows beyond the names of the categories, so a later split is free of leaks.
 */
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import { suggestion } from '../ingest/nearest-name.js';
import { openSource } from '../ingest/source.js';
import { quoteName, quoteText } from '../ingest/sql-quote.js';
import type { TrainingPart } from './auto/training-part.js';
import type { Frame } from './contract.js';
import { presentText, readColumn } from './table-columns.js';
import type { FeatureColumn, SourceColumn } from './table-columns.js';
import { binaryLabel, numberLabel } from './table-label.js';

export interface TableRequest {
  readonly file: string;
  /** One SELECT over the view `input`, whose result is the table; columns of a CSV file are text in it. */
  readonly query?: string | undefined;
  readonly label: string;
  readonly exclude: readonly string[];
  /** Rows with the same value stay on the same side of every split; the column is no feature. */
  readonly group?: string | undefined;
  /** How much a row counts in fitting; the column is no feature. */
  readonly weights?: string | undefined;
  /** Splits the rows in time: those at or after `testFrom` are the test. */
  readonly time?: { readonly column: string; readonly testFrom: string } | undefined;
}

export interface TableRows {
  readonly frame: Frame;
  /** With `time`: when each row happened, in any unit (n), and when the test starts. */
  readonly time: { readonly at: Float64Array; readonly testFrom: number } | null;
  /** A code for each row's group (n). */
  readonly group: Int32Array | null;
  /** (n) */
  readonly weights: Float32Array | null;
  /** What was left out and why, one sentence each. */
  readonly notes: readonly string[];
}

export interface Table extends TableRows {
  /** 0 and 1 (n). */
  readonly y: Uint8Array;
  /** The label's value that counts as 1. */
  readonly positive: string;
}

export interface NumberTable extends TableRows {
  /** Finite (n). */
  readonly y: Float64Array;
}

const SOURCE = 'source_table';

/** A table with a label of two values. `db` must be fresh. Throws AppError bad-input naming the place and the remedy. */
export async function readTable(db: Duckdb, request: TableRequest): Promise<Table> {
  const columns = await openTable(db, request);
  const label = await binaryLabel(db, SOURCE, request.label);
  const { y, rows } = await readRows(db, columns, request, label);
  return { ...rows, y: Uint8Array.from(y), positive: label.positive };
}

/** A table with a label that is a number: rows for regression. */
export async function readNumberTable(db: Duckdb, request: TableRequest): Promise<NumberTable> {
  const columns = await openTable(db, request);
  const { y, rows } = await readRows(db, columns, request, await numberLabel(db, SOURCE, request.label));
  return { ...rows, y };
}

/** The rows as a learner takes them. */
export function trainingRows({
  frame,
  y,
  time,
  group,
  weights,
}: TableRows & { readonly y: Uint8Array }): TrainingPart {
  return { frame, y, ...(time && { at: time.at }), ...(group && { group }), ...(weights && { weights }) };
}

interface OpenTable {
  readonly columns: readonly SourceColumn[];
  readonly notes: readonly string[];
}

async function openTable(db: Duckdb, request: TableRequest): Promise<OpenTable> {
  const { relation, columns, csv, place } = await openSource(db, {
    file: request.file,
    map: {},
    query: request.query,
  });
  requireColumns(columns, request, place);
  await db.run(
    relation === 'queried'
      ? `ALTER TABLE queried RENAME TO ${SOURCE}`
      : `CREATE TEMP TABLE ${SOURCE} AS SELECT * FROM ${relation}`,
  );
  const [size] = await db.rows<{ rows: bigint }>(`SELECT count(*) AS "rows" FROM ${SOURCE}`);
  const malformed = csv === null ? 0 : await malformedRecords(db);
  if (size?.rows !== 0n) {
    const left = `${malformed} lines left out: they have more or fewer fields than the header`;
    return { columns, notes: malformed === 0 ? [] : [left] };
  }
  const why = malformed > 0 ? ' whose fields agree with it' : '';
  throw new AppError(
    'bad-input',
    'no-rows',
    `${place} has no rows below its header${why}; bring a file with rows`,
  );
}

async function malformedRecords(db: Duckdb): Promise<number> {
  const [found] = await db.rows<{ n: bigint }>('SELECT count(DISTINCT line) AS n FROM csv_rejects');
  return Number(found?.n ?? 0);
}

function requireColumns(columns: readonly SourceColumn[], request: TableRequest, place: string): void {
  const { label, exclude, group, weights, time } = request;
  const names = columns.map(({ name }) => name);
  const asked = [label, ...exclude, group, weights, time?.column];
  const unknown = asked.find((name) => name !== undefined && !names.includes(name));
  if (unknown === undefined) return;
  const known = `its columns are ${names.slice(0, MOST_NAMES).join(', ')}${names.length > MOST_NAMES ? ' and more' : ''}`;
  throw new AppError(
    'bad-input',
    'unknown-column',
    `${place} has no column "${unknown}"${suggestion(unknown, names)}; ${known}`,
  );
}

/** A line of more names helps nobody. */
const MOST_NAMES = 40;

interface Label {
  /** NULL where the row has none. */
  readonly sql: string;
  readonly notes: readonly string[];
}

async function readRows(
  db: Duckdb,
  { columns, notes: opening }: OpenTable,
  request: TableRequest,
  label: Label,
): Promise<{ y: Float64Array; rows: TableRows }> {
  const { group, weights, time } = request;
  const notes = [...opening, ...label.notes];
  const features: FeatureColumn[] = [];
  const apart = [request.label, ...request.exclude, group, weights];
  for (const column of columns) {
    if (apart.includes(column.name)) continue;
    const reading = await readColumn(db, SOURCE, column, column.name === time?.column);
    features.push(...reading.features);
    if ('note' in reading) notes.push(reading.note);
  }
  const at = time && (await timeColumn(db, columns, time));
  const special = [
    label.sql,
    at?.sql,
    groupSql(group),
    weights && `TRY_CAST(${quoteName(weights)} AS DOUBLE)`,
  ];
  const wanted = [...special.map((sql) => sql ?? 'NULL::DOUBLE'), ...features.map(({ sql }) => sql)];
  const [y, times, groups, weight, ...rest] = await fetchColumns(db, wanted);
  const keep = Int32Array.from(y!.keys()).filter(
    (row) => y![row] === y![row] && (at === undefined || times![row] === times![row]),
  );
  const dropped = y!.length - keep.length;
  if (dropped > 0) notes.push(`${dropped} rows left out: no label${at === undefined ? '' : ' or no time'}`);
  const pick = (values: Float64Array): Float64Array => pickInto(new Float64Array(keep.length), values, keep);
  const names = features.map(({ name }) => name);
  const categorical = features.filter((feature) => feature.categorical).map(({ name }) => name);
  const rows = {
    frame: {
      rows: keep.length,
      names,
      categorical,
      columns: rest.map((values) => pickInto(new Float32Array(keep.length), values, keep)),
    },
    time: at === undefined ? null : { at: pick(times!), testFrom: at.testFrom },
    group: group === undefined ? null : Int32Array.from(pick(groups!)),
    weights: weights === undefined ? null : soundWeights(pick(weight!), weights),
    notes,
  };
  return { y: pick(y!), rows };
}

/** Loops: `from` with a mapping takes ten times as long, and a table may have hundreds of columns. */
function pickInto<Target extends Float32Array | Float64Array>(
  target: Target,
  values: Float64Array,
  rows: Int32Array,
): Target {
  for (let i = 0; i < rows.length; i++) target[i] = values[rows[i]!]!;
  return target;
}

/** Rows without a value are a group of their own each. */
function groupSql(group: string | undefined): string | undefined {
  if (group === undefined) return undefined;
  const value = quoteName(group);
  return `CASE WHEN ${value} IS NULL THEN -1 - source_row ELSE dense_rank() OVER (ORDER BY ${value}) END::DOUBLE`;
}

function soundWeights(values: Float64Array, column: string): Float32Array {
  const bad = values.findIndex((value) => !(value >= 0 && value < Infinity));
  if (bad < 0) return Float32Array.from(values);
  const found = Number.isNaN(values[bad]) ? 'no number' : String(values[bad]);
  throw new AppError(
    'bad-input',
    'bad-weights',
    `the weights "${column}" hold ${found} in labelled row ${bad + 1}; give every row a finite number of at least 0`,
  );
}

async function timeColumn(
  db: Duckdb,
  columns: readonly SourceColumn[],
  { column, testFrom }: { column: string; testFrom: string },
): Promise<{ sql: string; testFrom: number }> {
  const type = columns.find((one) => one.name === column)?.type ?? 'VARCHAR';
  const isText = type === 'VARCHAR';
  const value = isText ? presentText(column) : quoteName(column);
  const [seen] = await db.rows<{ numbers: boolean }>(
    `SELECT bool_and(${isText ? `TRY_CAST(${value} AS DOUBLE) IS NOT NULL` : 'true'}) AS numbers
     FROM ${SOURCE} WHERE ${value} IS NOT NULL`,
  );
  const isNumber = isText ? seen?.numbers === true : /INT|DOUBLE|FLOAT|DECIMAL/.test(type);
  const reading = (sql: string): string =>
    isNumber ? `TRY_CAST(${sql} AS DOUBLE)` : `epoch(TRY_CAST(${sql} AS TIMESTAMP))::DOUBLE`;
  const [row] = await db.rows<{ border: number | null }>(`SELECT ${reading(quoteText(testFrom))} AS border`);
  const border = row?.border ?? null;
  if (border !== null) return { sql: reading(value), testFrom: border };
  const wanted = isNumber ? 'a number' : 'a date such as 2025-04-01';
  throw new AppError(
    'bad-input',
    'bad-test-from',
    `the test cannot start from "${testFrom}": "${column}" needs ${wanted}`,
  );
}

/** Every expression as doubles, NaN for NULL, in the order of the file. */
async function fetchColumns(db: Duckdb, columns: readonly string[]): Promise<Float64Array[]> {
  const list = columns.map((sql, k) => `coalesce(${sql}, 'nan'::DOUBLE) AS c${k}`).join(', ');
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
    values.forEach((column, k) => {
      const part = new Float64Array(column.length);
      for (let row = 0; row < part.length; row++) part[row] = Number(column[row]);
      parts[k]?.push(part);
    });
  }
  return parts.map((chunks) => {
    const all = new Float64Array(chunks.reduce((sum, { length }) => sum + length, 0));
    chunks.reduce((offset, chunk) => (all.set(chunk, offset), offset + chunk.length), 0);
    return all;
  });
}
