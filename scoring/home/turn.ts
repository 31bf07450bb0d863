/**
 * One turn at the shared fold for whatever arrived together: read the records that the payments name, make each entry and let
 * the small fold see it, and change the records if nobody else has; otherwise all of it again. The change gives the
 * sequences, so their order is the order in which the records of every payer and payee changed.
 */
import { unavailable } from '../../core/group-commit.js';
import type { Clock } from '../../core/clock.js';
import type { SpaceChange } from '../../core/ports/record-space.js';
import { MAX_NEW_PAIRS, RecordFold } from '../../features/record-fold.js';
import type { PaymentRequest } from '../../ingest/facts.js';
import { columnsOf } from '../entries.js';
import type { Entry, EntryColumns } from '../entries.js';
import type { Moment } from '../live-log.js';
import type { Home } from './build.js';
import { numbered } from './waiting.js';

/** In each round somebody gets through, so it takes many processes on one payee to come near this. */
const MAX_ROUNDS = 64;
/** Numbers for new pairs that are asked for at once. */
const NUMBERS = 8 * MAX_NEW_PAIRS;

export interface Asked {
  readonly payment: PaymentRequest;
  readonly claims: readonly string[];
  readonly make: (moment: Moment) => Entry;
}

/** An entry that the fold has seen and that waits in the memory. */
export interface Taken {
  readonly home: Home;
  readonly entry: Entry;
  readonly columns: EntryColumns;
  readonly claims: readonly string[];
}

interface Made {
  readonly asked: Asked;
  readonly entry: Entry;
}

/** @throws FoldLost, and whatever the memory throws when it cannot be reached. */
export type TakeTurn = (home: Home, asked: readonly Asked[]) => Promise<(Taken | Error)[]>;

/** The space is not there any more, or has gone back to an earlier state. */
export class FoldLost extends Error {}

export function createTurns({ clock }: { readonly clock: Clock }): TakeTurn {
  const records = new RecordFold();
  const names = createNames();
  let floor = { epoch: 0, sequence: 0 };

  /** Answers those whose turn is over; the others are to try again. */
  async function round(home: Home, open: readonly Asked[]): Promise<Map<Asked, Taken | Error>> {
    const found = await home.space.read(records.name(open.map(({ payment }) => payment)));
    if (found === null) throw new FoldLost('the space is not there');
    await names.supply(home);
    records.load(found);
    const made: Made[] = [];
    for (const asked of open) {
      const entry = make(home, asked);
      // The small fold may hold half of what failed: the others are made again, without it.
      if (entry instanceof Error) return new Map([[asked, entry]]);
      made.push({ asked, entry });
    }
    const outcome = await home.space.change(changeOf(home, made));
    switch (outcome.kind) {
      case 'done':
        floor = { epoch: home.epoch, sequence: outcome.firstSequence + made.length - 1 };
        return new Map(made.map((one, i) => [one.asked, taken(home, one, outcome.firstSequence + i)]));
      case 'claimed':
        return new Map(
          made.slice(outcome.position, outcome.position + 1).map(({ asked }) => [asked, claimed()]),
        );
      case 'stale':
        return new Map();
      case 'lost':
        throw new FoldLost('the space is not there or has gone back');
    }
  }

  function make({ history }: Home, asked: Asked): Entry | Error {
    const knownAt = Math.max(records.knownAt(asked.payment), clock.now());
    try {
      const entry = asked.make({ fold: records.fold, sequence: 0, knownAt, history });
      records.observe(entry.observation);
      return entry;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  function changeOf({ epoch }: Home, made: readonly Made[]): SpaceChange {
    const changed = records.changed(names.next);
    return {
      floor: floor.epoch === epoch ? floor.sequence : 0,
      claims: made.map(({ asked }) => asked.claims),
      checked: changed.entities,
      unchecked: changed.pairs,
      entries: made.map(({ entry }) => JSON.stringify(columnsOf(entry))),
    };
  }

  return async (home, asked) => {
    const results = new Map<Asked, Taken | Error>();
    for (let i = 0; i < MAX_ROUNDS && results.size < asked.length; i++) {
      const open = asked.filter((one) => !results.has(one));
      for (const [one, result] of await round(home, open)) results.set(one, result);
    }
    return asked.map((one) => results.get(one) ?? contended());
  };
}

/** Names for new pairs, out of ranges that the memory gives to one process each; another space has other pairs. */
function createNames() {
  let free = { epoch: 0, next: 0, end: 0 };
  return {
    next: (): number => free.next++,
    /** Sees to it that there are enough for a turn. */
    async supply({ space, epoch }: Home): Promise<void> {
      if (free.epoch === epoch && free.end - free.next >= MAX_NEW_PAIRS) return;
      const next = await space.takeNumbers(NUMBERS);
      free = { epoch, next, end: next + NUMBERS };
    },
  };
}

function taken(home: Home, { asked, entry }: Made, sequence: number): Taken {
  const columns = numbered(columnsOf(entry), sequence);
  const observation = { ...entry.observation, sequence };
  // The entry that was made, at its place.
  return { home, entry: { ...entry, observation } as Entry, columns, claims: asked.claims };
}

/** By another process, or by an earlier request whose answer did not become durable in time: a repetition finds it. */
function claimed(): Error {
  return unavailable('in-progress', 'this request is being answered elsewhere; repeat it');
}

function contended(): Error {
  return unavailable('gate-contended', 'too many decisions on one payee; try again shortly');
}
