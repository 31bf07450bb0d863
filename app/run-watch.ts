/** One run of the watch over the stores: looks at the model in production, and keeps what it found. */
import type { Clock } from '../core/clock.js';
import { openWarehouseReader } from '../reporting/reader.js';
import { warehousePath } from '../reporting/warehouse.js';
import { watch } from '../reporting/watch.js';
import type { WatchedModel } from '../reporting/watch.js';
import type { DriftReport } from '../reporting/watch-report.js';
import { saveWatch } from '../reporting/watch-store.js';
import { usableChampion } from './champion.js';
import type { Stores } from './stores.js';

export async function runWatch(stores: Stores, clock: Clock): Promise<DriftReport> {
  const { pool, dataDir } = stores;
  const reader = openWarehouseReader(warehousePath(dataDir));
  try {
    const report = await watch({ pool, reader, model: await watchedModel(stores), nowMs: clock.now() });
    await saveWatch(pool, report);
    return report;
  } finally {
    reader.close();
  }
}

async function watchedModel({ registry }: Stores): Promise<WatchedModel | null> {
  const champion = await usableChampion(registry);
  if (champion === null) return null;
  const { version, featureSetHash } = champion;
  return { version, featureSetHash, reference: await registry.reference(version) };
}
