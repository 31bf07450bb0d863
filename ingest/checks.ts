/**
 * Why a row is refused: the checks in order of precedence, each with the SQL that finds it and the remedy that the
 * message gives. A row's first problem is kept as one text: field, reason, the value as it stands, and the other row
 * where there is one.
 */
import type { Field } from './column-map.js';
import { fraction, isAddress, PLAIN_DECIMAL } from './convert.js';

/** What to do about each reason, completing "… : ". */
export const REMEDIES = {
  'missing id': 'every row needs an id of its own',
  'missing date': 'every row needs the instant it happened',
  'missing payer': 'every payment needs its payer; only refunds may go without',
  'missing amount': 'every row needs an amount',
  'missing currency': 'fill it in, or say {"currency":{"const":"INR"}} in the map',
  'unparseable date':
    'write dates as 2026-01-31 18:30:00 between 1970 and 2099, or say "timeFormat" in the map',
  'unparseable amount': 'write amounts as 1234.50, without signs of currency',
  'non-integer minor amount': 'round it to the currency, or check "amountUnit" in the map',
  'amount out of range': 'check "amountUnit" in the map',
  'negative amount': 'bring refunds as rows of kind "refund" with a positive amount',
  'unknown kind': 'use payment, retry, dunning or refund',
  'unknown status': 'use attempted, captured or failed, or translate it with "statuses" in the map',
  'occurred after it was known':
    'check that occurredAt and knownAt are not swapped and have the same time zone',
  'label known before its payment': 'check fraudKnownAt and its time zone',
  'not a yes or no': 'use true or false, 1 or 0, yes or no, or nothing when it is unknown',
  'not an IP address': 'use an IPv4 or IPv6 address, or nothing when it is unknown',
  'not a latitude': 'use degrees from -90 to 90',
  'not a longitude': 'use degrees from -180 to 180',
  'duplicate id': 'every payment and every refund may be there once',
  'id already in the lake': 'leave the row out: it was imported before from another file',
  'malformed record': 'give every record as many fields as the first line has, in UTF-8',
} as const;
export type Reason = keyof typeof REMEDIES;

/** Separates the parts of a problem: a control character that no sane file has. */
export const PART = `chr(31)`;

/** SQL of a problem's text. */
export function problemText(field: Field, reason: string, value: string, other?: string): string {
  const parts = [`'${field}'`, reason, value, ...(other === undefined ? [] : [other])];
  return `concat(${parts.join(`, ${PART}, `)})`;
}

interface Check {
  readonly field: Field;
  /** SQL over the raw (`raw_<field>`) and converted columns; NULL counts as passed. */
  readonly fails: string;
  /** SQL of the reason. */
  readonly reason: string;
}

const always = (reason: Reason): string => `'${reason}'`;

/** SQL of a refund's id: a source with one column of ids has refunds' ids in it, too. */
export function refundIdSql(hasRefundId: boolean): string {
  return hasRefundId ? 'coalesce(refund_id::VARCHAR, payment_id::VARCHAR)' : 'payment_id';
}

/** Of all fields; those that the source does not have are left out. */
function checksOf(has: (field: Field) => boolean, exponent: number): readonly Check[] {
  const id = has('refundId')
    ? `CASE WHEN kind = 'refund' THEN ${refundIdSql(true)} ELSE payment_id::VARCHAR END`
    : 'payment_id';
  return [
    { field: 'paymentId', fails: `${id} IS NULL`, reason: always('missing id') },
    { field: 'occurredAt', fails: 'raw_occurredAt IS NULL', reason: always('missing date') },
    { field: 'occurredAt', fails: 'occurred_at IS NULL', reason: always('unparseable date') },
    { field: 'payerId', fails: `kind <> 'refund' AND payer_id IS NULL`, reason: always('missing payer') },
    { field: 'amount', fails: 'amount_paise IS NULL', reason: amountReason(exponent) },
    { field: 'amount', fails: 'amount_paise < 0', reason: always('negative amount') },
    {
      field: 'kind',
      fails: `kind NOT IN ('payment', 'retry', 'dunning', 'refund')`,
      reason: always('unknown kind'),
    },
    { field: 'status', fails: 'status IS NULL', reason: always('unknown status') },
    { field: 'currency', fails: 'raw_currency IS NULL', reason: always('missing currency') },
    {
      field: 'knownAt',
      fails: 'raw_knownAt IS NOT NULL AND known_at IS NULL',
      reason: always('unparseable date'),
    },
    { field: 'knownAt', fails: 'occurred_at > known_at', reason: always('occurred after it was known') },
    { field: 'fraud', fails: 'raw_fraud IS NOT NULL AND fraud IS NULL', reason: always('not a yes or no') },
    {
      field: 'fraudKnownAt',
      fails: 'raw_fraudKnownAt IS NOT NULL AND fraud_known_at IS NULL',
      reason: always('unparseable date'),
    },
    {
      field: 'fraudKnownAt',
      fails: 'occurred_at > fraud_known_at',
      reason: always('label known before its payment'),
    },
    { field: 'ip', fails: `NOT ${isAddress('ip')}`, reason: always('not an IP address') },
    {
      field: 'latitude',
      fails: `raw_latitude IS NOT NULL AND NOT coalesce(latitude BETWEEN -90 AND 90, false)`,
      reason: always('not a latitude'),
    },
    {
      field: 'longitude',
      fails: `raw_longitude IS NOT NULL AND NOT coalesce(longitude BETWEEN -180 AND 180, false)`,
      reason: always('not a longitude'),
    },
  ];
}

/** Why an amount could not be converted; asked only of those. */
function amountReason(exponent: number): string {
  const plain = `regexp_full_match(raw_amount::VARCHAR, '${PLAIN_DECIMAL}')`;
  const decimals = `length(${fraction('raw_amount::VARCHAR')}) > ${exponent}`;
  // A large double prints its exponent: it is a number, if not one that money can be counted in.
  return `CASE WHEN raw_amount IS NULL THEN ${always('missing amount')}
    WHEN ${plain} AND ${decimals} THEN ${always('non-integer minor amount')}
    WHEN ${plain} OR isfinite(TRY_CAST(raw_amount AS DOUBLE)) AND raw_amount::VARCHAR NOT LIKE '%,%' THEN ${always('amount out of range')}
    ELSE ${always('unparseable amount')} END`;
}

/** SQL of a row's first problem, or NULL; `has` says which fields the source has. */
export function firstProblem(has: (field: Field) => boolean, exponent: number): string {
  const checks = checksOf(has, exponent).filter(({ field }) => has(field));
  const cases = checks.map(
    ({ field, fails, reason }) => `WHEN ${fails} THEN ${problemText(field, reason, `raw_${field}`)}`,
  );
  return `CASE ${cases.join('\n')} END`;
}
