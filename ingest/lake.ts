/**
 * The Parquet lake: `<root>/<table>/batch=<name>/part-*.parquet`, committed in batches across tables.
 * A batch is staged, forced to disk, and committed by the rename of its record into `_batches/`; then its files move
 * to their places. A crash before the rename leaves nothing, a crash after it leaves everything: the next opening
 * moves what is left and deletes what was not committed. The layout of folders is Hive's.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../core/clock.js';
import type { Duckdb } from '../core/duckdb.js';
import { AppError, assert } from '../core/errors.js';
import type { Batch, BatchTable, Staged, StagedTable } from './batch-record.js';
import { readBatches, recordFile } from './batch-record.js';
import { syncToDisk } from './durable-file.js';
import type { LakeTable } from './facts.js';
import { LAKE_COLUMNS, LAKE_TABLE_NAMES, SEQUENCES_PER_BATCH } from './lake-tables.js';
import { quoteName, quoteText } from './sql-quote.js';
import { withWriterLock } from './writer-lock.js';

/** How long a writer waits for another process's batch, and a reader for files on the move. */
const WAIT_MS = 120_000;
const SETTLE_POLL_MS = 20;
const BATCH_NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;

export interface NewBatch {
  /** Lower case letters, digits, `.`, `_` and `-`; unique in the lake. */
  readonly name: string;
  readonly source: string;
  readonly contentHash: string;
}

/** Writes `<dir>/<table>/part-*.parquet`; rows that bring no sequence of their own count up from `firstSequence`. */
export type Stage = (dir: string, firstSequence: number) => Promise<Staged>;

export interface Lake {
  readonly root: string;
  /** Creates a view for each table over exactly the committed files, or those `of` some batches; empty but typed without any. */
  attach(db: Duckdb, of?: readonly Batch[]): Promise<void>;
  /** All of a batch or nothing. Throws what `stage` throws, having removed what it staged. */
  commit(batch: NewBatch, stage: Stage): Promise<'committed' | 'already-committed'>;
  batches(): Promise<Batch[]>;
}

/** The moments of a commit, in order; `moved` comes once for every table. */
export type CommitStep = 'staged' | 'synced' | 'recorded' | 'moved' | 'cleaned';

interface Folders {
  readonly root: string;
  readonly batches: string;
  readonly staging: string;
}

/** `clock` stamps the records; `onStep` is called between the steps of a commit. */
export async function openLake(
  root: string,
  clock?: Clock,
  onStep: (step: CommitStep) => void = () => undefined,
): Promise<Lake> {
  const folders = {
    root: resolve(root),
    batches: join(resolve(root), '_batches'),
    staging: join(resolve(root), '.staging'),
  };
  await mkdir(folders.batches, { recursive: true });
  await mkdir(folders.staging, { recursive: true });
  await recoverUnlessBusy(folders);
  return {
    root: folders.root,
    batches: () => readBatches(folders.batches),
    attach: async (db, of) => {
      await settle(folders);
      await createViews(db, folders.root, of ?? (await readBatches(folders.batches)));
    },
    commit: async (batch, stage) => {
      refuseBadName(batch.name);
      return withWriterLock(folders.root, WAIT_MS, () =>
        commitAlone(folders, batch, stage, { clock, onStep }),
      );
    },
  };
}

interface CommitContext {
  readonly clock: Clock | undefined;
  readonly onStep: (step: CommitStep) => void;
}

async function commitAlone(
  folders: Folders,
  batch: NewBatch,
  stage: Stage,
  { clock, onStep }: CommitContext,
): Promise<'committed' | 'already-committed'> {
  await recover(folders);
  const committed = await readBatches(folders.batches);
  if (committed.some((earlier) => earlier.contentHash === batch.contentHash)) return 'already-committed';
  refuseTakenName(committed, batch);
  const ordinal = (committed.at(-1)?.ordinal ?? 0) + 1;
  const dir = join(folders.staging, batch.name);
  try {
    await mkdir(dir);
    const staged = await stage(dir, ordinal * SEQUENCES_PER_BATCH);
    onStep('staged');
    const tables = await syncStaged(dir, batch.name, staged);
    onStep('synced');
    const record: Batch = { version: 1, ordinal, ...batch, committedAt: clock?.now() ?? null, tables };
    await writeRecord(folders, dir, record);
    onStep('recorded');
    await moveFiles(folders, record, onStep);
  } catch (error) {
    // Before the record everything is undone; after it the batch stands and its move is finished by the next opening.
    const names = (await readBatches(folders.batches)).map((earlier) => earlier.name);
    if (!names.includes(batch.name)) await rm(dir, { recursive: true, force: true });
    throw error;
  }
  onStep('cleaned');
  return 'committed';
}

function refuseBadName(name: string): void {
  if (BATCH_NAME.test(name)) return;
  const message = `a batch cannot be called "${name}": use up to 100 of a-z, 0-9, ".", "_" and "-", the first a letter or digit`;
  throw new AppError('bad-input', 'batch-name-invalid', message);
}

function refuseTakenName(committed: readonly Batch[], batch: NewBatch): void {
  const taken = committed.find((earlier) => earlier.name === batch.name);
  if (taken === undefined) return;
  const message = `the lake already has a batch "${batch.name}" with other content (from ${taken.source}): choose another name`;
  throw new AppError('conflict', 'batch-name-taken', message);
}

async function syncStaged(dir: string, name: string, staged: Staged): Promise<Batch['tables']> {
  const tables: Partial<Record<LakeTable, BatchTable>> = {};
  for (const [table, extent] of Object.entries(staged) as [LakeTable, StagedTable][]) {
    const files = (await readdir(join(dir, table))).filter((file) => file.endsWith('.parquet')).sort();
    assert(files.length > 0, `nothing was staged for ${table}`);
    for (const file of files) await syncToDisk(join(dir, table, file));
    tables[table] = { ...extent, files: files.map((file) => `${table}/batch=${name}/${file}`) };
  }
  return tables;
}

/** The rename is the commit point. */
async function writeRecord(folders: Folders, dir: string, record: Batch): Promise<void> {
  const draft = join(dir, 'batch.json');
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`);
  await syncToDisk(draft);
  await rename(draft, join(folders.batches, recordFile(record)));
  await syncToDisk(folders.batches);
}

/** Repeatable: a file that is no longer staged has been moved before. The staging folder goes last. */
async function moveFiles(folders: Folders, batch: Batch, onStep: (step: CommitStep) => void): Promise<void> {
  const dir = join(folders.staging, batch.name);
  for (const [table, { files }] of Object.entries(batch.tables)) {
    const left = new Set(await readdir(join(dir, table)));
    for (const file of files) {
      const target = join(folders.root, file);
      await mkdir(dirname(target), { recursive: true });
      const name = file.slice(file.lastIndexOf('/') + 1);
      if (left.has(name)) await rename(join(dir, table, name), target);
      await syncToDisk(dirname(target));
    }
    onStep('moved');
  }
  await rm(dir, { recursive: true, force: true });
}

/** Only under the writer's lock: finishes the moves of committed batches and deletes what was never committed. */
async function recover(folders: Folders): Promise<void> {
  const left = await readdir(folders.staging);
  if (left.length === 0) return;
  const committed = new Map((await readBatches(folders.batches)).map((batch) => [batch.name, batch]));
  for (const name of left) {
    const batch = committed.get(name);
    if (batch === undefined) await rm(join(folders.staging, name), { recursive: true, force: true });
    else await moveFiles(folders, batch, () => undefined);
  }
}

/** A live writer elsewhere owns what is staged now, and clears it itself. */
async function recoverUnlessBusy(folders: Folders): Promise<void> {
  if ((await readdir(folders.staging)).length === 0) return;
  await withWriterLock(folders.root, 0, () => recover(folders)).catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'lake-busy')) throw error;
  });
}

/** Waits until no committed batch has files on the move, and moves them itself when their writer has died. */
async function settle(folders: Folders): Promise<void> {
  for (let waited = 0; waited < WAIT_MS; waited += SETTLE_POLL_MS) {
    const staged = await readdir(folders.staging);
    if (staged.length === 0) return;
    const committed = new Set((await readBatches(folders.batches)).map((batch) => batch.name));
    if (!staged.some((name) => committed.has(name))) return;
    await recoverUnlessBusy(folders);
    await delay(SETTLE_POLL_MS);
  }
  throw new AppError(
    'unavailable',
    'lake-unsettled',
    `the lake ${folders.root} has a batch on the move: try again`,
  );
}

async function createViews(db: Duckdb, root: string, batches: readonly Batch[]): Promise<void> {
  for (const table of LAKE_TABLE_NAMES) {
    const files = batches.flatMap((batch) => batch.tables[table]?.files ?? []);
    await db.run(`CREATE OR REPLACE VIEW ${table} AS ${selectFiles(table, root, files)}`);
  }
}

function selectFiles(table: LakeTable, root: string, files: readonly string[]): string {
  const columns = Object.entries(LAKE_COLUMNS[table]);
  if (files.length === 0) {
    return `SELECT ${columns.map(([name, type]) => `NULL::${type} AS ${quoteName(name)}`).join(', ')} WHERE false`;
  }
  const paths = files.map((file) => quoteText(join(root, file))).join(', ');
  const names = columns.map(([name]) => quoteName(name)).join(', ');
  return `SELECT ${names} FROM read_parquet([${paths}], hive_partitioning = false)`;
}
