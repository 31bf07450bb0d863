/**
 * What is wrong with a shaped file: bad rows, malformed CSV records and ids that occur twice, with their places. Rows
 * of a CSV file are named by the line on which they start, rows of anything else by their number, both from 1.
 */
import type { Duckdb } from '../core/duckdb.js';
import { assert } from '../core/errors.js';
import type { Reason } from './checks.js';
import { PART, problemText, refundIdSql, REMEDIES } from './checks.js';
import type { Field } from './column-map.js';
import { eachRecord } from './csv-records.js';
import type { Shaped } from './shape.js';
import type { Source } from './source.js';

export interface Place {
  /** From 1; null for a malformed CSV record, which is no row. */
  readonly row: number | null;
  /** Of a CSV file, from 1; null otherwise. */
  readonly line: number | null;
}

export interface Problem extends Place {
  /** The source's own name of the column. */
  readonly column: string | null;
  /** As it stands in the file. */
  readonly value: string;
  readonly reason: Reason;
  /** The earlier row that has the same id. */
  readonly other: Place | null;
}

export interface Problems {
  readonly total: number;
  readonly first: Problem | null;
  /** Rows by reason, the most frequent first. */
  readonly counts: readonly { readonly reason: Reason; readonly rows: number }[];
}

/** A malformed CSV record, by its place among all records of the file, the header and blank ones included. */
export interface Malformed {
  readonly record: number;
  readonly text: string;
}

/** Marks every row whose id came before in the file. */
export async function markDuplicates(db: Duckdb, { columns }: Shaped): Promise<void> {
  if (columns.kind === undefined) {
    await markRepeated(db, 'payment_id', 'true', 'paymentId');
    return;
  }
  await markRepeated(db, 'payment_id', `kind <> 'refund'`, 'paymentId');
  await markRepeated(
    db,
    refundIdSql(columns.refundId !== undefined),
    `kind = 'refund'`,
    columns.refundId === undefined ? 'paymentId' : 'refundId',
  );
}

async function markRepeated(db: Duckdb, id: string, where: string, field: Field): Promise<void> {
  const good = `problem IS NULL AND ${where}`;
  // Ids that only ever grow, as most sources number them, are told distinct without a hash table.
  const [seen] = await db.rows<{ grows: boolean | null }>(
    `SELECT bool_and(grows) AS grows FROM (SELECT ${id} > lag(${id}) OVER () AS grows FROM shaped_rows WHERE ${good})`,
  );
  if (seen?.grows !== false) return;
  const [counted] = await db.rows<{ repeated: boolean }>(
    `SELECT count(*) > count(DISTINCT ${id}) AS repeated FROM shaped_rows WHERE ${good}`,
  );
  if (counted?.repeated !== true) return;
  const problem = problemText(field, `'duplicate id'`, `first.id`, 'first.row');
  await db.run(
    `UPDATE shaped_rows SET problem = ${problem}
     FROM (SELECT ${id} AS id, min(rowid) + 1 AS row FROM shaped_rows WHERE ${good} GROUP BY ALL HAVING count(*) > 1) AS first
     WHERE ${good} AND ${id} = first.id AND shaped_rows.rowid + 1 > first.row`,
  );
}

/** Marks every row whose id another batch has; `db` has the lake attached. */
export async function markKnown(db: Duckdb, { columns }: Shaped): Promise<void> {
  const refunds = columns.kind === undefined ? 'false' : `kind = 'refund'`;
  await markInLake(db, 'payment_id', 'payments.payment_id', `NOT (${refunds})`);
  if (columns.kind !== undefined)
    await markInLake(db, refundIdSql(columns.refundId !== undefined), 'refunds.refund_id', refunds);
}

async function markInLake(db: Duckdb, id: string, lakeId: string, where: string): Promise<void> {
  const table = lakeId.slice(0, lakeId.indexOf('.'));
  const known = `problem IS NULL AND ${where} AND (${id})::VARCHAR IN (SELECT ${lakeId} FROM ${table})`;
  const [found] = await db.rows<{ n: bigint }>(`SELECT count(*) AS n FROM shaped_rows WHERE ${known}`);
  if (found?.n === 0n) return;
  const field = table === 'refunds' ? 'refundId' : 'paymentId';
  await db.run(
    `UPDATE shaped_rows SET problem = ${problemText(field, `'id already in the lake'`, id)} WHERE ${known}`,
  );
}

export async function findProblems(db: Duckdb, shaped: Shaped): Promise<Problems> {
  const malformed = await malformedRecords(db, shaped.source);
  const byReason = await db.rows<{ reason: Reason; rows: bigint }>(
    `SELECT split_part(problem, ${PART}, 2) AS reason, count(*) AS rows FROM shaped_rows WHERE problem IS NOT NULL GROUP BY 1`,
  );
  const counts = byReason.map(({ reason, rows }) => ({ reason, rows: Number(rows) }));
  if (malformed.length > 0) counts.push({ reason: 'malformed record', rows: malformed.length });
  counts.sort((a, b) => b.rows - a.rows || a.reason.localeCompare(b.reason));
  const total = counts.reduce((sum, { rows }) => sum + rows, 0);
  return { total, counts, first: total === 0 ? null : await firstProblem(db, shaped, malformed) };
}

/** A record can be malformed in several ways: it is one all the same. */
export const MALFORMED_RECORDS = `SELECT line AS record, trim(any_value(csv_line), chr(10) || chr(13)) AS text
  FROM csv_rejects GROUP BY line`;

/** A query over a CSV file meets its malformed records, too; a file that is read twice reports them twice. */
export async function malformedRecords(db: Duckdb, { csv }: Source): Promise<Malformed[]> {
  if (csv === null) return [];
  const rows = await db.rows<{ record: bigint; text: string }>(`${MALFORMED_RECORDS} ORDER BY record`);
  return rows.map(({ record, text }) => ({ record: Number(record), text }));
}

async function firstProblem(db: Duckdb, shaped: Shaped, malformed: readonly Malformed[]): Promise<Problem> {
  const [bad] = await db.rows<BadRow>(`${BAD_ROWS} ORDER BY row LIMIT 1`);
  const [broken] = malformed;
  const rows = [bad?.row, bad?.other ?? undefined].flatMap((row) => (row === undefined ? [] : [Number(row)]));
  const lines = await locate(shaped.source, malformed, rows);
  const place = (row: bigint): Place => ({ row: Number(row), line: lines.ofRow.get(Number(row)) ?? null });
  const brokenLine = broken === undefined ? null : (lines.ofRecord.get(broken.record) ?? null);
  const badLine = bad === undefined ? null : place(bad.row).line;
  if (broken !== undefined && (bad === undefined || (brokenLine ?? 0) < (badLine ?? 0))) {
    return {
      row: null,
      line: brokenLine,
      column: null,
      value: broken.text,
      reason: 'malformed record',
      other: null,
    };
  }
  assert(bad !== undefined, 'there is a problem to describe');
  const column = shaped.columns[bad.field]?.name ?? null;
  return {
    ...place(bad.row),
    column,
    value: bad.value,
    reason: bad.reason,
    other: bad.other === null ? null : place(bad.other),
  };
}

export interface BadRow {
  readonly row: bigint;
  readonly field: Field;
  readonly reason: Reason;
  readonly value: string;
  readonly other: bigint | null;
}

/** The first problem of every bad row. */
export const BAD_ROWS = `SELECT rowid + 1 AS row, split_part(problem, ${PART}, 1) AS field, split_part(problem, ${PART}, 2) AS reason,
  split_part(problem, ${PART}, 3) AS value, TRY_CAST(split_part(problem, ${PART}, 4) AS BIGINT) AS other
  FROM shaped_rows WHERE problem IS NOT NULL`;

interface Lines {
  readonly ofRow: ReadonlyMap<number, number>;
  readonly ofRecord: ReadonlyMap<number, number>;
}

/** The lines of some rows and of all malformed records; rows that are not records of a CSV file have none. */
export async function locate(
  { csv, relation }: Source,
  malformed: readonly Malformed[],
  rows: Iterable<number>,
): Promise<Lines> {
  const ofRow = new Map<number, number>();
  const ofRecord = new Map<number, number>();
  if (csv === null) return { ofRow, ofRecord };
  const broken = new Set(malformed.map(({ record }) => record));
  const wanted = new Set(rows);
  let record = 0;
  let row = 0;
  await eachRecord(csv, (line, blank) => {
    record += 1;
    if (broken.has(record)) ofRecord.set(record, line);
    else if (!blank && record > 1 && wanted.has(++row) && relation === 'input') ofRow.set(row, line);
  });
  return { ofRow, ofRecord };
}

/** One line for people: the first problem with its remedy, then how many there are of which kind. */
export function describeProblems({ source, rows }: Shaped, { first, total, counts }: Problems): string {
  assert(first !== null, 'there is a problem to describe');
  const { column, value, reason, other } = first;
  const shown = value === '' ? 'empty' : JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  const where = `${source.place} ${describePlace(first)}${column === null ? '' : `, column "${column}"`}`;
  const twice = other === null ? '' : ` (first in ${describePlace(other)})`;
  const kinds = counts.map((count) => `${count.rows} ${count.reason}`).join(', ');
  const broken = counts.find((count) => count.reason === 'malformed record')?.rows ?? 0;
  const remedy =
    total >= rows + broken ? 'correct them' : 'correct them, or add --skip-bad to import the other rows';
  return `${where}: ${shown}: ${reason}${twice}: ${REMEDIES[reason]}. Refused rows: ${total} (${kinds}): ${remedy}`;
}

function describePlace({ row, line }: Place): string {
  return line === null ? `row ${row ?? '?'}` : `line ${line}`;
}
