/** A lake and a warehouse in a temporary folder, through the real ones' doors. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openDuckdb } from '../../core/duckdb.js';
import type { Duckdb } from '../../core/duckdb.js';
import { appendFacts } from '../../ingest/append-facts.js';
import type { Fact } from '../../ingest/facts.js';
import { openLake } from '../../ingest/lake.js';
import type { Lake } from '../../ingest/lake.js';
import { buildWarehouse, warehousePath } from '../../reporting/warehouse.js';
import type { GateDecision } from '../../reporting/warehouse.js';

export interface TestWarehouse {
  readonly dataDir: string;
  readonly path: string;
  readonly lake: Lake;
  build(asOf: number, decisions?: Iterable<GateDecision>): Promise<ReadonlyMap<string, number>>;
  /** Rows of a query on the file as it is now. */
  rows<T>(sql: string): Promise<T[]>;
  remove(): Promise<void>;
}

export async function testWarehouse(facts: Iterable<Fact>): Promise<TestWarehouse> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-warehouse-'));
  const lake = await openLake(path.join(dataDir, 'lake'));
  await appendFacts(lake, { name: 'facts', source: 'test' }, facts);
  const file = warehousePath(dataDir);
  return {
    dataDir,
    path: file,
    lake,
    build: (asOf, decisions = []) => buildWarehouse({ lake, path: file, asOf, builtAt: asOf, decisions }),
    rows: <T>(sql: string) => withDuckdb(file, (db) => db.rows<T>(sql)),
    remove: () => rm(dataDir, { recursive: true, force: true }),
  };
}

async function withDuckdb<T>(file: string, query: (db: Duckdb) => Promise<T>): Promise<T> {
  const db = await openDuckdb(file, { readOnly: true });
  try {
    return await query(db);
  } finally {
    db.close();
  }
}
