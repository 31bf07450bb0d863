/**
 * A DuckDB in memory for shaping one batch: it spills to `dir` when its tables outgrow the bound, so that a file larger
 * than memory can still be sorted. Whatever spills is deleted with the folder.
 */
import { join } from 'node:path';
import type { Duckdb } from '../core/duckdb.js';
import { openDuckdb } from '../core/duckdb.js';
import { quoteText } from './sql-quote.js';

const MEMORY_LIMIT = '2GB';

export async function openScratch(dir: string): Promise<Duckdb> {
  const db = await openDuckdb(':memory:');
  await db.run(`SET memory_limit = '${MEMORY_LIMIT}'`);
  await db.run(`SET temp_directory = ${quoteText(join(dir, 'spill'))}`);
  return db;
}
