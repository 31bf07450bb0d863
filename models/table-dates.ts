/**
 * Dates of an unknown table as features: days since the epoch for the trend, and the calendar that people act by. Text is
 * taken for dates when one format reads all of it; where day and month could be either, the day comes first, as in India.
 */
import type { Duckdb } from '../core/duckdb.js';
import { quoteText } from '../ingest/sql-quote.js';
import type { ColumnReading, FeatureColumn } from './table-columns.js';

/** Tried in this order after ISO 8601. */
const DAY_FORMATS = [
  '%d/%m/%Y',
  '%m/%d/%Y',
  '%d-%m-%Y',
  '%m-%d-%Y',
  '%d.%m.%Y',
  '%Y/%m/%d',
  '%d %b %Y',
  '%d-%b-%Y',
];
const TIME_FORMATS = ['', ' %H:%M', ' %H:%M:%S'];
const FORMATS = DAY_FORMATS.flatMap((day) => TIME_FORMATS.map((time) => `${day}${time}`));

/** A time with Z or an offset behind it names an instant. */
const WITH_OFFSET = ':\\d{2}(\\.\\d+)?\\s?(Z|[+-]\\d{2}(:?\\d{2})?)$';

/** For SQL text `value`: the SQL of its naive TIMESTAMP, in India where it has an offset; null when not all are dates. */
export async function textDates(db: Duckdb, table: string, value: string): Promise<string | null> {
  const iso = `TRY_CAST(value AS TIMESTAMP)`;
  const source = `(SELECT ${value} AS value FROM ${table})`;
  const [counts] = await db.rows<Record<'present' | 'iso' | 'zoned' | 'shaped', bigint>>(
    `SELECT count(value) AS present, count(${iso}) AS iso,
       count(*) FILTER (regexp_matches(value, '${WITH_OFFSET}')) AS zoned,
       count(*) FILTER (regexp_matches(value, '^\\d{1,4}[/. -](\\d{1,2}|[A-Za-z]{3})[/. -]\\d{2,4}')) AS shaped
     FROM ${source}`,
  );
  const { present = 0n, iso: isoDates, zoned, shaped } = counts ?? {};
  if (isoDates === present) {
    const isInstant = zoned !== undefined && zoned > 0n;
    return isInstant
      ? `timezone('Asia/Kolkata', TRY_CAST(${value} AS TIMESTAMPTZ))`
      : `TRY_CAST(${value} AS TIMESTAMP)`;
  }
  if (shaped !== present) return null;
  const tried = FORMATS.map((format, k) => `count(try_strptime(value, ${quoteText(format)})) AS f${k}`);
  const [read] = await db.rows<Record<string, bigint>>(`SELECT ${tried.join(', ')} FROM ${source}`);
  const format = FORMATS.find((_, k) => read?.[`f${k}`] === present);
  return format === undefined ? null : `try_strptime(${value}, ${quoteText(format)})`;
}

interface DateReading {
  /** SQL of a naive TIMESTAMP. */
  readonly value: string;
  readonly splitsTime: boolean;
}

/** `splitsTime`: years, months and days of the month seen only in the test rows would be extrapolated, so they stay out. */
export async function dateFeatures(
  db: Duckdb,
  table: string,
  name: string,
  { value, splitsTime }: DateReading,
): Promise<ColumnReading> {
  const [counts] = await db.rows<Record<'present' | 'distinct' | 'years' | 'withTime', bigint>>(
    `SELECT count(value) AS present, count(DISTINCT value) AS "distinct", count(DISTINCT year(value)) AS years,
       count(*) FILTER (date_trunc('day', value) <> value) AS "withTime"
     FROM (SELECT CASE WHEN isfinite(${value}) THEN ${value} END AS value FROM ${table})`,
  );
  const { present = 0n, distinct = 0n, years = 0n, withTime = 0n } = counts ?? {};
  if (present === 0n) return { features: [], note: `${name}: left out, it is empty` };
  if (distinct === 1n && !splitsTime) return { features: [], note: `${name}: left out, it is one date only` };
  const part = (suffix: string, sql: string): FeatureColumn => ({
    name: `${name}${suffix}`,
    sql: `CASE WHEN isfinite(${value}) THEN (${sql})::DOUBLE END`,
    categorical: false,
  });
  const trend = [
    part('', `epoch(${value}) / 86400`),
    ...(years > 1n ? [part(' year', `year(${value})`)] : []),
    part(' month', `month(${value})`),
    part(' day', `day(${value})`),
  ];
  const week = [part(' weekday', `isodow(${value})`)];
  if (withTime > 0n) week.push(part(' hour', `hour(${value}) + minute(${value}) / 60`));
  return { features: splitsTime ? week : [...trend, ...week] };
}
