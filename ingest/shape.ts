/**
 * A merchant's file as canonical rows: the temporary view `shaped` has one row for each good row of the source, in its
 * order, with the lake's columns of payments and `row_number, refund_id, refund_of, fraud, fraud_known_at`.
 * Rows of kind `refund` are refunds, all others payments. What is wrong with the other rows stays in `shaped_rows`, for
 * `validate.ts`. Values are stored as cheaply as they come and take their canonical types when the view is read.
 */
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import { currencyExponent } from '../core/money.js';
import type { Field } from './column-map.js';
import { firstProblem } from './checks.js';
import * as convert from './convert.js';
import type { Source, SourceRequest } from './source.js';
import { openSource, unreadable } from './source.js';
import type { MappedColumns, SourceColumn } from './source-columns.js';
import { mapColumns, snakeCase } from './source-columns.js';
import { quoteName, quoteText } from './sql-quote.js';
import { DEFAULT_TIME_ZONE, toUtcMs } from './time-zone.js';

export interface Shaped {
  readonly file: string;
  readonly source: Source;
  readonly columns: MappedColumns['columns'];
  /** Rows read from the source, good and bad; malformed CSV records come on top. */
  readonly rows: number;
  readonly currency: string;
  /** Canonical columns of text that have one value throughout; null where the source says nothing. */
  readonly constants: Readonly<Record<string, string | null>>;
}

const DEFAULT_CURRENCY = 'INR';
/** Half of the Handbook's fraud is known within a week of the payment; chargebacks take longer, so say so in the map. */
const DEFAULT_LABEL_DELAY_DAYS = 7;
const DAY_MS = 86_400_000;

/** Makes `shaped` in `db`, which must be fresh. Throws AppError bad-input when the file as a whole cannot be read. */
export async function shapeFile(db: Duckdb, request: SourceRequest): Promise<Shaped> {
  const { file, map, query } = request;
  const source = await openSource(db, request);
  const { columns, amountUnit } = mapColumns(map, source.columns, {
    queried: query !== undefined,
    place: source.place,
  });
  const currency = await oneCurrency(db, source, columns.currency, map.currency);
  const exponent = amountUnit === 'minor' ? 0 : currencyExponent(currency);
  const time = { format: map.timeFormat, toUtcMs: await toUtcMs(db, map.timeZone ?? DEFAULT_TIME_ZONE) };
  await refuseBadFormat(db, map.timeFormat);
  const stored = storedColumns({
    columns,
    exponent,
    time,
    methods: map.methods ?? {},
    statuses: map.statuses ?? {},
  });
  await db.run(createRows(source, columns, stored, exponent)).catch(unreadable(file));
  const labelDelayMs = Math.round((map.labelDelayDays ?? DEFAULT_LABEL_DELAY_DAYS) * DAY_MS);
  await db.run(createView(stored, currency, labelDelayMs));
  const [counted] = await db.rows<{ n: bigint }>('SELECT count(*) AS n FROM shaped_rows');
  return {
    file,
    source,
    columns,
    rows: Number(counted?.n ?? 0),
    currency,
    constants: constantsOf(stored, currency),
  };
}

/** Sums over several currencies mean nothing, so a file has one. */
async function oneCurrency(
  db: Duckdb,
  { relation, place }: Source,
  column: SourceColumn | undefined,
  mapped: string | { const: string } | undefined,
): Promise<string> {
  if (column === undefined) return typeof mapped === 'object' ? mapped.const : DEFAULT_CURRENCY;
  const found = await db
    .rows<{ currency: string; row: bigint }>(
      `SELECT upper(trim(c::VARCHAR)) AS currency, min(n) AS row
       FROM (SELECT ${quoteName(column.name)} AS c, row_number() OVER () AS n FROM ${relation})
       WHERE nullif(trim(c::VARCHAR), '') IS NOT NULL GROUP BY 1 ORDER BY 2 LIMIT 2`,
    )
    .catch(unreadable(place));
  const [first, second] = found;
  const where = (row: bigint | undefined) => `${place}, row ${row ?? '?'}, column "${column.name}"`;
  if (second !== undefined && first !== undefined) {
    const message = `${where(second.row)}: "${second.currency}" after "${first.currency}" in row ${first.row}: a file has one currency, split it (for instance with --query)`;
    throw new AppError('bad-input', 'mixed-currencies', message);
  }
  if (first !== undefined && !/^[A-Z]{3}$/.test(first.currency)) {
    throw new AppError(
      'bad-input',
      'currency-unknown',
      `${where(first.row)}: "${first.currency}" is no currency: use a code such as INR`,
    );
  }
  return first?.currency ?? DEFAULT_CURRENCY;
}

async function refuseBadFormat(db: Duckdb, format: string | undefined): Promise<void> {
  if (format === undefined || format.startsWith('epoch-')) return;
  await db.rows(`SELECT try_strptime('', ${quoteText(format)})`).catch((cause: unknown) => {
    const message = `the map's "timeFormat" is "${format}", which is no strptime format: write for instance "%d/%m/%Y %H:%M:%S"`;
    throw new AppError('bad-input', 'map-invalid', message, { cause });
  });
}

/** SQL over the raw columns by canonical column, for those that the source has. */
type StoredColumns = ReadonlyMap<string, string>;

interface Reading {
  readonly columns: MappedColumns['columns'];
  readonly exponent: number;
  readonly time: convert.TimeReading;
  readonly methods: Readonly<Record<string, string>>;
  readonly statuses: Readonly<Record<string, string>>;
}

function storedColumns({ columns, exponent, time, methods, statuses }: Reading): StoredColumns {
  const stored = new Map<string, string>();
  const add = (
    fields: readonly Field[],
    expression: (value: string, column: SourceColumn) => string,
  ): void => {
    for (const field of fields) {
      const column = columns[field];
      if (column !== undefined) stored.set(snakeCase(field), expression(`raw_${field}`, column));
    }
  };
  const kind = convert.valueKind;
  add(
    ['paymentId', 'retryOf', 'payerId', 'counterpartyId', 'instrumentId', 'deviceId', 'refundId', 'refundOf'],
    (value, column) => convert.id(value, kind(column)),
  );
  add(['ip', 'category', 'failureReason'], (value, column) => convert.text(value, kind(column)));
  add(['country'], (value, column) => convert.country(convert.text(value, kind(column))));
  add(['kind'], (value) => `coalesce(lower(${value}::VARCHAR), 'payment')`);
  add(['method'], (value, column) => convert.method(convert.text(value, kind(column)), methods));
  add(['status'], (value, column) => convert.status(convert.text(value, kind(column)), statuses));
  add(['latitude', 'longitude'], convert.number);
  add(['fraud'], (value, column) => convert.flag(value, kind(column)));
  add(['occurredAt', 'knownAt', 'fraudKnownAt'], (value, column) => convert.instant(column, value, time));
  add(['amount'], (value, column) => convert.minorUnits(value, kind(column), exponent));
  const amount = stored.get('amount');
  stored.delete('amount');
  if (amount !== undefined) stored.set('amount_paise', amount);
  return stored;
}

function createRows(
  { relation }: Source,
  columns: MappedColumns['columns'],
  stored: StoredColumns,
  exponent: number,
): string {
  const raw = Object.entries(columns).flatMap(([field, column]) =>
    column === undefined ? [] : [`${rawValue(column)} AS raw_${field}`],
  );
  const converted = [...stored].map(([name, sql]) => `${sql} AS ${name}`);
  // The checks of payments read `kind`, which most sources do not have.
  const kind = stored.has('kind') ? [] : [`'payment' AS kind`];
  const problem = firstProblem((field) => columns[field] !== undefined, exponent);
  return `CREATE TEMP TABLE shaped_rows AS
    SELECT ${[...stored.keys()].join(', ')}, ${problem} AS problem
    FROM (SELECT *, ${[...converted, ...kind].join(', ')} FROM (SELECT ${raw.join(', ')} FROM ${relation}))`;
}

/** Blank texts say nothing. */
function rawValue(column: SourceColumn): string {
  const name = quoteName(column.name);
  return convert.valueKind(column) === 'text' ? convert.text(name, 'text') : name;
}

/** Columns that a source need not have, with what their absence means. */
const ABSENT: Readonly<Record<string, string>> = {
  kind: `'payment'`,
  status: `'captured'`,
  latitude: 'NULL::DOUBLE',
  longitude: 'NULL::DOUBLE',
  fraud: 'NULL::BOOLEAN',
};

function constantsOf(stored: StoredColumns, currency: string): Record<string, string | null> {
  const absent = [...IDS, ...PLAIN].filter(
    (name) => !stored.has(name) && !(ABSENT[name] ?? '').startsWith('NULL'),
  );
  const values: Readonly<Record<string, string>> = { kind: 'payment', status: 'captured' };
  return { currency, ...Object.fromEntries(absent.map((name) => [name, values[name] ?? null])) };
}

const IDS = [
  'payment_id',
  'retry_of',
  'payer_id',
  'counterparty_id',
  'instrument_id',
  'device_id',
  'refund_id',
  'refund_of',
];
const PLAIN = [
  'kind',
  'ip',
  'method',
  'category',
  'country',
  'latitude',
  'longitude',
  'amount_paise',
  'status',
  'failure_reason',
  'fraud',
];

function createView(stored: StoredColumns, currency: string, labelDelayMs: number): string {
  const knownAt = stored.has('known_at') ? 'coalesce(known_at, occurred_at)' : 'occurred_at';
  const shown = [
    ...IDS.map((name) => (stored.has(name) ? `${name}::VARCHAR AS ${name}` : `NULL::VARCHAR AS ${name}`)),
    ...PLAIN.map((name) => (stored.has(name) ? name : `${ABSENT[name] ?? 'NULL::VARCHAR'} AS ${name}`)),
    `${quoteText(currency)} AS currency`,
    'occurred_at',
    `${knownAt} AS known_at`,
    `${labelKnownAt(stored, knownAt, labelDelayMs)} AS fraud_known_at`,
  ];
  return `CREATE TEMP VIEW shaped AS SELECT rowid + 1 AS row_number, ${shown.join(', ')} FROM shaped_rows WHERE problem IS NULL`;
}

/** A label is never known before its payment is. */
function labelKnownAt(stored: StoredColumns, knownAt: string, labelDelayMs: number): string {
  if (!stored.has('fraud')) return 'NULL::TIMESTAMP';
  const delayed = `make_timestamp(epoch_us(occurred_at) + ${labelDelayMs * 1000})`;
  const said = stored.has('fraud_known_at') ? `coalesce(fraud_known_at, ${delayed})` : delayed;
  return `CASE WHEN fraud IS NOT NULL THEN ${knownAt === 'occurred_at' && said === delayed ? delayed : `greatest(${said}, ${knownAt})`} END`;
}
