/** The stores that commands and the server share, opened together and closed in the opposite order. */
import type { Pool } from 'pg';
import { lakeRoot } from '../core/config.js';
import { migrate } from '../core/migrations.js';
import { openPostgres } from '../core/postgres.js';
import { churnFeatureHash } from '../features/churn/definitions.js';
import { featureSetHash } from '../features/definitions.js';
import { retryFeatureHash } from '../features/retry/vector.js';
import { DEFAULT_FOLD_SETTINGS } from '../features/vocabulary.js';
import { openLake, type Lake } from '../ingest/lake.js';
import { openRegistry, type Registry } from '../models/registry.js';
import type { Cli } from './cli-io.js';

export interface Stores {
  readonly dataDir: string;
  readonly pool: Pool;
  /** Of the database, the embedded one too. */
  readonly databaseUrl: string;
  readonly lake: Lake;
  readonly registry: Registry;
  close(): Promise<void>;
}

export async function openStores({
  config,
  clock,
  log,
}: Pick<Cli, 'config' | 'clock' | 'log'>): Promise<Stores> {
  const settings = config();
  const { dataDir, databaseUrl } = settings;
  const postgres = await openPostgres({ dataDir, databaseUrl, log });
  try {
    await migrate(postgres.pool);
    const lake = await openLake(lakeRoot(settings), clock);
    const registry = openRegistry({
      dataDir,
      pool: postgres.pool,
      clock,
      featureSetHashes: {
        fraud: featureSetHash(DEFAULT_FOLD_SETTINGS),
        churn: churnFeatureHash(),
        retry: retryFeatureHash(),
      },
    });
    return {
      dataDir,
      pool: postgres.pool,
      databaseUrl: postgres.url,
      lake,
      registry,
      close: () => postgres.close(),
    };
  } catch (error) {
    await postgres.close();
    throw error;
  }
}
