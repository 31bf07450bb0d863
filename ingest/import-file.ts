/**
 * One file of a merchant's payments into the lake as one batch: payments, refunds, and a label for every payment whose
 * row says whether it was fraud. All of the file's good rows land or nothing does; the same file, map and query land
 * once. A row's sequence follows its place in the file, its label's comes right after it.
 */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Duckdb } from '../core/duckdb.js';
import { openDuckdb } from '../core/duckdb.js';
import { AppError, assert } from '../core/errors.js';
import type { Batch, Staged } from './batch-record.js';
import { refundIdSql } from './checks.js';
import type { ColumnMap } from './column-map.js';
import { contentHash, fileHash } from './content-hash.js';
import type { LakeTable } from './facts.js';
import type { Lake } from './lake.js';
import { withQueryProgress } from './query-progress.js';
import { openScratch } from './scratch.js';
import type { Shaped } from './shape.js';
import { settleBadRows, shapeChecked } from './shape-checked.js';
import { quoteText } from './sql-quote.js';
import { stageTable } from './stage-table.js';

export interface ImportRequest {
  readonly file: string;
  readonly map: ColumnMap;
  readonly query?: string | undefined;
  /** Good rows land although others are bad; the bad ones are written below `rejectsDir`. */
  readonly skipBad?: boolean | undefined;
  readonly rejectsDir: string;
  /** Of the batch; made from the file's name and content otherwise. */
  readonly name?: string | undefined;
}

export interface ImportResult {
  readonly outcome: 'imported' | 'already-imported';
  readonly batch: string;
  readonly payments: number;
  readonly refunds: number;
  readonly labels: number;
  readonly frauds: number;
  /** 0 for a file that was imported before. */
  readonly rejected: number;
  readonly rejectsFile: string | null;
  /** First and last instant of a payment or refund, UTC epoch milliseconds. */
  readonly fromAt: number;
  readonly toAt: number;
  readonly currency: string;
  readonly amountPaise: bigint;
  readonly refundedPaise: bigint;
}

export type ImportStep = 'hash' | 'read' | 'write';
/** `done` of `total` bytes while hashing, otherwise rows. */
export type ImportProgress = (step: ImportStep, done: number, total: number) => void;

/** Throws AppError bad-input for what is wrong with the request or the file; then the lake is as it was. */
export async function importFile(
  lake: Lake,
  request: ImportRequest,
  onProgress: ImportProgress = () => undefined,
): Promise<ImportResult> {
  const hash = await hashRequest(request, onProgress);
  const name = request.name ?? batchName(request.file, hash);
  const rejectsFile = join(request.rejectsDir, `${name}.csv`);
  let rejected = 0;
  const newBatch = { name, source: basename(request.file), contentHash: hash };
  const outcome = await lake.commit(newBatch, async (dir, firstSequence) => {
    const db = await openScratch(dir);
    try {
      const shaped = await reporting(db, 'read', onProgress, () => shapeChecked(db, request));
      onProgress('read', shaped.rows, shaped.rows);
      rejected = await settleBadRows(db, lake, shaped, request.skipBad === true ? rejectsFile : null);
      const stage = () => stageShaped(db, dir, shaped, firstSequence);
      const staged = await reporting(db, 'write', onProgress, stage);
      onProgress('write', shaped.rows, shaped.rows);
      return staged;
    } finally {
      db.close();
    }
  });
  const batch = (await lake.batches()).find((committed) => committed.contentHash === hash);
  assert(batch !== undefined, 'a committed batch has a record');
  return {
    outcome: outcome === 'committed' ? 'imported' : 'already-imported',
    rejected,
    rejectsFile: rejected > 0 ? rejectsFile : null,
    ...(await summarise(lake, batch)),
  };
}

function reporting<T>(
  db: Duckdb,
  step: ImportStep,
  onProgress: ImportProgress,
  action: () => Promise<T>,
): Promise<T> {
  return withQueryProgress(db, (rows, total) => onProgress(step, rows, total), action);
}

async function hashRequest({ file, map, query }: ImportRequest, onProgress: ImportProgress): Promise<string> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw new AppError('bad-input', 'file-unreadable', `cannot open ${file}: check the path`, { cause });
  });
  onProgress('hash', 0, size);
  const bytes = await fileHash(file);
  onProgress('hash', size, size);
  const sortedMap = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return contentHash('import', bytes, JSON.stringify(sortedMap), query ?? '');
}

/** `Sales May.csv.gz` becomes `sales-may-1a2b3c4d`. */
function batchName(file: string, hash: string): string {
  const stem = basename(file)
    .toLowerCase()
    .replace(/(\.(csv|tsv|txt|parquet|gz))+$/, '');
  const plain = stem
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60);
  return `${plain === '' ? 'import' : plain}-${hash.slice(0, 8)}`;
}

async function stageShaped(db: Duckdb, dir: string, shaped: Shaped, firstSequence: number): Promise<Staged> {
  const staged: Staged = {};
  const stage = async (table: LakeTable, select: string, by: string, where: string): Promise<void> => {
    const ordered = await isOrdered(db, by, where);
    const extent = await stageTable(db, dir, { table, select: `${select} WHERE ${where}`, ordered });
    if (extent !== null) staged[table] = extent;
  };
  const sequence = `${firstSequence} + 2 * (row_number - 1)`;
  const refunds = shaped.columns.kind !== undefined;
  const payment = refunds ? `kind <> 'refund'` : 'true';
  await stage('payments', selectPayments(shaped, sequence), 'known_at', payment);
  if (shaped.columns.fraud !== undefined) {
    await stage(
      'labels',
      selectLabels(`${sequence} + 1`),
      'fraud_known_at',
      `${payment} AND fraud IS NOT NULL`,
    );
  }
  if (refunds) await stage('refunds', selectRefunds(shaped, sequence), 'known_at', `kind = 'refund'`);
  return staged;
}

/** Most files are in order already; asking costs less than sorting. */
async function isOrdered(db: Duckdb, by: string, where: string): Promise<boolean> {
  const [checked] = await db.rows<{ ordered: boolean | null }>(
    `SELECT bool_and(ordered) AS ordered FROM (SELECT ${by} >= lag(${by}) OVER () AS ordered FROM shaped WHERE ${where})`,
  );
  return checked?.ordered !== false;
}

function selectPayments({ constants }: Shaped, sequence: string): string {
  const replaced = Object.entries(constants).map(([name, value]) => `${constantText(value)} AS ${name}`);
  return `SELECT * REPLACE (${replaced.join(', ')}), ${sequence} AS sequence FROM shaped`;
}

/** A column with one value throughout is written as an ENUM of it: the file reads the same, the writing costs less. */
function constantText(value: string | null): string {
  return value === null ? `NULL::ENUM('absent')` : `${quoteText(value)}::ENUM(${quoteText(value)})`;
}

function selectLabels(sequence: string): string {
  return `SELECT payment_id, fraud, ${constantText('import')} AS source, ${sequence} AS sequence, occurred_at, fraud_known_at AS known_at FROM shaped`;
}

/** `refund_of` names the refunded payment; with a column of refund ids, the payment id does. */
function selectRefunds({ columns }: Shaped, sequence: string): string {
  const refundId = refundIdSql(columns.refundId !== undefined);
  return `SELECT ${refundId} AS refund_id, coalesce(refund_of, CASE WHEN refund_id IS NOT NULL THEN payment_id END) AS payment_id,
    payer_id, counterparty_id, amount_paise, currency, ${sequence} AS sequence, occurred_at, known_at FROM shaped`;
}

type Summary = Omit<ImportResult, 'outcome' | 'rejected' | 'rejectsFile'>;

/** Read from the committed files, so that what is reported is what landed. */
async function summarise(lake: Lake, batch: Batch): Promise<Summary> {
  const db = await openDuckdb(':memory:');
  try {
    await lake.attach(db, [batch]);
    const payments = await sumMoney(db, 'payments');
    const refunds = await sumMoney(db, 'refunds');
    const [labelled] = await db.rows<{ frauds: bigint }>(
      'SELECT count(*) FILTER (fraud) AS frauds FROM labels',
    );
    return {
      batch: batch.name,
      payments: Number(payments.rows),
      refunds: Number(refunds.rows),
      labels: batch.tables.labels?.rows ?? 0,
      frauds: Number(labelled?.frauds ?? 0),
      fromAt: Math.min(payments.from_at ?? Infinity, refunds.from_at ?? Infinity),
      toAt: Math.max(payments.to_at ?? -Infinity, refunds.to_at ?? -Infinity),
      currency: payments.currency ?? refunds.currency ?? '',
      amountPaise: payments.amount,
      refundedPaise: refunds.amount,
    };
  } finally {
    db.close();
  }
}

interface Money {
  readonly rows: bigint;
  readonly amount: bigint;
  readonly from_at: number | null;
  readonly to_at: number | null;
  readonly currency: string | null;
}

async function sumMoney(db: Duckdb, table: 'payments' | 'refunds'): Promise<Money> {
  const [money] = await db.rows<Money>(
    `SELECT count(*) AS rows, coalesce(sum(amount_paise), 0)::BIGINT AS amount, min(occurred_at) AS from_at,
       max(occurred_at) AS to_at, any_value(currency) AS currency FROM ${table}`,
  );
  assert(money !== undefined, 'an aggregate gives one row');
  return money;
}
