/**
 * The live log of one process among several that share the fold (docs/decisions/0006-fold-in-redis.md). An entry takes its
 * turn at the fold, waits in the shared memory until it is committed to the log, and is answered then. Whatever fails in
 * between leaves it waiting, and somebody commits it: the fold has seen nothing that the log lacks for long.
 */
import { createGroupCommit, unavailable } from '../../core/group-commit.js';
import { AppError } from '../../core/errors.js';
import { writeColumns } from '../entries.js';
import type { LiveLog } from '../live-log.js';
import type { BuildDeps, Home } from './build.js';
import { isEpochOver } from './epochs.js';
import { openHomeSearch, reasonOf } from './search.js';
import type { HomeSearch } from './search.js';
import { createTurns, FoldLost } from './turn.js';
import type { Asked, Taken } from './turn.js';
import { commitWaiting } from './waiting.js';

export interface SharedLog extends LiveLog {
  /** Commits what processes that died have left, and finds out whether the memory can be reached: every few seconds. */
  repair(): Promise<void>;
}

interface SharedLogDeps extends BuildDeps {
  /** Ordinal of the newest batch that was imported into the lake. */
  readonly importedBatch: number;
}

/** Requests a turn: some milliseconds of scoring, and the first of them waits for the last. */
const MAX_TURN = 64;
/** As for the log of one process. */
const MAX_COMMIT = 256;
const MAX_WAITING = 4096;
/** Longer than any commit that is still going to succeed: whoever applied an entry has died or failed by then. */
const GRACE_MS = 10_000;

/** Finds or builds the fold first; rejects when that fails. */
export async function openSharedLog(deps: SharedLogDeps): Promise<SharedLog> {
  const { log } = deps;
  const homes = await openHomeSearch(deps, deps.importedBatch);
  const takeTurn = createTurns(deps);
  let isReachable = true;

  function requireHome(): Home {
    const home = homes.serving();
    if (home === null)
      throw unavailable('gate-not-ready', 'the shared fold is being built; try again shortly');
    return home;
  }

  /** Notes whether the memory could be reached, and looks for another fold when this one is gone. */
  async function at<T>(home: Home, call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      isReachable = true;
      return answer;
    } catch (error) {
      isReachable = error instanceof FoldLost || isEpochOver(error);
      if (isReachable) homes.leave(home, error instanceof FoldLost);
      log.error({ event: 'shared-fold-failed', epoch: home.epoch, reason: reasonOf(error) });
      throw error;
    }
  }

  const turns = createGroupCommit<Asked, Taken | Error>({
    write: async (asked) => {
      const home = requireHome();
      return at(home, takeTurn(home, asked));
    },
    maxBatch: MAX_TURN,
    maxWaiting: MAX_WAITING,
  });
  const commits = openCommits(deps, homes);

  return {
    async append(about, make) {
      requireHome();
      turns.requireRoom();
      commits.requireRoom();
      const asked = { payment: about.payment, claims: about.claims(), make };
      const taken = await turns.add(asked).catch((cause: unknown) => {
        if (cause instanceof AppError) throw cause;
        throw unavailable('fold-unreachable', 'the shared fold cannot be reached; try again shortly', cause);
      });
      if (taken instanceof Error) throw taken;
      await commits.add(taken).catch((cause: unknown) => {
        throw unavailable('not-durable', 'the answer could not be stored; repeat the request', cause);
      });
      // What `make` made.
      return taken.entry as ReturnType<typeof make>;
    },
    isReady: () => homes.serving() !== null && isReachable,
    fold: () => null,
    async repair() {
      const home = homes.serving();
      if (home !== null) await at(home, repair(deps, home));
    },
    async close() {
      await turns.idle();
      await commits.idle();
      await homes.close();
      return null;
    },
  };
}

function openCommits(deps: BuildDeps, homes: HomeSearch) {
  return createGroupCommit<Taken, undefined>({
    write: (taken) => commitTaken(deps, taken),
    maxBatch: MAX_COMMIT,
    maxWaiting: MAX_WAITING,
    onFailure: (error) => {
      deps.log.error({ event: 'log-commit-failed', reason: reasonOf(error) });
      const home = homes.serving();
      if (isEpochOver(error) && home !== null) homes.leave(home, false);
    },
  });
}

/** A fold that was built meanwhile has what was committed; what was taken at the one before it is not committed any more. */
async function commitTaken({ pool, log }: BuildDeps, taken: readonly Taken[]): Promise<undefined[]> {
  const [first, ...others] = taken;
  if (first === undefined) return [];
  const { home } = first;
  if (others.some((other) => other.home !== home)) throw new Error('the fold was built again');
  const columns = taken.map((one) => one.columns);
  const done = await writeColumns(pool, columns, home.epoch);
  home.space
    .settle(taken.map(({ columns: { fact }, claims }) => ({ sequence: fact.sequence, claims })))
    .catch((error: unknown) => {
      log.warn({ event: 'shared-entries-not-settled', reason: reasonOf(error) });
    });
  return done;
}

async function repair({ pool, clock, log }: BuildDeps, home: Home): Promise<void> {
  if (!(await home.space.isOpen())) throw new FoldLost('the space is not there');
  const { refused } = await commitWaiting({ pool, log, ...home }, clock.now() - GRACE_MS);
  // Built again without what the log will never hold.
  if (refused > 0) throw new FoldLost(`${refused} entries cannot be committed`);
}
