/**
 * Reads a file of purchases (CSV, Parquet, or one SELECT over it) as repeat buyers, split in time: what was bought until a
 * day fits the models, what came after judges them. Purchases of one customer on one day are one purchase, as in the published
 * studies; customers who first bought later are not known yet and left out. A table that is already summed up is read as it is.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { suggestion } from '../../ingest/nearest-name.js';
import { openSource } from '../../ingest/source.js';
import type { Source } from '../../ingest/source.js';
import { quoteName, quoteText } from '../../ingest/sql-quote.js';
import type { RepeatBuyers } from './repeat-buyers.js';

export interface PurchasesRequest {
  readonly file: string;
  /** One SELECT over the view `input`. */
  readonly query?: string | undefined;
  readonly customer: string;
  readonly time: string;
  readonly value: string;
  /** Last day that fits, as YYYY-MM-DD; the middle of the span when it is not given. */
  readonly fitTo?: string | undefined;
  /** Days in a unit of the models' time. */
  readonly unitDays: number;
}

export interface SummaryRequest {
  readonly file: string;
  readonly query?: string | undefined;
  /** Columns of x, t_x and T. */
  readonly repeats: string;
  readonly lastAt: string;
  readonly observed: string;
  /** Column of the mean spend at a repeat purchase. */
  readonly value?: string | undefined;
}

/** Rows are customers (n). Money is in the file's unit. */
export interface SpendingBuyers extends RepeatBuyers {
  /** Mean spend at a repeat purchase; 0 without one. */
  readonly meanSpend: Float64Array | null;
}

export interface PurchaseHistory {
  readonly buyers: SpendingBuyers & { readonly meanSpend: Float64Array };
  /** What each customer did after the fit's last day. */
  readonly later: {
    readonly purchases: Float64Array;
    readonly spend: Float64Array;
    /** In the models' unit of time. */
    readonly horizon: number;
  };
  readonly fitTo: string;
  readonly lastDay: string;
  readonly notes: readonly string[];
}

/** @throws AppError bad-input naming the column or row and the remedy. */
export async function readPurchases(db: Duckdb, request: PurchasesRequest): Promise<PurchaseHistory> {
  const source = await openColumns(db, request, [request.customer, request.time, request.value]);
  await db.run(
    `CREATE TEMP TABLE read_rows AS SELECT row_number() OVER () AS line, ${quoteName(request.customer)}::VARCHAR AS customer,
       ${quoteName(request.time)}::VARCHAR AS day_text, TRY_CAST(${quoteName(request.time)} AS TIMESTAMP)::DATE AS day,
       ${quoteName(request.value)}::VARCHAR AS value_text, TRY_CAST(${quoteName(request.value)} AS DOUBLE) AS value
     FROM ${source.relation}`,
  );
  await refuseUnreadable(db, source, request);
  await db.run(
    `CREATE TEMP TABLE purchases AS SELECT customer, day, sum(value) AS spend FROM read_rows
     WHERE value >= 0 AND customer IS NOT NULL GROUP BY customer, day`,
  );
  const [left] = await db.rows<{ n: number }>(
    'SELECT count(*)::INTEGER AS n FROM read_rows WHERE NOT (value >= 0) OR customer IS NULL',
  );
  const span = await spanOf(db, source, request.fitTo);
  const n = left?.n ?? 0;
  return {
    ...(await splitHistory(db, span, request.unitDays)),
    ...span,
    notes: n === 0 ? [] : [`${n} rows left out: no customer, or money given back`],
  };
}

/** @throws AppError bad-input when a row is no possible summary. */
export async function readSummary(db: Duckdb, request: SummaryRequest): Promise<SpendingBuyers> {
  const { repeats, lastAt, observed, value } = request;
  const names = [repeats, lastAt, observed, ...(value === undefined ? [] : [value])];
  const source = await openColumns(db, request, names);
  const columns = names.map((name, k) => `TRY_CAST(${quoteName(name)} AS DOUBLE) AS c${k}`).join(', ');
  const rows = await db.rows<Record<string, number | null>>(`SELECT ${columns} FROM ${source.relation}`);
  const column = (k: number): Float64Array => Float64Array.from(rows, (row) => row[`c${k}`] ?? NaN);
  const buyers = { repeats: column(0), lastAt: column(1), observed: column(2) };
  const bad = rows.findIndex(
    (_, i) => !isPossible(buyers.repeats[i]!, buyers.lastAt[i]!, buyers.observed[i]!),
  );
  if (rows.length === 0) throw noRows(source);
  if (bad < 0)
    return { ...buyers, meanSpend: value === undefined ? null : column(3).map((spend) => spend || 0) };
  throw new AppError(
    'bad-input',
    'impossible-summary',
    `row ${bad + 1} of ${source.place} is no summary of a customer: ${repeats} must be a whole number and 0 <= ${lastAt} <= ${observed}, with ${lastAt} 0 where there are no repeats`,
  );
}

function isPossible(repeats: number, lastAt: number, observed: number): boolean {
  const inOrder = lastAt >= 0 && lastAt <= observed && observed < Infinity;
  return Number.isInteger(repeats) && repeats >= 0 && inOrder && (repeats > 0 || lastAt === 0);
}

async function openColumns(
  db: Duckdb,
  { file, query }: { readonly file: string; readonly query?: string | undefined },
  wanted: readonly string[],
): Promise<Source> {
  const source = await openSource(db, { file, map: {}, query });
  const names = source.columns.map(({ name }) => name);
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown === undefined) return source;
  throw new AppError(
    'bad-input',
    'unknown-column',
    `${source.place} has no column "${unknown}"${suggestion(unknown, names)}; its columns are ${names.join(', ')}`,
  );
}

async function refuseUnreadable(db: Duckdb, source: Source, request: PurchasesRequest): Promise<void> {
  const [bad] = await db.rows<{
    line: bigint;
    day_text: string | null;
    day: number | null;
    value_text: string | null;
  }>(
    `SELECT line, day_text, day, value_text FROM read_rows WHERE day IS NULL OR value IS NULL OR isnan(value) ORDER BY line LIMIT 1`,
  );
  if (bad === undefined) return;
  const [column, text, wanted] =
    bad.day === null
      ? [request.time, bad.day_text, 'a date such as 2026-04-01']
      : [request.value, bad.value_text, 'a number'];
  throw new AppError(
    'bad-input',
    'unreadable-purchase',
    `row ${bad.line} of ${source.place}: "${column}" holds ${text === null ? 'nothing' : `"${text}"`}, needs ${wanted}; mend the row or leave it out with --query`,
  );
}

interface Span {
  readonly fitTo: string;
  readonly lastDay: string;
}

async function spanOf(db: Duckdb, source: Source, fitTo: string | undefined): Promise<Span> {
  const [span] = await db.rows<{ first: string | null; last: string; middle: string }>(
    `SELECT min(day)::VARCHAR AS first, max(day)::VARCHAR AS last,
       (min(day) + ((max(day) - min(day)) // 2)::INTEGER)::VARCHAR AS middle FROM purchases`,
  );
  if (span === undefined || span.first === null) throw noRows(source);
  const until = fitTo ?? span.middle;
  if (until >= span.first && until < span.last) return { fitTo: until, lastDay: span.last };
  throw new AppError(
    'bad-input',
    'fit-outside-history',
    `purchases run from ${span.first} to ${span.last}: the fit must end inside, before the last day; not on ${until}`,
  );
}

function noRows(source: Source): AppError {
  return new AppError('bad-input', 'no-rows', `${source.place} has no purchases: bring a file with some`);
}

async function splitHistory(
  db: Duckdb,
  { fitTo, lastDay }: Span,
  unitDays: number,
): Promise<Pick<PurchaseHistory, 'buyers' | 'later'>> {
  const rows = await db.rows<{
    repeats: number;
    last: number;
    observed: number;
    spend: number;
    later: number;
    laterSpend: number;
  }>(
    `WITH known AS (SELECT customer, min(day) AS first FROM purchases GROUP BY customer HAVING first <= ${quoteText(fitTo)}::DATE)
     SELECT (count(*) FILTER (WHERE fits) - 1)::INTEGER AS repeats,
       (max(day) FILTER (WHERE fits) - first)::INTEGER AS last,
       (${quoteText(fitTo)}::DATE - first)::INTEGER AS observed,
       coalesce(avg(spend) FILTER (WHERE fits AND day > first), 0) AS spend,
       (count(*) FILTER (WHERE NOT fits))::INTEGER AS later,
       coalesce(sum(spend) FILTER (WHERE NOT fits), 0) AS "laterSpend"
     FROM (SELECT *, day <= ${quoteText(fitTo)}::DATE AS fits FROM purchases) JOIN known USING (customer)
     GROUP BY customer, first ORDER BY customer`,
  );
  const [horizon] = await db.rows<{ days: number }>(
    `SELECT (${quoteText(lastDay)}::DATE - ${quoteText(fitTo)}::DATE)::INTEGER AS days`,
  );
  const column = (pick: (row: (typeof rows)[number]) => number): Float64Array =>
    Float64Array.from(rows, pick);
  return {
    buyers: {
      repeats: column(({ repeats }) => repeats),
      lastAt: column(({ last }) => last / unitDays),
      observed: column(({ observed }) => observed / unitDays),
      meanSpend: column(({ spend }) => spend),
    },
    later: {
      purchases: column(({ later }) => later),
      spend: column(({ laterSpend }) => laterSpend),
      horizon: (horizon?.days ?? 0) / unitDays,
    },
  };
}
