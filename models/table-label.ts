/**
 * The column that is to be predicted: two values, of which the one that says yes counts as 1, or a finite number. Anything
 * else is refused with what it holds and what to do.
 */
import type { Duckdb } from '../core/duckdb.js';
import { AppError } from '../core/errors.js';
import { quoteText } from '../ingest/sql-quote.js';
import { presentText } from './table-columns.js';

const NEGATIVE_WORDS = new Set(['0', '0.0', 'false', 'f', 'no', 'n']);

/** SQL of 0 and 1, NULL where the row has no label. */
export async function binaryLabel(
  db: Duckdb,
  table: string,
  label: string,
): Promise<{ sql: string; positive: string; notes: string[] }> {
  const value = presentText(label);
  const found = await db.rows<{ value: string }>(
    `SELECT DISTINCT ${value} AS value FROM ${table} WHERE ${value} IS NOT NULL ORDER BY value LIMIT 4`,
  );
  const values = found.map((row) => row.value);
  const [first, second] = values;
  if (first === undefined || second === undefined || values.length > 2) throw notBinary(label, values);
  // In the order of the alphabet 0, no and false come first; capitals can turn that around.
  const isPositive = NEGATIVE_WORDS.has(second.toLowerCase());
  const positive = isPositive ? first : second;
  return {
    sql: `CASE ${value} WHEN ${quoteText(positive)} THEN 1 WHEN ${quoteText(isPositive ? second : first)} THEN 0 END::DOUBLE`,
    positive,
    notes: [`${label}: "${positive}" counts as 1`],
  };
}

function notBinary(label: string, values: readonly string[]): AppError {
  const seen =
    values.length > 3 ? `${values.slice(0, 3).join(', ')} and more` : values.join(', ') || 'nothing';
  const isNumber = values.length > 2 && values.every((value) => Number.isFinite(Number(value)));
  const remedy = `name a column with two values${isNumber ? ', or predict the number with --objective squared' : ''}`;
  return new AppError('bad-input', 'label-not-binary', `the label "${label}" holds ${seen}; ${remedy}`);
}

/** SQL of the number, NULL where the row has no label. */
export async function numberLabel(
  db: Duckdb,
  table: string,
  label: string,
): Promise<{ sql: string; notes: string[] }> {
  const value = presentText(label);
  const number = `TRY_CAST(${value} AS DOUBLE)`;
  const [bad] = await db.rows<{ value: string }>(
    `SELECT ${value} AS value FROM ${table}
     WHERE ${value} IS NOT NULL AND (${number} IS NULL OR NOT isfinite(${number})) LIMIT 1`,
  );
  if (bad !== undefined) {
    const message = `the label "${label}" holds "${bad.value}"; an objective for numbers needs finite numbers`;
    throw new AppError('bad-input', 'label-not-number', message);
  }
  const [seen] = await db.rows<{ distinct: bigint }>(
    `SELECT count(DISTINCT ${number}) AS "distinct" FROM ${table}`,
  );
  if ((seen?.distinct ?? 0n) >= 2n) return { sql: number, notes: [] };
  const message = `the label "${label}" holds ${seen?.distinct === 1n ? 'one value only' : 'nothing'}; name a column whose values differ`;
  throw new AppError('bad-input', 'label-not-number', message);
}
