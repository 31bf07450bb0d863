/**
 * Facts to one batch of the lake: the simulator's millions and the live log's handfuls alike. Facts stream through
 * column chunks into temporary DuckDB tables, which spill to disk beside the batch, so memory stays bounded.
 */
import type { DuckDBAppender, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { BIGINT, BOOLEAN, DOUBLE, DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import type { Duckdb } from '../core/duckdb.js';
import { assert } from '../core/errors.js';
import type { Staged } from './batch-record.js';
import { contentHash } from './content-hash.js';
import type { Fact, LakeTable } from './facts.js';
import { LAKE_TABLES } from './facts.js';
import type { Lake, NewBatch } from './lake.js';
import type { ColumnType } from './lake-tables.js';
import { LAKE_COLUMNS, SEQUENCES_PER_BATCH } from './lake-tables.js';
import { openScratch } from './scratch.js';
import { quoteName } from './sql-quote.js';
import { stageTable } from './stage-table.js';

/** DuckDB's vector size: a chunk cannot hold more. */
const CHUNK_ROWS = 2048;
const PROGRESS_EVERY = 10_000;

export interface FactBatch extends Omit<NewBatch, 'contentHash'> {
  /** Without it the name and source stand for the content: the same name is written once. */
  readonly contentHash?: string;
}

interface Appended {
  readonly outcome: 'committed' | 'already-committed';
  /** Facts written; 0 when they were there already. */
  readonly facts: number;
}

/**
 * Facts count up in the order of arrival, from the batch's own range. `onProgress` hears how many facts were taken so far.
 * Nothing lands when the iterable throws.
 */
export async function appendFacts(
  lake: Lake,
  { contentHash: hash, name, source }: FactBatch,
  facts: Iterable<Fact> | AsyncIterable<Fact>,
  onProgress: (facts: number) => void = () => undefined,
): Promise<Appended> {
  let count = 0;
  const batch = { name, source, contentHash: hash ?? contentHash('facts', source, name) };
  const outcome = await lake.commit(batch, async (dir, firstSequence) => {
    const db = await openScratch(dir);
    const tables = new Map<LakeTable, TableAppender>();
    try {
      for await (const fact of facts) {
        const name = LAKE_TABLES[fact.fact];
        let table = tables.get(name);
        if (table === undefined) tables.set(name, (table = await openTable(db, name)));
        table.append(fact, firstSequence + count);
        count += 1;
        if (count % PROGRESS_EVERY === 0) onProgress(count);
      }
      assert(count < SEQUENCES_PER_BATCH, 'a batch has fewer than 2^32 facts');
      return await stageAll(db, dir, tables);
    } finally {
      db.close();
    }
  });
  onProgress(count);
  return { outcome, facts: count };
}

async function stageAll(
  db: Duckdb,
  dir: string,
  tables: ReadonlyMap<LakeTable, TableAppender>,
): Promise<Staged> {
  const staged: Staged = {};
  for (const [table, appender] of tables) {
    appender.finish();
    const select = `SELECT * REPLACE (${fileTypes(table)}) FROM ${appender.buffer}`;
    const extent = await stageTable(db, dir, { table, select, ordered: false });
    if (extent !== null) staged[table] = extent;
  }
  return staged;
}

interface TableAppender {
  readonly buffer: string;
  append(fact: Fact, sequence: number): void;
  finish(): void;
}

/** Whole numbers below 2^53 travel as DOUBLE, which costs no bigint for each value, and become integers in the file. */
const BUFFER_TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  VARCHAR,
  DOUBLE,
  BOOLEAN,
  BIGINT,
  TIMESTAMP: DOUBLE,
};

function bufferType(column: string, type: ColumnType): DuckDBType {
  return column === 'sequence' ? DOUBLE : BUFFER_TYPES[type];
}

function fileTypes(table: LakeTable): string {
  const instants = Object.entries(LAKE_COLUMNS[table]).filter(([, type]) => type === 'TIMESTAMP');
  const casts = instants.map(([name]) => `make_timestamp(${name}::BIGINT * 1000) AS ${name}`);
  return [...casts, 'sequence::BIGINT AS sequence'].join(', ');
}

async function openTable(db: Duckdb, table: LakeTable): Promise<TableAppender> {
  const columns = Object.entries(LAKE_COLUMNS[table]).map(([name, type]) => ({
    name,
    field: name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    type: bufferType(name, type),
    values: new Array<DuckDBValue>(CHUNK_ROWS).fill(null),
  }));
  const buffer = `appended_${table}`;
  const declared = columns.map(({ name, type }) => `${quoteName(name)} ${type.toString()}`);
  await db.run(`CREATE TEMP TABLE ${buffer} (${declared.join(', ')})`);
  const appender = await db.connection.createAppender(buffer);
  const types = columns.map(({ type }) => type);
  let rows = 0;
  const flush = (): void => {
    const filled = columns.map(({ values }) => (rows === CHUNK_ROWS ? values : values.slice(0, rows)));
    if (rows > 0) appendColumns(appender, types, filled);
    rows = 0;
  };
  return {
    buffer,
    append: (fact, sequence) => {
      const fields = fact as unknown as Readonly<Record<string, DuckDBValue | undefined>>;
      // The innermost loop of a simulation: one write for each value, no allocation.
      for (const { field, values } of columns) {
        values[rows] = field === 'sequence' ? sequence : (fields[field] ?? null);
      }
      rows += 1;
      if (rows === CHUNK_ROWS) flush();
    },
    finish: () => {
      flush();
      appender.closeSync();
    },
  };
}

function appendColumns(
  appender: DuckDBAppender,
  types: readonly DuckDBType[],
  values: readonly DuckDBValue[][],
): void {
  const chunk = DuckDBDataChunk.create(types);
  chunk.setColumns(values);
  appender.appendDataChunk(chunk);
}
