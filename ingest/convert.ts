/**
 * SQL expressions that convert a source column's values to canonical types; a value that cannot be converted becomes
 * NULL, and `checks.ts` says why. Everything is vectorised SQL: no value passes through JavaScript, and no amount in
 * text passes through a float.
 */
import { AppError } from '../core/errors.js';
import { METHODS } from './facts.js';
import type { SourceColumn } from './source-columns.js';
import { quoteText } from './sql-quote.js';
import type { ToUtcMs } from './time-zone.js';

export type ValueKind =
  'text' | 'integer' | 'float' | 'double' | 'decimal' | 'boolean' | 'timestamp' | 'zoned' | 'other';

const KINDS: Readonly<Record<string, ValueKind>> = {
  VARCHAR: 'text',
  FLOAT: 'float',
  DOUBLE: 'double',
  BOOLEAN: 'boolean',
  DATE: 'timestamp',
  TIMESTAMP: 'timestamp',
  TIMESTAMP_S: 'timestamp',
  TIMESTAMP_MS: 'timestamp',
  TIMESTAMP_NS: 'timestamp',
  'TIMESTAMP WITH TIME ZONE': 'zoned',
};

export function valueKind({ type }: SourceColumn): ValueKind {
  if (/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$/.test(type)) return 'integer';
  if (type.startsWith('DECIMAL')) return 'decimal';
  if (type.startsWith('ENUM')) return 'text';
  return KINDS[type] ?? 'other';
}

/** Text without surrounding blanks; an empty text says nothing and is NULL. */
export function text(value: string, kind: ValueKind): string {
  return kind === 'text' ? `nullif(trim(${value}::VARCHAR), '')` : `(${value})::VARCHAR`;
}

/** Codes of two letters in capitals (ISO 3166); names stay as they are. */
export function country(value: string): string {
  return `CASE WHEN length(${value}) = 2 THEN upper(${value}) ELSE ${value} END`;
}

/** Whole numbers that a tool stored as floating point ("17850.0") are ids without their point. */
export function id(value: string, kind: ValueKind): string {
  if (kind === 'integer') return value;
  if (kind !== 'double' && kind !== 'float') return text(value, kind);
  return `CASE WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e15 THEN ${value}::BIGINT::VARCHAR ELSE ${value}::VARCHAR END`;
}

export function number(value: string): string {
  return `TRY_CAST(${value} AS DOUBLE)`;
}

const YES = `'1', 'true', 't', 'yes', 'y'`;
const NO = `'0', 'false', 'f', 'no', 'n'`;

export function flag(value: string, kind: ValueKind): string {
  if (kind === 'boolean') return value;
  if (kind === 'text')
    return `CASE WHEN lower(${value}) IN (${YES}) THEN true WHEN lower(${value}) IN (${NO}) THEN false END`;
  return `CASE ${kind === 'integer' ? value : `TRY_CAST(${value} AS DOUBLE)`} WHEN 1 THEN true WHEN 0 THEN false END`;
}

/** What a plain decimal looks like; grouping commas may stand before a last group of three digits. */
export const PLAIN_DECIMAL = `[+-]?(([0-9]+|[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3})(\\.[0-9]*)?|\\.[0-9]+)`;

/** Digits after the point that count. */
export function fraction(decimal: string): string {
  return `rtrim(split_part(${decimal}, '.', 2), '0')`;
}

/**
 * A double up to 10^13 minor units is told from its neighbours by a thousandth of a unit or less. The tolerance is four
 * units in the last place: what a sum or a product leaves behind (17.13 * 5 is 85.64999999999999), never half a paisa.
 */
const DOUBLE_LIMIT = '1e13';
const DOUBLE_RESIDUE = 'pow(2, -50)';
/** A float has six safe digits and no room for a residue. */
const FLOAT_LIMIT = '1e6';

/**
 * Exact minor units of an amount that is written with `exponent` decimals, as BIGINT. Texts, integers and decimals by
 * moving the point in their digits; floating point when it stands for a decimal with at most so many digits.
 */
export function minorUnits(value: string, kind: ValueKind, exponent: number): string {
  if (kind === 'double' || kind === 'float') {
    const minor = `round(${value}::DOUBLE * ${10 ** exponent})`;
    const major = `${minor} / ${10 ** exponent}.0`;
    const stands =
      kind === 'double'
        ? `abs(${minor}) <= ${DOUBLE_LIMIT} AND abs(${value} - ${major}) <= abs(${value}) * ${DOUBLE_RESIDUE}`
        : `abs(${minor}) <= ${FLOAT_LIMIT} AND (${major})::FLOAT = ${value}`;
    return `CASE WHEN ${stands} THEN TRY_CAST(${minor} AS BIGINT) END`;
  }
  const decimal = `replace((${value})::VARCHAR, ',', '')`;
  const whole = `split_part(${decimal}, '.', 1)`;
  const atLeastZero = `CASE WHEN ${whole} IN ('', '-', '+') THEN ${whole} || '0' ELSE ${whole} END`;
  const digits = `${atLeastZero} || rpad(${fraction(decimal)}, ${exponent}, '0')`;
  const fits = `regexp_full_match((${value})::VARCHAR, '${PLAIN_DECIMAL}') AND length(${fraction(decimal)}) <= ${exponent}`;
  return `CASE WHEN ${fits} THEN TRY_CAST(${digits} AS BIGINT) END`;
}

/** A zone at the end of an instant in text: Z or an offset. */
const ZONED_TEXT = `:[0-9]{2}([.][0-9]+)? ?([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$`;

export interface TimeReading {
  /** `epoch-s`, `epoch-ms` or a strptime format; ISO 8601 without it. */
  readonly format: string | undefined;
  readonly toUtcMs: ToUtcMs;
}

const LAST_MS = Date.UTC(2100, 0, 1) - 1;

/** A UTC TIMESTAMP in whole milliseconds from 1970 to 2099, otherwise NULL. */
export function instant(column: SourceColumn, value: string, time: TimeReading): string {
  const milliseconds = epochMs(column, value, time);
  return `make_timestamp(CASE WHEN (${milliseconds}) BETWEEN 0 AND ${LAST_MS} THEN (${milliseconds}) END * 1000)`;
}

/** SQL of UTC epoch milliseconds, a BIGINT. */
function epochMs(column: SourceColumn, value: string, { format, toUtcMs }: TimeReading): string {
  const kind = valueKind(column);
  if (kind === 'timestamp') return toUtcMs(`${value}::TIMESTAMP`);
  if (kind === 'zoned') return `epoch_ms(${value})`;
  if (format === 'epoch-s') return `TRY_CAST(round(TRY_CAST(${value} AS DOUBLE) * 1000) AS BIGINT)`;
  if (format === 'epoch-ms') return `TRY_CAST(round(TRY_CAST(${value} AS DOUBLE)) AS BIGINT)`;
  if (kind !== 'text') throw needsFormat(column);
  if (format === undefined) {
    const zoned = `epoch_ms(TRY_CAST(${value} AS TIMESTAMPTZ))`;
    return `CASE WHEN regexp_matches(${value}, '${ZONED_TEXT}') THEN ${zoned} ELSE ${toUtcMs(`TRY_CAST(${value} AS TIMESTAMP)`)} END`;
  }
  const parsed = `try_strptime(${value}, ${quoteText(format)})`;
  return /%[zZ]/.test(format) ? `epoch_ms(${parsed})` : toUtcMs(parsed);
}

function needsFormat({ name, type }: SourceColumn): AppError {
  const message = `the column "${name}" has instants as ${type}: say "timeFormat": "epoch-s" or "epoch-ms" in the map`;
  return new AppError('bad-input', 'time-format-missing', message);
}

/** The map's own words first, then our names in any case; what is left is `other`. */
export function method(value: string, methods: Readonly<Record<string, string>>): string {
  const known = METHODS.map(quoteText).join(', ');
  return `CASE ${cases(value, methods)} WHEN lower(${value}) IN (${known}) THEN lower(${value}) WHEN ${value} IS NOT NULL THEN 'other' END`;
}

/** Razorpay's own payment states (razorpay.com/docs/payments/payments/life-cycle) and ours. */
const STATUSES: Readonly<Record<string, string>> = {
  attempted: 'attempted',
  created: 'attempted',
  authorized: 'attempted',
  captured: 'captured',
  refunded: 'captured',
  failed: 'failed',
};

export function status(value: string, statuses: Readonly<Record<string, string>>): string {
  return `CASE ${cases(value, statuses)} ${cases(`lower(${value})`, STATUSES)} END`;
}

function cases(value: string, meanings: Readonly<Record<string, string>>): string {
  return Object.entries(meanings)
    .map(([from, to]) => `WHEN ${value} = ${quoteText(from)} THEN ${quoteText(to)}`)
    .join(' ');
}

const V4 = `((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])[.]){3}(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`;
const H = '[0-9A-Fa-f]{1,4}';
/** RFC 4291 section 2.2: full, with one `::`, and with the last 32 bits in dotted form. */
const V6 = [
  `(${H}:){7}(${H}|:)`,
  ...[1, 2, 3, 4, 5, 6].map((head) => `(${H}:){${head}}(:${H}){1,${7 - head}}`),
  `(${H}:){1,6}:`,
  `:((:${H}){1,7}|:)`,
  `(${H}:){6}${V4}`,
  ...[1, 2, 3, 4, 5].map((head) => `(${H}:){${head}}(:${H}){0,${5 - head}}:${V4}`),
  `::(${H}:){0,5}${V4}`,
];

export function isAddress(value: string): string {
  return `regexp_full_match(${value}, '${[V4, ...V6].join('|')}')`;
}
