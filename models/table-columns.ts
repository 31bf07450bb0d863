/**
 * How each column of an unknown table becomes features: numbers, booleans, dates and categories, told apart by what the
 * values are rather than by the declared type, because text columns often hold numbers with blanks. Columns that only
 * identify a row are left out, with a note.
 */
import type { Duckdb } from '../core/duckdb.js';
import { quoteName } from '../ingest/sql-quote.js';

export interface SourceColumn {
  readonly name: string;
  /** As DuckDB names it. */
  readonly type: string;
}

/** One feature as an SQL expression of type DOUBLE, NULL where missing. */
export interface FeatureColumn {
  readonly name: string;
  readonly sql: string;
  readonly categorical: boolean;
}

/** The features of a column, or the reason why it has none. */
export type ColumnReading =
  { readonly features: readonly FeatureColumn[] } | { readonly features: readonly []; readonly note: string };

const NUMBER_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL.*)$/;
const TEXT_TYPE = /^(VARCHAR|UUID|ENUM.*)$/;
const DATE_TYPE = /^(DATE|TIMESTAMP.*)$/;
const ID_NAME = /(^id$|_id$|[a-z]I[dD]$)/i;

/** Fewer rows than this can be unique by chance. */
const FEW_ROWS = 20;
/** Categories that a learner accepts. */
const MOST_CATEGORIES = 65_535;

/** `splitsTime`: the column divides the rows in time, so its trend must not be learned, only its calendar. */
export async function readColumn(
  db: Duckdb,
  table: string,
  column: SourceColumn,
  splitsTime: boolean,
): Promise<ColumnReading> {
  const { name, type } = column;
  const value = quoteName(name);
  if (type === 'BOOLEAN') return { features: [number(name, value)] };
  if (DATE_TYPE.test(type)) return dates(db, table, name, { value: `${value}::TIMESTAMP`, splitsTime });
  if (NUMBER_TYPE.test(type)) return numbers(db, table, name, { value, splitsTime });
  if (TEXT_TYPE.test(type)) return text(db, table, name, splitsTime);
  return { features: [], note: `${name}: left out, values of type ${type} are no feature` };
}

function number(name: string, value: string): FeatureColumn {
  return { name, sql: `(${value})::DOUBLE`, categorical: false };
}

interface Reading {
  readonly value: string;
  readonly splitsTime: boolean;
}

async function numbers(
  db: Duckdb,
  table: string,
  name: string,
  { value, splitsTime }: Reading,
): Promise<ColumnReading> {
  if (splitsTime) return { features: [], note: `${name}: splits the rows in time and is no feature` };
  const { rows, present, distinct } = await profile(db, table, value);
  if (present === 0) return { features: [], note: `${name}: left out, it is empty` };
  if (rows >= FEW_ROWS && distinct === rows && ID_NAME.test(name)) {
    return {
      features: [],
      note: `${name}: left out, it is a different number in every row and named as an identifier`,
    };
  }
  return { features: [number(name, value)] };
}

async function text(db: Duckdb, table: string, name: string, splitsTime: boolean): Promise<ColumnReading> {
  const value = `nullif(trim(${quoteName(name)}::VARCHAR), '')`;
  const { present, distinct, asNumber, asDate } = await profile(db, table, value);
  if (present === 0) return { features: [], note: `${name}: left out, it is empty` };
  if (asNumber === present)
    return numbers(db, table, name, { value: `TRY_CAST(${value} AS DOUBLE)`, splitsTime });
  if (asDate === present)
    return dates(db, table, name, { value: `TRY_CAST(${value} AS TIMESTAMP)`, splitsTime });
  if (distinct > MOST_CATEGORIES || (present >= FEW_ROWS && distinct > 0.95 * present)) {
    return { features: [], note: `${name}: left out, nearly every row has its own text, as identifiers do` };
  }
  const code = `CASE WHEN ${value} IS NOT NULL THEN dense_rank() OVER (ORDER BY ${value}) - 1 END::DOUBLE`;
  return { features: [{ name, sql: code, categorical: true }] };
}

async function dates(
  db: Duckdb,
  table: string,
  name: string,
  { value, splitsTime }: Reading,
): Promise<ColumnReading> {
  const [counts] = await db.rows<{ present: bigint; with_time: bigint }>(
    `SELECT count(${value}) AS present, count(*) FILTER (date_trunc('day', ${value}) <> ${value}) AS with_time FROM ${table}`,
  );
  if (counts === undefined || counts.present === 0n)
    return { features: [], note: `${name}: left out, it is empty` };
  const days = number(name, `epoch(${value}) / 86400`);
  const calendar = [
    number(`${name} month`, `month(${value})`),
    number(`${name} weekday`, `isodow(${value})`),
    ...(counts.with_time > 0n ? [number(`${name} hour`, `hour(${value})`)] : []),
  ];
  // A month seen only in the test rows would be extrapolated.
  return { features: splitsTime ? calendar.slice(1) : [days, ...calendar] };
}

interface Profile {
  readonly rows: number;
  readonly present: number;
  readonly distinct: number;
  readonly asNumber: number;
  readonly asDate: number;
}

async function profile(db: Duckdb, table: string, value: string): Promise<Profile> {
  const [counts] = await db.rows<Record<keyof Profile, bigint>>(
    `SELECT count(*) AS "rows", count(value) AS present, count(DISTINCT value) AS "distinct",
       count(TRY_CAST(value::VARCHAR AS DOUBLE)) AS "asNumber", count(TRY_CAST(value::VARCHAR AS TIMESTAMP)) AS "asDate"
     FROM (SELECT ${value} AS value FROM ${table})`,
  );
  const of = (name: keyof Profile): number => Number(counts?.[name] ?? 0n);
  return {
    rows: of('rows'),
    present: of('present'),
    distinct: of('distinct'),
    asNumber: of('asNumber'),
    asDate: of('asDate'),
  };
}
