/**
 * Which fold this process uses, and what it does when that turns out to be of no use: it looks for another one, serves nothing
 * meanwhile, and after a failure looks again when somebody asks, but not sooner than after a pause.
 */
import type { BuildDeps, Home, HomeWanted } from './build.js';
import { findHome } from './build.js';

/** After a failed search, requests do not start another one sooner. */
const PAUSE_MS = 1000;

type Phase =
  | { readonly name: 'serving'; readonly home: Home }
  | { readonly name: 'searching'; readonly done: Promise<void> }
  | { readonly name: 'stale'; readonly since: number }
  | { readonly name: 'closed' };

export interface HomeSearch {
  /** Null while there is none. Starts a search that is due. */
  serving(): Home | null;
  /** The home is of no use to this process any more; `isBroken`: nor to any other. */
  leave(home: Home, isBroken: boolean): void;
  /** Waits for a search that is under way. */
  close(): Promise<void>;
}

/** @param importedBatch ordinal of the newest batch that was imported. Rejects when there is no fold and none can be built. */
export async function openHomeSearch(deps: BuildDeps, importedBatch: number): Promise<HomeSearch> {
  const { clock, log } = deps;
  const first = await findHome(deps, { starting: true, broken: null, importedBatch });
  let phase: Phase = { name: 'serving', home: first };

  function search(broken: number | null): void {
    const wanted: HomeWanted = { starting: false, broken, importedBatch: 0 };
    const done = findHome(deps, wanted).then(
      (home) => {
        if (phase.name === 'searching') phase = { name: 'serving', home };
        log.info({ event: 'shared-fold-found', epoch: home.epoch });
      },
      (error: unknown) => {
        log.error({ event: 'shared-fold-not-found', reason: reasonOf(error) });
        if (phase.name === 'searching') phase = { name: 'stale', since: clock.now() };
      },
    );
    phase = { name: 'searching', done };
  }

  return {
    serving: () => {
      if (phase.name === 'stale' && clock.now() - phase.since >= PAUSE_MS) search(null);
      return phase.name === 'serving' ? phase.home : null;
    },
    leave: (home, isBroken) => {
      if (phase.name === 'serving' && phase.home === home) search(isBroken ? home.epoch : null);
    },
    close: async () => {
      const searching = phase.name === 'searching' ? phase.done : null;
      phase = { name: 'closed' };
      await searching;
    },
  };
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
