/**
 * Does the warehouse still say what the lake knows? It is stale without a file, with a batch that it has not seen, or
 * when a fact that was not known at its as-of instant has become known since.
 */
import type { Lake } from '../ingest/lake.js';
import type { WarehouseReader } from './reader.js';

interface Built {
  readonly batches: number;
  readonly nextKnownAt: number | null;
}

export async function isWarehouseStale(
  reader: WarehouseReader,
  lake: Pick<Lake, 'batches'>,
  nowMs: number,
): Promise<boolean> {
  const found = await reader.read((db) =>
    db.rows<Built>(
      'SELECT lake_batches::DOUBLE AS batches, next_known_at AS "nextKnownAt" FROM mart_info LIMIT 1',
    ),
  );
  const built = found?.[0];
  if (built === undefined) return true;
  if (built.batches !== (await lake.batches()).length) return true;
  return built.nextKnownAt !== null && built.nextKnownAt < nowMs;
}
