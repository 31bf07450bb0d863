/**
 * Reads a long table (series, time, value and perhaps part) of any CSV or Parquet file into one training and one test part a
 * series. Rows may come in any order; missing values and missing steps are NaN; what was left out is said in the notes.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { suggestion } from '../../ingest/nearest-name.js';
import { openSource } from '../../ingest/source.js';
import { quoteName } from '../../ingest/sql-quote.js';
import type { SeriesDates } from './calendar.js';
import { readTimeAxis } from './time-axis.js';

export interface SeriesRequest {
  readonly file: string;
  /** One SELECT over the view `input`. */
  readonly query?: string | undefined;
  readonly series: string;
  readonly time: string;
  readonly value: string;
  /** Column with `train` and `test`; without it the last steps are the test. */
  readonly part?: string | undefined;
  /** Steps of the test. */
  readonly h: number;
}

export interface SplitSeries {
  readonly id: string;
  /** Null where times are not days, weeks or months. */
  readonly dates: SeriesDates | null;
  /** NaN for gaps (n). */
  readonly train: Float64Array;
  /** NaN for gaps and for steps that the file does not have (h). */
  readonly test: Float64Array;
}

export interface SeriesTable {
  readonly series: readonly SplitSeries[];
  readonly notes: readonly string[];
}

interface Row {
  readonly id: string;
  readonly isTest: boolean;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** Values that are there and are no numbers. */
  readonly unread: bigint;
}

/** Squares of larger values, and of their sums, are no numbers. */
const LARGEST = 1e100;

/** `db` must be fresh. Throws AppError bad-input naming the place and the remedy. */
export async function readSeries(db: Duckdb, request: SeriesRequest): Promise<SeriesTable> {
  const { file, query } = request;
  const { relation, columns, place } = await openSource(db, { file, map: {}, query });
  for (const name of [request.series, request.time, request.value, request.part])
    requireColumn(
      name,
      columns.map((column) => column.name),
      place,
    );
  const type = columns.find(({ name }) => name === request.time)!.type;
  const time = await timeReading(db, relation, request.time, type);
  await refuseParts(db, relation, request, place);
  const rows = await fetchRows(db, relation, request, time.sql);
  if (rows.length === 0)
    throw new AppError('bad-input', 'no-rows', `${place} has no rows with a series and a time`);
  return splitRows(rows, request, time.isDate);
}

function requireColumn(name: string | undefined, known: readonly string[], place: string): void {
  if (name === undefined || known.includes(name)) return;
  const message = `${place} has no column "${name}"${suggestion(name, known)}; its columns are ${known.slice(0, 40).join(', ')}`;
  throw new AppError('bad-input', 'unknown-column', message);
}

async function timeReading(
  db: Duckdb,
  relation: string,
  column: string,
  type: string,
): Promise<{ sql: string; isDate: boolean }> {
  const value = quoteName(column);
  const seconds = `epoch(TRY_CAST(${value} AS TIMESTAMP))::DOUBLE`;
  if (/INT|DOUBLE|FLOAT|DECIMAL/.test(type)) return { sql: `${value}::DOUBLE`, isDate: false };
  if (type !== 'VARCHAR') return { sql: seconds, isDate: true };
  const [seen] = await db.rows<{ numbers: boolean | null; dates: boolean | null; example: string | null }>(
    `SELECT bool_and(TRY_CAST(${value} AS DOUBLE) IS NOT NULL) AS numbers,
            bool_and(TRY_CAST(${value} AS TIMESTAMP) IS NOT NULL) AS dates,
            any_value(${value}) FILTER (TRY_CAST(${value} AS TIMESTAMP) IS NULL AND TRY_CAST(${value} AS DOUBLE) IS NULL) AS example
     FROM ${relation} WHERE ${value} <> ''`,
  );
  if (seen?.numbers === null) return { sql: 'NULL::DOUBLE', isDate: false };
  if (seen?.numbers === true) return { sql: `TRY_CAST(${value} AS DOUBLE)`, isDate: false };
  if (seen?.dates === true) return { sql: seconds, isDate: true };
  throw new AppError(
    'bad-input',
    'bad-time',
    `the time "${column}" holds "${seen?.example ?? ''}"; give numbers or dates such as 2025-04-01`,
  );
}

async function refuseParts(
  db: Duckdb,
  relation: string,
  { part }: SeriesRequest,
  place: string,
): Promise<void> {
  if (part === undefined) return;
  const [odd] = await db.rows<{ value: string }>(
    `SELECT coalesce(${quoteName(part)}::VARCHAR, 'nothing') AS value FROM ${relation}
     WHERE ${quoteName(part)}::VARCHAR NOT IN ('train', 'test') OR ${quoteName(part)} IS NULL LIMIT 1`,
  );
  if (odd === undefined) return;
  const message = `${place}: the part "${part}" holds "${odd.value}"; it must be train or test`;
  throw new AppError('bad-input', 'bad-part', message);
}

/** One row a series and part, ordered in time; the order of series is that of their names. */
function fetchRows(db: Duckdb, relation: string, request: SeriesRequest, time: string): Promise<Row[]> {
  const { series, value, part } = request;
  return db.rows<Row>(
    `WITH points AS (
       SELECT ${quoteName(series)}::VARCHAR AS id, ${time} AS moment, ${quoteName(value)}::VARCHAR AS given,
              CASE WHEN abs(TRY_CAST(given AS DOUBLE)) <= ${LARGEST} THEN TRY_CAST(given AS DOUBLE) END AS value,
              ${part === undefined ? 'false' : `${quoteName(part)} = 'test'`} AS is_test
       FROM ${relation})
     SELECT id, is_test AS "isTest", list(moment ORDER BY moment) AS times,
            list(value ORDER BY moment) AS "values", count(*) FILTER (value IS NULL AND given <> '') AS unread
     FROM points WHERE id IS NOT NULL AND moment IS NOT NULL GROUP BY ALL ORDER BY id, is_test`,
  );
}

function splitRows(rows: readonly Row[], { part, h }: SeriesRequest, isDate: boolean): SeriesTable {
  const parts = new Map<string, { train?: Float64Array; test?: Float64Array; dates?: SeriesDates | null }>();
  let consecutive = 0;
  const unread = rows.reduce((sum, row) => sum + Number(row.unread), 0);
  for (const { id, isTest, times, values } of rows) {
    const axis = readTimeAxis(Float64Array.from(times), isDate, id);
    if (axis.isConsecutive) consecutive++;
    const y = new Float64Array(axis.steps.at(-1)! + 1).fill(NaN);
    for (const [i, value] of values.entries()) y[axis.steps[i]!] = value ?? NaN;
    const found = parts.get(id) ?? {};
    if (part === undefined) parts.set(id, { train: y.slice(0, -h), test: y.slice(-h), dates: axis.dates });
    else if (isTest) parts.set(id, { ...found, test: y });
    else parts.set(id, { ...found, train: y, dates: axis.dates });
  }
  const series: SplitSeries[] = [];
  for (const [id, { train, test, dates = null }] of parts) {
    if (train?.some(Number.isFinite) !== true || test?.some(Number.isFinite) !== true) continue;
    const whole = new Float64Array(h).fill(NaN);
    whole.set(test.subarray(0, h));
    if (whole.some(Number.isFinite)) series.push({ id, dates, train, test: whole });
  }
  const left = parts.size - series.length;
  if (series.length === 0) {
    const message = `no series has a value to learn from and one within ${h} steps to test; shorten --horizon`;
    throw new AppError('bad-input', 'too-short', message);
  }
  return { series, notes: notesOf(series, { left, consecutive, unread }) };
}

function notesOf(
  series: readonly SplitSeries[],
  { left, consecutive, unread }: Record<'left' | 'consecutive' | 'unread', number>,
): string[] {
  const notes: string[] = [];
  const frequencies = new Set(series.flatMap(({ dates }) => (dates === null ? [] : [dates.step])));
  if (frequencies.size > 1)
    notes.push(`series by ${[...frequencies].join(' and by ')} together, with one season and one horizon`);
  if (unread > 0)
    notes.push(`values that are no numbers, or larger than ${LARGEST}, count as gaps: ${unread}`);
  if (left > 0) notes.push(`${left} series left out: no value to learn from or none to test`);
  if (consecutive > 0)
    notes.push(`${consecutive} parts keep no regular step: their rows count as consecutive`);
  return notes;
}
