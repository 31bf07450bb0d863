/**
 * How each column of an unknown table becomes features: numbers, booleans, dates and categories, told apart by what the
 * values are rather than by the declared type, because text columns often hold numbers with blanks. Columns that only
 * identify a row, or hold one value, are left out with a note. Instants with an offset are read in India's calendar, and
 * naive ones as they stand.
 */
import type { Duckdb } from '../core/duckdb.js';
import { quoteName } from '../ingest/sql-quote.js';
import { dateFeatures, textDates } from './table-dates.js';

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

/** The features of a column, and what to say about it: always when it has none. */
export type ColumnReading =
  | { readonly features: readonly FeatureColumn[] }
  | { readonly features: readonly FeatureColumn[]; readonly note: string };

const NUMBER_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL.*)$/;
const TEXT_TYPE = /^(VARCHAR|UUID|ENUM.*)$/;
const DATE_TYPE = /^(DATE|TIMESTAMP.*)$/;
const ZONED_TYPE = 'TIMESTAMP WITH TIME ZONE';
const ID_NAME = /(^id$|_id$|[a-z]I[dD]$)/i;

/** Fewer rows than this can be unique by chance. */
const FEW_ROWS = 20;
/** Categories that a learner accepts; all rarer ones share the last code. */
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
  if (type === ZONED_TYPE)
    return dateFeatures(db, table, name, { value: `timezone('Asia/Kolkata', ${value})`, splitsTime });
  if (DATE_TYPE.test(type))
    return dateFeatures(db, table, name, { value: `${value}::TIMESTAMP`, splitsTime });
  if (NUMBER_TYPE.test(type) || type === 'BOOLEAN')
    return numbers(db, table, name, { value: `${value}::DOUBLE`, splitsTime });
  if (TEXT_TYPE.test(type)) return text(db, table, name, splitsTime);
  return { features: [], note: `${name}: left out, values of type ${type} are no feature` };
}

/** The column's text, NULL where it is blank or a word for nothing. */
export function presentText(column: string): string {
  const trimmed = `trim(${quoteName(column)}::VARCHAR)`;
  return `CASE WHEN lower(${trimmed}) NOT IN ('', 'na', 'n/a', 'nan', 'null', '\\N') THEN ${trimmed} END`;
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
  const [counts] = await db.rows<Record<'rows' | 'present' | 'distinct', bigint>>(
    `SELECT count(*) AS "rows", count(value) AS present, count(DISTINCT value) AS "distinct"
     FROM (SELECT CASE WHEN NOT isnan(${value}) THEN ${value} END AS value FROM ${table})`,
  );
  const { rows = 0n, present = 0n, distinct = 0n } = counts ?? {};
  const useless = uselessNote(name, rows, present, distinct);
  if (useless !== null) return { features: [], note: useless };
  if (rows >= FEW_ROWS && distinct === rows && ID_NAME.test(name)) {
    return {
      features: [],
      note: `${name}: left out, it is a different number in every row and named as an identifier`,
    };
  }
  return { features: [{ name, sql: value, categorical: false }] };
}

function uselessNote(name: string, rows: bigint, present: bigint, distinct: bigint): string | null {
  if (present === 0n) return `${name}: left out, it is empty`;
  return distinct === 1n && present === rows && rows > 1n ? `${name}: left out, it has one value only` : null;
}

/** What text may be when all of it is; the first that fits wins. */
const NUMBER = (value: string): string => `TRY_CAST(${value} AS DOUBLE)`;
/** Grouped as in 12,34,567.50 or 1,234,567.50, with a currency sign before or a per cent sign behind. */
const MONEY_PATTERN = '^[₹$€£]?\\s?-?\\d{1,3}(,\\d{2,3})*(\\.\\d+)?\\s?%?$';
const MONEY = (value: string): string =>
  `CASE WHEN regexp_full_match(${value}, '${MONEY_PATTERN}') THEN TRY_CAST(regexp_replace(${value}, '[^0-9.-]', '', 'g') AS DOUBLE) END`;
const FLAG = (value: string): string =>
  `CASE lower(${value}) WHEN 'true' THEN 1 WHEN 'yes' THEN 1 WHEN 'false' THEN 0 WHEN 'no' THEN 0 END::DOUBLE`;

async function text(db: Duckdb, table: string, name: string, splitsTime: boolean): Promise<ColumnReading> {
  const value = presentText(name);
  const [counts] = await db.rows<
    Record<'rows' | 'present' | 'distinct' | 'number' | 'money' | 'flag', bigint>
  >(
    `SELECT count(*) AS "rows", count(value) AS present, count(DISTINCT value) AS "distinct", count(${NUMBER('value')}) AS number,
       count(${MONEY('value')}) AS money, count(${FLAG('value')}) AS flag
     FROM (SELECT ${value} AS value FROM ${table})`,
  );
  const { rows = 0n, present = 0n, distinct = 0n, number, money, flag } = counts ?? {};
  if (present > 0n && number === present)
    return numbers(db, table, name, { value: NUMBER(value), splitsTime });
  const date = present > 0n ? await textDates(db, table, value) : null;
  if (date !== null) return dateFeatures(db, table, name, { value: date, splitsTime });
  const useless = uselessNote(name, rows, present, distinct);
  if (useless !== null) return { features: [], note: useless };
  if (money === present) return numbers(db, table, name, { value: MONEY(value), splitsTime });
  if (flag === present) return { features: [{ name, sql: FLAG(value), categorical: false }] };
  if (present >= FEW_ROWS && Number(distinct) > 0.95 * Number(present)) {
    return { features: [], note: `${name}: left out, nearly every row has its own text, as identifiers do` };
  }
  return categories(table, name, value, Number(distinct));
}

/** Codes in the order of the text, or where they are too many, of how frequent it is. */
function categories(table: string, name: string, value: string, distinct: number): ColumnReading {
  const coded = (code: string): readonly FeatureColumn[] => [
    { name, sql: `CASE WHEN ${value} IS NOT NULL THEN ${code} END::DOUBLE`, categorical: true },
  ];
  if (distinct <= MOST_CATEGORIES) return { features: coded(`dense_rank() OVER (ORDER BY ${value}) - 1`) };
  const ranked = `SELECT v, row_number() OVER (ORDER BY count(*) DESC, v) - 1 AS code
    FROM (SELECT ${value} AS v FROM ${table}) WHERE v IS NOT NULL GROUP BY v`;
  return {
    features: coded(`least((SELECT code FROM (${ranked}) AS ranked WHERE v = ${value}), ${MOST_CATEGORIES})`),
    note: `${name}: ${distinct} different texts, the rarest of them share one category`,
  };
}
