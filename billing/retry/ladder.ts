/**
 * The floor: retries on T+1, T+2 and T+3 at the first attempt's time of day, at the first legal slot from there or, when the cycle
 * ends before, at the last one. The rung is counted from the attempts that were presented, never stored, so a redelivered result
 * gives the same rung. Without a model, or with one that fails, this is the answer.
 */
import { DAY_MS } from '../../core/days.js';
import type { Slot } from './legal-slots.js';
import type { DebitSituation } from './situation.js';

/** Null when there is no slot at all. A debit that has not been tried takes the first slot. */
export function ladderSlot(situation: Pick<DebitSituation, 'attempts'>, slots: readonly Slot[]): Slot | null {
  const { attempts } = situation;
  const first = attempts[0];
  if (first === undefined) return slots[0] ?? null;
  const targetMs = first.slotAt + attempts.length * DAY_MS;
  return slots.find(({ atMs }) => atMs >= targetMs) ?? slots.at(-1) ?? null;
}
