/**
 * How a process comes to the shared fold: it takes the newest epoch if that is whole, otherwise it builds one, from the lake and
 * the log, while everybody else waits for it. Entries that still wait in the old space are committed first, so that nothing
 * is lost that the lost fold had seen, as far as the memory still knows them.
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import type { RecordSpace, SharedMemory } from '../../core/ports/record-space.js';
import { recordsOf } from '../../features/record-fold.js';
import type { Fold } from '../../features/fold.js';
import type { HistoryMark } from '../live-state.js';
import type { LiveState } from '../live-log.js';
import { alone, beginEpoch, completeEpoch, newestEpoch } from './epochs.js';
import type { Epoch } from './epochs.js';
import { commitWaiting } from './waiting.js';

export interface BuildDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: SharedMemory;
  readonly featureSetHash: string;
  /** Builds a whole fold from the history and the log. */
  readonly restore: () => Promise<LiveState>;
}

/** The fold of an epoch that is whole. */
export interface Home {
  readonly epoch: number;
  readonly space: RecordSpace;
  readonly history: HistoryMark;
}

export interface HomeWanted {
  /** A process that starts may replace the fold of another version of the program; one that runs must not. */
  readonly starting: boolean;
  /** The epoch that has turned out to be of no use. */
  readonly broken: number | null;
  /** The newest batch that was imported, by its ordinal: a process that starts wants it in the fold. */
  readonly importedBatch: number;
}

/** @throws AppError `conflict` when another version of the program, or a gate without shared memory, has taken over. */
export function findHome(deps: BuildDeps, wanted: HomeWanted): Promise<Home> {
  return alone(deps.pool, async () => {
    const newest = await newestEpoch(deps.pool);
    const home = newest === null ? null : await homeOf(deps, newest, wanted);
    if (home !== null) return home;
    if (!wanted.starting && newest?.featureSetHash !== deps.featureSetHash) throw superseded(newest);
    if (newest !== null) await drain(deps, newest);
    return build(deps);
  });
}

async function homeOf(deps: BuildDeps, epoch: Epoch, wanted: HomeWanted): Promise<Home | null> {
  const { history, featureSetHash } = epoch;
  if (history === null || epoch.epoch === wanted.broken || featureSetHash !== deps.featureSetHash)
    return null;
  if (history.batches < wanted.importedBatch) return null;
  const space = deps.memory.space(epoch.space);
  return (await space.isOpen()) ? { epoch: epoch.epoch, space, history } : null;
}

function superseded(newest: Epoch | null): AppError {
  const by = newest === null ? 'a gate without REDIS_URL' : 'another version of the program';
  return new AppError('conflict', 'fold-superseded', `${by} has taken over the fold: restart this process`);
}

/** What the memory still knows is kept; a memory that was lost knows nothing, and its loss is told. */
async function drain(deps: BuildDeps, { epoch, space }: Epoch): Promise<void> {
  const old = { epoch, space: deps.memory.space(space) };
  const outcome = await commitWaiting({ ...deps, ...old }, Number.POSITIVE_INFINITY).catch(
    (error: unknown) => {
      deps.log.error({ event: 'shared-fold-not-drained', epoch, reason: String(error) });
      return null;
    },
  );
  if (outcome !== null && outcome.committed + outcome.refused > 0)
    deps.log.info({ event: 'shared-fold-drained', epoch, ...outcome });
}

/** Records a call: some megabytes at most, unless their histories are long. */
const PUT_BATCH = 200;

async function build(deps: BuildDeps): Promise<Home> {
  const { pool, clock, log, memory, featureSetHash } = deps;
  const { epoch, space: name } = await beginEpoch(pool, clock, featureSetHash);
  log.warn({ event: 'shared-fold-building', epoch });
  const { fold, sequence, knownAt, history } = await deps.restore();
  const space = memory.space(name);
  const numbers = await fill(space, fold, knownAt);
  await space.open({ sequence, numbers });
  const earlier = await completeEpoch(pool, epoch, { history, sequence });
  log.info({ event: 'shared-fold-built', epoch, sequence, entities: fold.sizes() });
  for (const old of earlier)
    await memory.drop(old).catch((error: unknown) => {
      log.warn({ event: 'shared-fold-not-dropped', space: old, reason: String(error) });
    });
  return { epoch, space, history };
}

/** Answers the first number that no pair has. */
async function fill(space: RecordSpace, fold: Fold, knownAt: number): Promise<number> {
  const records = recordsOf(fold, knownAt);
  let batch: (readonly [string, Buffer])[] = [];
  for (;;) {
    const step = records.next();
    if (!step.done) batch.push(step.value);
    if (step.done || batch.length === PUT_BATCH) {
      await space.put(batch);
      batch = [];
    }
    if (step.done) return step.value;
  }
}
