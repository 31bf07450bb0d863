/**
 * When a notice that nobody waits for may go out: not between nine in the evening and eight in the morning in Kolkata, the quiet hours
 * of the built-in dunning campaign, too. What the payer has just done is answered at once.
 */
import { HOUR_MS, MINUTE_MS, minuteOfDay } from '../../core/days.js';

const MORNING = (8 * HOUR_MS) / MINUTE_MS;
/** Half an hour before the end: what leaves now is read later. */
const EVENING = (20.5 * HOUR_MS) / MINUTE_MS;
const DAY = (24 * HOUR_MS) / MINUTE_MS;

/** Now, or the next morning. UTC epoch milliseconds. */
export function nextDaytime(now: number): number {
  const minute = minuteOfDay(now);
  if (minute >= MORNING && minute < EVENING) return now;
  const untilMorning = (MORNING - minute + DAY) % DAY;
  return Math.floor(now / MINUTE_MS) * MINUTE_MS + untilMorning * MINUTE_MS;
}
