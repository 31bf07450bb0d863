/**
 * When a debit may be executed: NPCI keeps automatic UPI debits out of its two peaks (circular of 21 May 2025, in force since
 * 1 August 2025; of two sources for the second peak the earlier start), and banks take e-mandate and NACH debits until nine on
 * their working days. Cards have no hours. Law: India rules U1, U3, U11.
 */
import { dayOf, MINUTE_MS, minuteOfDay, startOfDay } from '../../core/days.js';
import { isBankDay } from './bank-days.js';
import type { DebitMethod } from './situation.js';

const DAY_MINUTES = 24 * 60;

/** Open minutes of the day in Kolkata, [from, to), ascending. */
const OPEN: Readonly<Record<DebitMethod, readonly (readonly [number, number])[]>> = {
  upi: [
    [0, 10 * 60],
    [13 * 60, 17 * 60],
    [21 * 60 + 30, DAY_MINUTES],
  ],
  card: [[0, DAY_MINUTES]],
  emandate: [[0, 9 * 60]],
  nach: [[0, 9 * 60]],
};

export function needsBankDay(method: DebitMethod): boolean {
  return method === 'emandate' || method === 'nach';
}

/** Whether the hour is open; the day is another question (`isBankDay`). */
export function isOpenHour(method: DebitMethod, atMs: number): boolean {
  const minute = minuteOfDay(atMs);
  return OPEN[method].some(([from, to]) => minute >= from && minute < to);
}

/** The first instant from `atMs` on at which a debit of the method may be executed. */
export function nextOpenAt(method: DebitMethod, atMs: number): number {
  for (let day = dayOf(atMs); ; day++) {
    if (needsBankDay(method) && !isBankDay(day)) continue;
    for (const [from, to] of OPEN[method]) {
      const start = startOfDay(day);
      if (atMs < start + to * MINUTE_MS) return Math.max(atMs, start + from * MINUTE_MS);
    }
  }
}
