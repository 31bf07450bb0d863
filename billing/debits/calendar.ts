/**
 * The cycle of an invoice's debits and the first slot in it: after the due day, after the notice and its lead, in an open window, and
 * never on the cycle's last day (India rules U1, U3, U5, E4). The same rules as for retries (billing/retry/legal-slots.ts), without
 * looking at each slot of the horizon: a billing run plans many thousands.
 */
import { DAY_MS, dayOf, HOUR_MS, startOfDay } from '../../core/days.js';
import { noticeLeadMs } from '../retry/notice.js';
import { RETRY } from '../retry/settings.js';
import type { DebitMethod } from '../retry/situation.js';
import { nextOpenAt } from '../retry/windows.js';

export const DEBITS = {
  leastCycleDays: 7, // A plan by the day or the week still leaves room for a notice and a retry.
  otherCycleDays: 30, // What belongs to no period is debited within a month.
  ownNoticeMs: 24 * HOUR_MS, // Banks' mandates have no notice of the gateway's; ours keeps the same law.
  graceMs: 24 * HOUR_MS, // What was announced for a day is not debited on a later one.
} as const;

export interface Cycle {
  readonly startAt: number;
  /** Exclusive. */
  readonly endAt: number;
}

/** @param endDay the first day after the invoice's period; null when it has none. */
export function cycleOf(issuedAt: number, dueAt: number, endDay: number | null): Cycle {
  const dueDay = dayOf(dueAt);
  const end =
    endDay === null ? dueDay + DEBITS.otherCycleDays : Math.max(endDay, dueDay + DEBITS.leastCycleDays);
  return { startAt: Math.min(issuedAt, dueAt), endAt: startOfDay(end) };
}

export interface FirstSlot {
  readonly slotAt: number;
  readonly noticeDueAt: number;
}

/** Null: no lawful instant is left in the cycle, or within the mandate's validity. */
export function firstSlot(
  of: {
    readonly method: DebitMethod;
    readonly dueAt: number;
    readonly cycle: Cycle;
    readonly validFrom: number;
    readonly expiresAt: number;
  },
  now: number,
): FirstSlot | null {
  const leadMs = noticeLeadMs(of.method) ?? DEBITS.ownNoticeMs;
  const earliest = Math.max(of.dueAt, of.validFrom, now + RETRY.deliveryMs + leadMs);
  const slotAt = nextOpenAt(of.method, Math.ceil(earliest / RETRY.gridMs) * RETRY.gridMs);
  if (slotAt >= of.expiresAt || isLastDay(of.cycle, slotAt)) return null;
  return { slotAt, noticeDueAt: Math.max(now, slotAt - RETRY.noticeAheadMs) };
}

/** Whether the instant is too late in the cycle for a debit. */
export function isLastDay(cycle: Cycle, atMs: number): boolean {
  return atMs >= startOfDay(dayOf(cycle.endAt - DAY_MS));
}
