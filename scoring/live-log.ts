/**
 * The live log: the one place where a fact gets its number, is seen by the fold and is made durable. In this order:
 * number and instant, `observe`, then the commit; all before `append` returns its promise, so that requests of the same moment
 * see each other and a replay in (knownAt, sequence) order reproduces every vector bit for bit. `knownAt` never goes
 * back. When a commit fails, the fold holds facts that the log may lack: the log serves nothing until the fold is rebuilt.
 */
import type { Pool } from 'pg';
import type { Clock } from '../core/clock.js';
import type { AppError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import type { Fold } from '../features/fold.js';
import type { PaymentRequest } from '../ingest/facts.js';
import { writeEntries } from './entries.js';
import type { Entry } from './entries.js';
import { createGroupCommit, unavailable } from '../core/group-commit.js';
import type { HistoryMark } from './live-state.js';

/** The fold and where the log stands; `knownAt` is the newest instant that the fold has seen. */
export interface LiveState {
  readonly fold: Fold;
  readonly sequence: number;
  readonly knownAt: number;
  /** What the fold was built from: logged with every decision, for its replay. */
  readonly history: HistoryMark;
}

/** The place of the next entry, for its maker: the fold is to be read, not to be fed. */
export type Moment = LiveState;

/** What an entry will be about, before it is made. */
export interface About {
  readonly payment: PaymentRequest;
  /** What identifies the command that asks for it: another process must not carry it out too. */
  readonly claims: () => readonly string[];
}

export interface LiveLog {
  /**
   * Resolves with the entry when it is durable. `make` may be called again when the fold has moved on meanwhile.
   * @throws AppError `unavailable` when it is not.
   */
  append<E extends Entry>(about: About, make: (moment: Moment) => E): Promise<E>;
  /** Whether entries can be taken. Starts a rebuild that is due. */
  isReady(): boolean;
  /** The serving fold; null while it is rebuilt, and when it is kept elsewhere. */
  fold(): Fold | null;
  /** Makes everything that waits durable and takes no more. Answers the state at rest, or null when it is not all durable. */
  close(): Promise<LiveState | null>;
}

interface LiveLogDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  /** Builds the state from the history and the log. */
  readonly restore: () => Promise<LiveState>;
}

/** About 300 KB a statement; PostgreSQL's time is then spent on rows, not on round trips. */
const MAX_BATCH = 256;
/** Two to three seconds of work at the measured rate: beyond it a caller is better told to come back. */
const MAX_WAITING = 4096;
/** After a failed rebuild, requests do not start another one sooner. */
const REBUILD_PAUSE_MS = 1000;

type Phase =
  | { readonly name: 'serving'; readonly fold: Fold }
  | { readonly name: 'rebuilding'; readonly done: Promise<void> }
  | { readonly name: 'stale'; readonly since: number }
  | { readonly name: 'closed'; readonly fold: Fold | null };

/** Restores the state first; rejects when that fails. */
export async function openLiveLog(deps: LiveLogDeps): Promise<LiveLog> {
  const { clock, log } = deps;
  const first = await deps.restore();
  let { sequence, knownAt, history } = first;
  let phase: Phase = { name: 'serving', fold: first.fold };

  const commit = createGroupCommit<Entry, undefined>({
    write: (entries) => writeEntries(deps.pool, entries),
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    onFailure: (error) => {
      log.error({ event: 'log-commit-failed', reason: reasonOf(error) });
      if (phase.name === 'serving') startRebuild();
      if (phase.name === 'closed') phase = { name: 'closed', fold: null };
    },
  });

  function startRebuild(): void {
    phase = { name: 'rebuilding', done: rebuild() };
  }

  async function rebuild(): Promise<void> {
    try {
      const state = await deps.restore();
      ({ sequence, history } = state);
      knownAt = Math.max(knownAt, state.knownAt);
      if (phase.name === 'rebuilding') phase = { name: 'serving', fold: state.fold };
      log.info({ event: 'live-state-rebuilt', sequence });
    } catch (error) {
      log.error({ event: 'live-state-rebuild-failed', reason: reasonOf(error) });
      if (phase.name === 'rebuilding') phase = { name: 'stale', since: clock.now() };
    }
  }

  function servingFold(): Fold | null {
    if (phase.name === 'stale' && clock.now() - phase.since >= REBUILD_PAUSE_MS) startRebuild();
    return phase.name === 'serving' ? phase.fold : null;
  }

  return {
    async append(_about, make) {
      const fold = servingFold();
      if (fold === null) throw notReady();
      commit.requireRoom();
      const moment = { fold, sequence: sequence + 1, knownAt: Math.max(knownAt, clock.now()), history };
      const entry = make(moment);
      ({ sequence, knownAt } = moment);
      try {
        fold.observe(entry.observation);
      } catch (error) {
        // A fold that stopped half way through a fact is of no more use.
        startRebuild();
        throw error;
      }
      await commit.add(entry).catch(notDurable);
      return entry;
    },
    isReady: () => servingFold() !== null,
    fold: servingFold,
    async close() {
      const rebuilding = phase.name === 'rebuilding' ? phase.done : null;
      phase = { name: 'closed', fold: 'fold' in phase ? phase.fold : null };
      await commit.idle();
      await rebuilding;
      const { fold } = phase;
      return fold === null ? null : { fold, sequence, knownAt, history };
    },
  };
}

function notReady(): AppError {
  return unavailable('gate-not-ready', 'the live state is being built; try again shortly');
}

function notDurable(cause: unknown): never {
  throw unavailable('not-durable', 'the answer could not be stored; repeat the request', cause);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
