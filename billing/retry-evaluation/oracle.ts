/**
 * The best that any policy could do with the same legal slots and as many attempts: it knows the payer's account, salary day, instrument and
 * today's shock, and the laws by which all of it moves on, but not what has yet to be drawn: tomorrow's shock, outages, trouble, the
 * day's other bookings. Maximises P(paid) by backward induction over days, attempts left and the shock on a grid.
 */
import { dayOf } from '../../core/days.js';
import type { Calendar } from '../../ingest/simulate/calendar.js';
import { normalCdf } from '../../ingest/simulate/chance.js';
import { successProbability, type KnownShock, type LatentDebit } from '../../ingest/simulate/debit-truth.js';
import { shockAfter } from '../../ingest/simulate/funds.js';

export interface OracleQuestion {
  readonly debit: LatentDebit;
  readonly shock: KnownShock;
  readonly calendar: Calendar;
  /** Ascending instants up to the end of the cycle at which the debit would be legal. */
  readonly slots: readonly number[];
  /** The first attempt of the plan, and each after the one before it, is made within this. */
  readonly horizonMs: number;
  /** From one attempt to the earliest next one. */
  readonly gapMs: number;
  readonly attemptsLeft: number;
  readonly nowMs: number;
}

const STEP = 0.25;
const GRID = Float64Array.from({ length: 33 }, (_, i) => (i - 16) * STEP);

/** The slot to try next; null when there is none. */
export function oracleSlot(question: OracleQuestion): number | null {
  const { shock, nowMs, horizonMs, attemptsLeft } = question;
  const slots = bestOfDays(question);
  if (slots.length === 0) return null;
  const success = slots.map((atMs) =>
    GRID.map((value) => successAt(question, atMs, { day: dayOf(atMs), value })),
  );
  let later: Float64Array[] = slots.map(() => new Float64Array(GRID.length));
  for (let left = 1; left < attemptsLeft; left++) later = valuesAfter(question, slots, success, later);
  let best: { readonly atMs: number; readonly value: number } | null = null;
  for (const [i, atMs] of slots.entries()) {
    if (atMs > nowMs + horizonMs) break;
    const value = expectedWorth(shock, atMs, success[i]!, later[i]!);
    if (best === null || value > best.value + 1e-9) best = { atMs, value };
  }
  return best?.atMs ?? null;
}

/** Within a day the balance only rises, at noon of a payday: the earliest of the best slots leaves most time. */
function bestOfDays(question: OracleQuestion): number[] {
  const best = new Map<number, { readonly atMs: number; readonly p: number }>();
  for (const atMs of question.slots) {
    const p = successAt(question, atMs, question.shock);
    const day = dayOf(atMs);
    const known = best.get(day);
    if (known === undefined || p > known.p + 1e-9) best.set(day, { atMs, p });
  }
  return [...best.values()].map(({ atMs }) => atMs);
}

function successAt({ debit, calendar }: OracleQuestion, atMs: number, shock: KnownShock): number {
  return successProbability(debit, shock, calendar, atMs);
}

/** By slot and shock on its day: what one more attempt is worth after a failure there, when `later` follows that attempt. */
function valuesAfter(
  { gapMs, horizonMs }: OracleQuestion,
  slots: readonly number[],
  success: readonly Float64Array[],
  later: readonly Float64Array[],
): Float64Array[] {
  const worth = success.map((p, i) => p.map((chance, s) => chance + (1 - chance) * later[i]![s]!));
  return slots.map((failedAt) => {
    const values = new Float64Array(GRID.length);
    slots.forEach((atMs, i) => {
      if (atMs < failedAt + gapMs || atMs > failedAt + horizonMs) return;
      const moved = transition(dayOf(atMs) - dayOf(failedAt));
      for (let from = 0; from < GRID.length; from++) {
        let value = 0;
        for (let to = 0; to < GRID.length; to++) value += moved[from]![to]! * worth[i]![to]!;
        if (value > values[from]!) values[from] = value;
      }
    });
    return values;
  });
}

function expectedWorth(shock: KnownShock, atMs: number, success: Float64Array, later: Float64Array): number {
  const moved = spreadFrom(shock.value, dayOf(atMs) - shock.day);
  let value = 0;
  for (let to = 0; to < GRID.length; to++)
    value += moved[to]! * (success[to]! + (1 - success[to]!) * later[to]!);
  return value;
}

const transitions = new Map<number, Float64Array[]>();

function transition(days: number): Float64Array[] {
  const known = transitions.get(days) ?? Array.from(GRID, (from) => spreadFrom(from, days));
  transitions.set(days, known);
  return known;
}

/** P(cell of the grid) of the shock some days later. */
function spreadFrom(value: number, days: number): Float64Array {
  const { kept, spread } = shockAfter(days);
  const deviation = Math.max(spread, STEP / 100);
  const below = (border: number): number => normalCdf((border - kept * value) / deviation);
  return GRID.map((centre, i) => {
    const low = i === 0 ? 0 : below(centre - STEP / 2);
    const high = i === GRID.length - 1 ? 1 : below(centre + STEP / 2);
    return high - low;
  });
}
