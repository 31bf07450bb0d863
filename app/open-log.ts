/**
 * Where the live state of this process is: in its own memory, or with `REDIS_URL` in one that several processes share. Either
 * way the gate sees a live log; whoever opens the one takes the facts from whoever had the other.
 */
import { openRedisMemory } from '../adapters/redis/shared-memory.js';
import { featureSetHash } from '../features/definitions.js';
import { DEFAULT_FOLD_SETTINGS } from '../features/vocabulary.js';
import { lastLiveSequence } from '../scoring/flush.js';
import { endEpochs } from '../scoring/home/epochs.js';
import { openSharedLog } from '../scoring/home/shared-log.js';
import { restoreFromLake } from '../scoring/lake-history.js';
import { openLiveLog } from '../scoring/live-log.js';
import type { LiveLog } from '../scoring/live-log.js';
import type { Cli } from './cli-io.js';
import type { LiveSnapshots } from './live-snapshots.js';
import type { Stores } from './stores.js';

export interface OpenedLog {
  readonly liveLog: LiveLog;
  /** Makes good what processes that died have left; nothing for a log of one process. */
  repair(): Promise<void>;
  /** After the live log was closed. */
  letGo(): Promise<void>;
}

type OnProgress = (done: number, total: number) => void;

export async function openLog(
  cli: Cli,
  stores: Stores,
  snapshots: Pick<LiveSnapshots, 'restore'>,
  onProgress: OnProgress,
): Promise<OpenedLog> {
  const { redisUrl } = cli.config();
  if (redisUrl !== null) return openShared(cli, stores, redisUrl, onProgress);
  const { pool } = stores;
  const { clock, log } = cli;
  await endEpochs(pool);
  let starting = true;
  const restore = () => snapshots.restore(starting ? onProgress : undefined);
  const liveLog = await openLiveLog({ pool, clock, log, restore });
  starting = false;
  return { liveLog, repair: async () => undefined, letGo: async () => undefined };
}

async function openShared(
  { clock, log }: Cli,
  { pool, lake }: Stores,
  url: string,
  onProgress: OnProgress,
): Promise<OpenedLog> {
  const memory = await openRedisMemory({ url, log });
  const imported = (await lake.batches()).filter((batch) => lastLiveSequence(batch) === 0);
  try {
    const liveLog = await openSharedLog({
      pool,
      clock,
      log,
      memory,
      featureSetHash: featureSetHash(DEFAULT_FOLD_SETTINGS),
      restore: () => restoreFromLake({ pool, lake, clock, onProgress }),
      importedBatch: imported.at(-1)?.ordinal ?? 0,
    });
    return { liveLog, repair: () => liveLog.repair(), letGo: () => memory.close() };
  } catch (error) {
    await memory.close();
    throw error;
  }
}
