/**
 * A model's deadline. JavaScript cannot interrupt a model, but it can refuse to wait for one again: an answer whose model was too slow
 * is scored once more without it, and after several in a row the model rests for a while, so that it does not hold up the
 * event loop request by request. After its rest one more slow answer sends it back at once.
 */
import { score } from './score.js';
import type { ScoringInput, Verdict } from './score.js';

interface DeadlineDeps {
  /** A monotonic stopwatch in milliseconds. */
  readonly stopwatch: () => number;
  /** Told when a model begins to rest. */
  readonly onRest: (rest: { readonly modelVersion: string; readonly elapsedMs: number }) => void;
}

/** Payment pages give the whole gate a tenth of a second. */
const DEADLINE_MS = 80;
/** One may be the garbage collector's; three in a row are the model's. */
const SLOW_IN_A_ROW = 3;
const REST_MS = 30_000;

/** Scores in time: with the model, or, when it is too slow or rests, without it. */
export type ScoreInTime = (input: ScoringInput) => Verdict;

export function createDeadline({ stopwatch, onRest }: DeadlineDeps): ScoreInTime {
  let version: string | null = null;
  let slowInARow = 0;
  let restsUntil = -Infinity;

  return (input) => {
    const { model } = input;
    if (model === null) return score(input);
    if (model.version !== version) {
      version = model.version;
      slowInARow = 0;
      restsUntil = -Infinity;
    }
    const startedAt = stopwatch();
    if (startedAt < restsUntil) return score(withoutModel(input));
    // Lists and rules take microseconds: the time is the model's.
    const verdict = score(input);
    const endedAt = stopwatch();
    const elapsedMs = endedAt - startedAt;
    if (elapsedMs <= DEADLINE_MS) {
      slowInARow = 0;
      return verdict;
    }
    slowInARow++;
    if (slowInARow >= SLOW_IN_A_ROW) {
      restsUntil = endedAt + REST_MS;
      slowInARow = SLOW_IN_A_ROW - 1;
      onRest({ modelVersion: model.version, elapsedMs });
    }
    return score(withoutModel(input));
  };
}

function withoutModel(input: ScoringInput): ScoringInput {
  return { ...input, circumstances: { ...input.circumstances, modelTooSlow: true } };
}
