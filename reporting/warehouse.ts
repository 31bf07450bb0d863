/**
 * Builds the analysts' DuckDB file from the lake as of an instant. The marts are written into a new file beside the old
 * one, which it then replaces by a rename: nobody ever sees half a warehouse, a failed build changes nothing, and readers
 * of the old file keep it until they close it. The file is never opened for writing under its own name.
 */
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBAppender } from '@duckdb/node-api';
import { DuckDBTimestampValue } from '@duckdb/node-api';
import type { Duckdb } from '../core/duckdb.js';
import { newId } from '../core/ids.js';
import { syncToDisk } from '../ingest/durable-file.js';
import { LAKE_TABLES } from '../ingest/facts.js';
import type { Lake } from '../ingest/lake.js';
import { openScratch } from '../ingest/scratch.js';
import { quoteText } from '../ingest/sql-quote.js';
import type { Action } from '../scoring/request.js';
import type { ComponentRow, ForecastRow } from './forecast-rows.js';
import { loadComponents, loadForecasts } from './forecast-rows.js';
import { MARTS, martSource } from './marts.js';

/** What the marts need of a decision of the gate, or of a score that a backtest gave without it. */
export interface GateDecision {
  readonly decisionId: string;
  readonly paymentId: string;
  /** Null: the gate was not asked, the model scored the payment in a backtest. */
  readonly action: Action | null;
  /** Null when the rules decided alone. */
  readonly fraudProbability: number | null;
  /** Probability from which the model would flag a payment; null where the action already says it. */
  readonly flagProbability: number | null;
  readonly modelVersion: string | null;
  readonly decidedAt: number;
}

interface WarehouseBuild {
  readonly lake: Pick<Lake, 'attach' | 'batches'>;
  readonly path: string;
  /** Facts and decisions known before this instant are in, later ones are not. */
  readonly asOf: number;
  /** The present, for the record. */
  readonly builtAt: number;
  readonly decisions?: AsyncIterable<GateDecision> | Iterable<GateDecision>;
  readonly forecasts?: AsyncIterable<ForecastRow> | Iterable<ForecastRow>;
  readonly components?: readonly ComponentRow[];
}

export function warehousePath(dataDir: string): string {
  return path.join(dataDir, 'warehouse.duckdb');
}

/** Rows of each mart. Two million payments with an outcome and a label each take about six seconds on two cores. */
export async function buildWarehouse(build: WarehouseBuild): Promise<ReadonlyMap<string, number>> {
  const folder = path.dirname(build.path);
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder, build.builtAt);
  const draftFolder = path.join(folder, `${DRAFT_PREFIX}${newId('build')}`);
  await mkdir(draftFolder);
  try {
    const draft = path.join(draftFolder, 'warehouse.duckdb');
    const rows = await writeDraft(draft, build);
    await syncToDisk(draft);
    await rename(draft, build.path);
    return rows;
  } finally {
    await rm(draftFolder, { recursive: true, force: true });
  }
}

const DRAFT_PREFIX = '.warehouse-';
const ABANDONED_AFTER_MS = 3_600_000;

/** A build that was killed leaves its folder behind. */
async function removeAbandoned(folder: string, builtAt: number): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => name.startsWith(DRAFT_PREFIX));
  for (const draft of drafts) {
    const { mtimeMs } = await stat(path.join(folder, draft));
    if (mtimeMs < builtAt - ABANDONED_AFTER_MS)
      await rm(path.join(folder, draft), { recursive: true, force: true });
  }
}

async function writeDraft(draft: string, build: WarehouseBuild): Promise<ReadonlyMap<string, number>> {
  // Counted first: a batch that lands while we build makes this warehouse stale, never too new.
  const batches = (await build.lake.batches()).length;
  const db = await openScratch(path.dirname(draft));
  try {
    await build.lake.attach(db);
    await defineKnown(db, build.asOf);
    await loadDecisions(db, build.decisions ?? [], build.asOf);
    await loadForecasts(db, build.forecasts ?? [], build.asOf);
    await loadComponents(db, build.components ?? [], build.asOf);
    await db.run(`ATTACH ${quoteText(draft)} AS warehouse`);
    const rows = await writeMarts(db);
    await writeBuildRecord(db, { builtAt: build.builtAt, batches, rows });
    await db.run('CHECKPOINT warehouse');
    await db.run('DETACH warehouse');
    return rows;
  } finally {
    db.close();
  }
}

/** `known.<table>`: what was known before the as-of instant. India has one zone and no summer time: UTC + 5:30. */
async function defineKnown(db: Duckdb, asOf: number): Promise<void> {
  await db.run(`CREATE MACRO as_of() AS make_timestamp(${asOf * 1000})`);
  await db.run(`CREATE MACRO ist_day(instant) AS (instant + INTERVAL 330 MINUTE)::DATE`);
  await db.run('CREATE SCHEMA known');
  for (const table of Object.values(LAKE_TABLES)) {
    await db.run(`CREATE VIEW known.${table} AS SELECT * FROM main.${table} WHERE known_at < as_of()`);
  }
}

async function loadDecisions(
  db: Duckdb,
  decisions: AsyncIterable<GateDecision> | Iterable<GateDecision>,
  asOf: number,
): Promise<void> {
  await db.run(`CREATE TABLE known.decisions (
    decision_id VARCHAR, payment_id VARCHAR, action VARCHAR, fraud_probability DOUBLE, flag_probability DOUBLE,
    model_version VARCHAR, decided_at TIMESTAMP)`);
  const appender = await db.connection.createAppender('decisions', 'known');
  for await (const decision of decisions) {
    if (decision.decidedAt >= asOf) continue;
    appender.appendVarchar(decision.decisionId);
    appender.appendVarchar(decision.paymentId);
    appendText(appender, decision.action);
    appendDouble(appender, decision.fraudProbability);
    appendDouble(appender, decision.flagProbability);
    appendText(appender, decision.modelVersion);
    appender.appendTimestamp(new DuckDBTimestampValue(BigInt(decision.decidedAt) * 1000n));
    appender.endRow();
  }
  appender.closeSync();
}

function appendText(appender: DuckDBAppender, value: string | null): void {
  if (value === null) appender.appendNull();
  else appender.appendVarchar(value);
}

function appendDouble(appender: DuckDBAppender, value: number | null): void {
  if (value === null) appender.appendNull();
  else appender.appendDouble(value);
}

async function writeMarts(db: Duckdb): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, number>();
  for (const name of MARTS) {
    const { meaning, select } = martSource(name);
    await db.run(`CREATE TABLE warehouse.${name} AS ${select}`);
    await db.run(`COMMENT ON TABLE warehouse.${name} IS ${quoteText(meaning)}`);
    const [count] = await db.rows<{ rows: bigint }>(`SELECT count(*) AS rows FROM warehouse.${name}`);
    rows.set(name, Number(count?.rows ?? 0n));
  }
  return rows;
}

interface BuildRecord {
  readonly builtAt: number;
  readonly batches: number;
  readonly rows: ReadonlyMap<string, number>;
}

/** `next_known_at`: the first fact that this warehouse does not know yet, null when it knows them all. */
async function writeBuildRecord(db: Duckdb, { builtAt, batches, rows }: BuildRecord): Promise<void> {
  const unknown = Object.values(LAKE_TABLES).map((table) => `SELECT known_at FROM main.${table}`);
  await db.run(`CREATE TABLE warehouse.mart_info AS
    SELECT
      table_name AS mart, comment AS meaning, NULL::BIGINT AS rows,
      make_timestamp(${builtAt * 1000}) AS built_at, as_of() AS as_of, ${batches}::BIGINT AS lake_batches,
      (SELECT min(known_at) FROM (${unknown.join(' UNION ALL ')}) WHERE known_at >= as_of()) AS next_known_at
    FROM duckdb_tables() WHERE database_name = 'warehouse' AND table_name <> 'mart_info'`);
  for (const [mart, count] of rows) {
    await db.run('UPDATE warehouse.mart_info SET rows = $1 WHERE mart = $2', [BigInt(count), mart]);
  }
}
