/**
 * Snapshots of the live state beside a running server. They are made by a program of its own at a lower priority, from the
 * snapshot before and what is durable since: copying the serving fold would stop the gate for as long as its memory takes to
 * copy, and would hold facts that are not durable yet. Only a server at rest writes its own.
 */
import path from 'node:path';
import type { Environment } from '../core/config.js';
import type { LiveState } from '../scoring/live-log.js';
import { isSnapshotDue, keepLiveState, restoreLive } from '../scoring/live-snapshot.js';
import type { LiveSnapshotDeps } from '../scoring/live-snapshot.js';
import type { Cli } from './cli-io.js';
import { startOwnProgram } from './own-program.js';
import type { OwnProgram } from './own-program.js';
import type { Stores } from './stores.js';

export function snapshotDeps(
  { pool, lake, dataDir }: Stores,
  { clock, log }: Pick<Cli, 'clock' | 'log'>,
): LiveSnapshotDeps {
  return { pool, lake, clock, log, folder: path.join(dataDir, 'fold-snapshots') };
}

export interface LiveSnapshots {
  restore(onProgress?: LiveSnapshotDeps['onProgress']): Promise<LiveState>;
  keep(state: LiveState): Promise<void>;
  /** Resolves when a due snapshot is made; at once when none is due. */
  renew(): Promise<void>;
  /** Ends what is being made. */
  stop(): void;
}

export function openLiveSnapshots(deps: LiveSnapshotDeps, env: Environment): LiveSnapshots {
  let running: OwnProgram | null = null;
  let stopped = false;
  /** A fold that several processes share is kept elsewhere. */
  let serves = false;
  return {
    restore: (onProgress) => {
      serves = true;
      return restoreLive(onProgress === undefined ? deps : { ...deps, onProgress });
    },
    keep: (state) => keepLiveState(deps, state),
    renew: async () => {
      if (!serves || !(await isSnapshotDue(deps)) || stopped) return;
      running = startOwnProgram(['jobs', 'run', 'snapshot-fold'], { env });
      const { failure, said } = await running.ended;
      running = null;
      if (failure !== null && !stopped) deps.log.warn({ event: 'snapshot-program-failed', failure, said });
    },
    stop: () => {
      stopped = true;
      running?.stop();
    },
  };
}
