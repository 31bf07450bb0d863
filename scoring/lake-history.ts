/**
 * The history of the live state, read from the lake. What the log still holds is moved there first, so that one query
 * orders it among everything else, also among what was imported since.
 */
import type { Pool } from 'pg';
import type { Clock } from '../core/clock.js';
import { openDuckdb } from '../core/duckdb.js';
import { createFold } from '../features/fold.js';
import type { Fold } from '../features/fold.js';
import { replay } from '../features/replay.js';
import type { ReplayOptions } from '../features/replay.js';
import type { Batch } from '../ingest/batch-record.js';
import type { Lake } from '../ingest/lake.js';
import { flushFacts, lakeWatermark } from './flush.js';
import type { LiveState } from './live-log.js';
import { restoreLiveState } from './live-state.js';
import type { History } from './live-state.js';

interface LakeHistoryDeps {
  readonly pool: Pool;
  readonly lake: Lake;
  readonly clock: Clock;
  readonly onProgress?: (done: number, total: number) => void;
}

export async function restoreFromLake(deps: LakeHistoryDeps): Promise<LiveState> {
  await flushFacts(deps.pool, deps.lake);
  return restoreLiveState({ pool: deps.pool, clock: deps.clock, createFold, history: lakeHistory(deps) });
}

function lakeHistory({ lake, onProgress }: LakeHistoryDeps): History {
  return {
    watermark: () => lakeWatermark(lake),
    replay: async (fold, untilMs) => {
      const batches = await lake.batches();
      await replayBatches(lake, batches, fold, {
        untilMs,
        ...(onProgress === undefined ? {} : { onProgress }),
      });
      return batches.at(-1)?.ordinal ?? 0;
    },
  };
}

/** Feeds the facts of some batches to the fold. */
export async function replayBatches(
  lake: Pick<Lake, 'attach'>,
  batches: readonly Batch[],
  fold: Fold,
  options: ReplayOptions,
): Promise<void> {
  const db = await openDuckdb(':memory:');
  try {
    await lake.attach(db, batches);
    await replay(db, fold, options);
  } finally {
    db.close();
  }
}
