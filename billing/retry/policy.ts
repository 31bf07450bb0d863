/**
 * What each legal slot is worth when the attempts that remain are used well: a finite-horizon decision process over slots and
 * attempts, solved backwards (Puterman 1994, section 4.5). A try at slot i earns p x margin less its fee and, when it fails, the
 * annoyance, and leaves the best of the attempts that may follow it, which are planned by the day.
 */
import { DAY_MS, dayOf, HOUR_MS } from '../../core/days.js';
import { MOST_ATTEMPTS } from './legal-slots.js';
import type { Slot } from './legal-slots.js';
import { noticeLeadMs } from './notice.js';
import type { PolicySettings } from './settings.js';
import type { DebitMethod } from './situation.js';

/** Until a result is usually known. Banks' mandates answer on the second working day. */
const RESULT_MS: Readonly<Record<DebitMethod, number>> = {
  upi: 6 * HOUR_MS,
  card: 6 * HOUR_MS,
  emandate: 48 * HOUR_MS,
  nach: 48 * HOUR_MS,
};

export interface PolicyInput {
  readonly method: DebitMethod;
  readonly amountPaise: number;
  /** Number of the attempt that is chosen for: 2 is the first retry. */
  readonly attempt: number;
  /** Ascending. */
  readonly slots: readonly Slot[];
  readonly nowMs: number;
  /** P(success) of the attempt with this number at each of the slots. */
  readonly successOf: (attempt: number, slots: readonly Slot[]) => Float64Array;
}

/** By slot: P(success) of the attempt that is chosen for, and the worth in paise of trying then and going on as well as possible. */
export interface SlotWorth {
  readonly success: Float64Array;
  readonly worth: Float64Array;
}

/** What the attempts that are left earn: `bestFrom[i]` from slot i on. Stopping earns nothing. */
interface Future {
  readonly slots: readonly Slot[];
  readonly bestFrom: Float64Array;
}

export function worthOfSlots(input: PolicyInput, settings: PolicySettings): SlotWorth {
  const success = input.successOf(input.attempt, input.slots);
  const days = bestOfDays(input.slots, success);
  let future: Future = { slots: [], bestFrom: new Float64Array(1) };
  for (let k = MOST_ATTEMPTS; k > input.attempt; k--) {
    const worth = worthWith(input, days, { success: input.successOf(k, days), future }, settings);
    future = { slots: days, bestFrom: runningBest(worth) };
  }
  return { success, worth: worthWith(input, input.slots, { success, future }, settings) };
}

/** From one attempt to the next at the least: its result, and another notice. */
export function nextAttemptMs(method: DebitMethod): number {
  return RESULT_MS[method] + (noticeLeadMs(method) ?? 0);
}

function worthWith(
  { method, amountPaise, nowMs }: PolicyInput,
  slots: readonly Slot[],
  { success, future }: { readonly success: Float64Array; readonly future: Future },
  { marginShare, delayShare, feePaise, annoyancePaise }: PolicySettings,
): Float64Array {
  const gapMs = nextAttemptMs(method);
  let next = 0;
  return Float64Array.from(slots, ({ atMs }, i) => {
    while (next < future.slots.length && (future.slots[next]?.atMs ?? 0) < atMs + gapMs) next++;
    const p = success[i] ?? 0;
    const margin = amountPaise * marginShare * (1 - (delayShare * (atMs - nowMs)) / DAY_MS);
    return p * margin - feePaise + (1 - p) * ((future.bestFrom[next] ?? 0) - annoyancePaise);
  });
}

/** Of each day the slot with the best chance, the earliest of equals: a plan that far ahead needs no half hours. */
function bestOfDays(slots: readonly Slot[], success: Float64Array): Slot[] {
  const best = new Map<number, number>();
  slots.forEach(({ atMs }, i) => {
    const known = best.get(dayOf(atMs));
    if (known === undefined || (success[i] ?? 0) > (success[known] ?? 0)) best.set(dayOf(atMs), i);
  });
  const kept = new Set(best.values());
  return slots.filter((_, i) => kept.has(i));
}

function runningBest(worth: Float64Array): Float64Array {
  const best = new Float64Array(worth.length + 1);
  for (let i = worth.length - 1; i >= 0; i--) best[i] = Math.max(best[i + 1] ?? 0, worth[i] ?? 0);
  return best;
}
