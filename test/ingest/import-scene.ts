/** A fresh lake and a way to bring files into it, for the tests of the import. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openDuckdb } from '../../core/duckdb.js';
import type { ColumnMap } from '../../ingest/column-map.js';
import type { ImportRequest } from '../../ingest/import-file.js';
import { importFile } from '../../ingest/import-file.js';
import type { Lake } from '../../ingest/lake.js';
import { openLake } from '../../ingest/lake.js';

export const MAP: ColumnMap = { paymentId: 'id', occurredAt: 'at', payerId: 'who', amount: 'amount' };
export const GOOD = 'id,at,who,amount\np1,2026-01-05 10:00:00,u1,10.50\np2,2026-01-06 11:30:00,u2,7\n';

export async function scene() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'import-'));
  const lake = await openLake(path.join(folder, 'lake'));
  return {
    folder,
    lake,
    bring: async (content: string | Buffer, request: Partial<ImportRequest> = {}, file = 'payments.csv') => {
      await writeFile(path.join(folder, file), content);
      return importFile(lake, {
        file: path.join(folder, file),
        map: MAP,
        rejectsDir: path.join(folder, 'rejects'),
        ...request,
      });
    },
  };
}

export async function query<T>(lake: Lake, sql: string): Promise<T[]> {
  const db = await openDuckdb(':memory:');
  await lake.attach(db);
  const rows = await db.rows<T>(sql);
  db.close();
  return rows;
}
