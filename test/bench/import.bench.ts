/**
 * What importing a file costs beside the least that could be done with it: a bare DuckDB COPY of the same rows in the
 * same order, in the same process, turn and turn about. Hashing, checks, duplicates, labels and fsync are all ours.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openDuckdb } from '../../core/duckdb.js';
import { importFile } from '../../ingest/import-file.js';
import { openLake } from '../../ingest/lake.js';
import { peakMemoryMegabytes, race, type Figure } from './measure.js';
import { PAYMENTS_MAP, paymentsFile } from './payments-file.js';

const RUNS = 5;

export async function benchImport(): Promise<Figure[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bench-import-'));
  try {
    const { file, from } = await paymentsFile(folder);
    let rows = 0;
    let lakes = 0;
    const seconds = await race(
      {
        bare: () => bareCopy(file, path.join(folder, 'bare.parquet')),
        ours: async () => {
          const lake = await openLake(path.join(folder, `lake-${lakes++}`));
          rows = (await importFile(lake, { file, map: PAYMENTS_MAP, rejectsDir: folder })).payments;
        },
      },
      RUNS,
    );
    return [
      { name: `import of ${rows} ${from}`, value: seconds.ours, unit: 's' },
      { name: 'bare DuckDB COPY of the same rows in the same order', value: seconds.bare, unit: 's' },
      { name: 'import / bare COPY', value: seconds.ours / seconds.bare, unit: 'x', note: 'goal <= 3' },
      { name: 'import, payments and labels', value: rows / seconds.ours, unit: 'rows/s' },
      { name: 'peak memory', value: peakMemoryMegabytes(), unit: 'MB' },
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function bareCopy(file: string, target: string): Promise<void> {
  const db = await openDuckdb(':memory:');
  await db.run(
    `COPY (SELECT * FROM '${file}' ORDER BY TX_DATETIME, TRANSACTION_ID) TO '${target}' (FORMAT parquet, COMPRESSION zstd)`,
  );
  db.close();
}
