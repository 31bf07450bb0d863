/**
 * The live state in a file, so that a start reads arrays and the facts since instead of replaying the lake. A snapshot keeps the
 * mark of the history that its fold began from: a decision made on top of it names the same mark, and a replay from there
 * sees exactly what this fold saw. It is used only where a replay from scratch would come to the same vectors; otherwise, and
 * when no file can be read, the replay is what happens, and the log says why.
 */
import path from 'node:path';
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../core/clock.js';
import { openDuckdb } from '../core/duckdb.js';
import type { Log } from '../core/log.js';
import { inTransaction } from '../core/transaction.js';
import type { Fold } from '../features/fold.js';
import { keepSnapshot, newestSnapshots } from '../features/snapshot-folder.js';
import { readSnapshot, readSnapshotHeader } from '../features/snapshot.js';
import type { SnapshotHeader } from '../features/snapshot.js';
import type { Batch } from '../ingest/batch-record.js';
import { contentHash } from '../ingest/content-hash.js';
import type { Lake } from '../ingest/lake.js';
import { newestEpoch } from './home/epochs.js';
import { firstLiveSequence, lakeWatermark, lastLiveSequence } from './flush.js';
import { restoreFromLake } from './lake-history.js';
import type { LiveState } from './live-log.js';
import { lastLogged } from './live-state.js';
import type { HistoryMark } from './live-state.js';
import { liveFacts } from './replay/live-facts.js';

export interface LiveSnapshotDeps {
  readonly pool: Pool;
  readonly lake: Lake;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the files. */
  readonly folder: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the fold of a snapshot has seen: the history of its mark, then the live facts up to a sequence. */
interface Origin {
  readonly history: HistoryMark;
  readonly sequence: number;
  readonly knownAt: number;
  /** Of the batches that the mark counts. */
  readonly lakeHash: string;
  /** The entry of the log with that sequence: its id is in no other log. Null where the log has none. */
  readonly entryId: string | null;
}

/** "snap" in ASCII: held while a file is written. */
const SNAPSHOT_LOCK = 0x736e6170;

/** Fewer live facts than this are read again in less time than a file is written. */
const WORTH_KEEPING = 10_000;

/** Where imported facts become known all day long, folding anew more often would help few starts. */
const OUTDATED_FOR_MS = 3_600_000;

/** From the newest usable snapshot; otherwise from the lake, and then kept. */
export async function restoreLive(deps: LiveSnapshotDeps): Promise<LiveState> {
  const found = await restoreFromSnapshot(deps);
  if (found !== null) return found;
  const state = await restoreFromLake(deps);
  await keepLiveState(deps, state);
  return state;
}

/**
 * Keeps a state at rest of which all is durable. A failure is logged and no more: the replay stands in for a file.
 * Nothing is written while another program writes.
 */
export async function keepLiveState(deps: LiveSnapshotDeps, state: LiveState): Promise<void> {
  const { pool, lake, log, folder } = deps;
  try {
    await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ taken: boolean }>(
        'SELECT pg_try_advisory_xact_lock($1) AS taken',
        [SNAPSHOT_LOCK],
      );
      if (rows[0]?.taken !== true) return;
      const { history, sequence, knownAt } = state;
      const entryId = await entryIdOf(client, sequence);
      const lakeHash = hashOf(await lake.batches(), history);
      const origin: Origin = { history, sequence, knownAt, lakeHash, entryId };
      const file = await keepSnapshot(folder, state.fold, origin);
      log.info({ event: 'snapshot-kept', file: path.basename(file), sequence });
    });
  } catch (error) {
    log.error({ event: 'snapshot-not-kept', reason: error instanceof Error ? error.message : String(error) });
  }
}

/** Keeps a new snapshot of what is durable, when it would save a start some work. Folds anew: for a program of its own. */
export async function renewSnapshot(deps: LiveSnapshotDeps): Promise<void> {
  if (!(await isSnapshotDue(deps))) return;
  const state = await restoreFromSnapshot(deps);
  if (state === null) await restoreLive(deps);
  else await keepLiveState(deps, state);
}

export async function isSnapshotDue(deps: LiveSnapshotDeps): Promise<boolean> {
  // Processes that share the fold commit out of order: a snapshot could miss a fact below its own sequence.
  if ((await newestEpoch(deps.pool)) !== null) return false;
  let newestAt = -Infinity;
  for (const file of await newestSnapshots(deps.folder)) {
    const judged = await judge(deps, file);
    if (judged.refused === null) return (await logEnd(deps.pool)) - judged.origin.sequence >= WORTH_KEEPING;
    newestAt = Math.max(newestAt, judged.origin?.knownAt ?? -Infinity);
  }
  return deps.clock.now() - newestAt >= OUTDATED_FOR_MS;
}

async function restoreFromSnapshot(deps: LiveSnapshotDeps): Promise<LiveState | null> {
  for (const file of await newestSnapshots(deps.folder)) {
    const judged = await judge(deps, file);
    const fold = judged.refused === null ? await readSnapshot(file, judged.header) : judged;
    const state =
      judged.refused === null && !('refused' in fold) ? await followLog(deps, fold, judged.origin) : null;
    if (state !== null) return state;
    const reason =
      'refused' in fold ? fold.refused : 'the facts since are not in the order of their instants';
    deps.log.warn({ event: 'snapshot-refused', file: path.basename(file), reason });
  }
  return null;
}

/**
 * The state of a fold that has seen what its origin says, after the live facts since. Null when several processes with clocks of
 * their own have written them: a replay from scratch goes by their instants.
 */
function followLog(
  { pool, lake, clock, log }: LiveSnapshotDeps,
  fold: Fold,
  origin: Origin,
): Promise<LiveState | null> {
  return inTransaction(pool, async (client) => {
    let instantMs = -Infinity;
    for await (const observation of liveFacts(client, lake, origin.sequence)) {
      if (observation.knownAt < instantMs) return null;
      instantMs = observation.knownAt;
      fold.observe(observation);
    }
    const last = await lastLogged(client);
    const sequence = Math.max(origin.sequence, last.sequence, await lakeWatermark(lake));
    const knownAt = Math.max(clock.now(), last.knownAt, origin.knownAt);
    log.info({ event: 'live-state-from-snapshot', from: origin.sequence, sequence });
    return { fold, sequence, knownAt, history: origin.history };
  });
}

type Judged =
  | { readonly refused: null; readonly header: SnapshotHeader; readonly origin: Origin }
  | { readonly refused: string; readonly origin: Origin | null };

/** By its header: whether a start from there would be one from scratch. */
async function judge(deps: LiveSnapshotDeps, file: string): Promise<Judged> {
  const header = await readSnapshotHeader(file);
  if ('refused' in header) return { ...header, origin: null };
  const origin = header.origin as Origin;
  const refused = (await whyForeign(deps, origin)) ?? (await whyOutdated(deps, origin));
  return refused === null ? { refused, header, origin } : { refused, origin };
}

/** Whether lake and log are those that the fold was built from, and hold all that came after. */
async function whyForeign({ pool, lake }: LiveSnapshotDeps, origin: Origin): Promise<string | null> {
  const batches = await lake.batches();
  if (hashOf(batches, origin.history) !== origin.lakeHash) return 'the lake is another one';
  if ((await logEnd(pool)) < origin.sequence || (await entryIdOf(pool, origin.sequence)) !== origin.entryId)
    return 'the decision log is another one';
  const split = batches.find(
    (batch) => firstLiveSequence(batch) <= origin.sequence && lastLiveSequence(batch) > origin.sequence,
  );
  if (split === undefined || rowsOf(split) === lastLiveSequence(split) - firstLiveSequence(split) + 1)
    return null;
  return `batch ${split.name} of the lake lacks sequences`;
}

/** Whether the lake has facts now that the fold should have seen before others: the order of facts is not to be mended. */
async function whyOutdated({ lake, clock }: LiveSnapshotDeps, { history }: Origin): Promise<string | null> {
  const imported = (await lake.batches()).filter(
    (batch) => lastLiveSequence(batch) === 0 && rowsOf(batch) > 0,
  );
  const later = imported.find(({ ordinal }) => ordinal > history.batches);
  if (later !== undefined) return `batch ${later.name} was imported since`;
  const open = imported.filter((batch) => newestKnownAt(batch) >= history.untilMs);
  if (open.length === 0 || !(await becameKnown(lake, open, history.untilMs, clock.now()))) return null;
  return 'imported facts have become known since';
}

async function becameKnown(
  lake: Lake,
  batches: readonly Batch[],
  fromMs: number,
  nowMs: number,
): Promise<boolean> {
  const db = await openDuckdb(':memory:');
  try {
    await lake.attach(db, batches);
    const [found] = await db.rows<{ any: boolean }>(
      `SELECT count(*) > 0 AS any FROM (${FOLDED.map((table) => `SELECT known_at FROM ${table}`).join(' UNION ALL ')})
       WHERE epoch_ms(known_at) BETWEEN ${fromMs} AND ${nowMs}`,
    );
    return found?.any === true;
  } finally {
    db.close();
  }
}

/** The tables that the fold is built from. */
const FOLDED = ['payments', 'outcomes', 'labels'] as const;

function rowsOf({ tables }: Batch): number {
  return FOLDED.reduce((rows, table) => rows + (tables[table]?.rows ?? 0), 0);
}

function newestKnownAt({ tables }: Batch): number {
  return Math.max(...FOLDED.map((table) => tables[table]?.maxKnownAt ?? -Infinity));
}

function hashOf(batches: readonly Batch[], { batches: until }: HistoryMark): string {
  const counted = batches.filter(({ ordinal }) => ordinal <= until);
  return contentHash(...counted.map(({ ordinal, contentHash: hash }) => `${ordinal} ${hash}`));
}

async function logEnd(pool: Pool): Promise<number> {
  return inTransaction(pool, async (client) => (await lastLogged(client)).sequence);
}

async function entryIdOf(client: Pool | PoolClient, sequence: number): Promise<string | null> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT decision_id AS id FROM decisions WHERE sequence = $1
     UNION ALL SELECT report_id FROM outcome_reports WHERE sequence = $1
     UNION ALL SELECT key FROM fed_facts WHERE sequence = $1`,
    [sequence],
  );
  return rows[0]?.id ?? null;
}
