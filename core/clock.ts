/**
 * The only reader of the wall clock. Everything below `app/` takes time as a value: a `Clock` or an instant.
 * Instants are UTC epoch milliseconds everywhere in TypeScript.
 */
export interface Clock {
  /** The present instant, UTC epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still until it is set: for tests, replays and simulations. */
export interface ManualClock extends Clock {
  set(instantMs: number): void;
  advance(byMs: number): void;
}

export function manualClock(startMs: number): ManualClock {
  let instantMs = startMs;
  return {
    now: () => instantMs,
    set: (next) => {
      instantMs = next;
    },
    advance: (byMs) => {
      instantMs += byMs;
    },
  };
}
