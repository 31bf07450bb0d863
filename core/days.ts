/**
 * Calendar days in India. A day is its number since 1970-01-01 in Asia/Kolkata, which has no daylight
 * saving: an instant is UTC epoch milliseconds, and day d runs from `startOfDay(d)` for exactly 24 hours.
 */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;
const KOLKATA_AHEAD_MS = 5.5 * HOUR_MS;

interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly dayOfMonth: number;
}

export function dayOf(instantMs: number): number {
  return Math.floor((instantMs + KOLKATA_AHEAD_MS) / DAY_MS);
}

export function startOfDay(day: number): number {
  return day * DAY_MS - KOLKATA_AHEAD_MS;
}

/** Minutes after midnight in Kolkata, [0, 1440). */
export function minuteOfDay(instantMs: number): number {
  return Math.floor((instantMs - startOfDay(dayOf(instantMs))) / MINUTE_MS);
}

/** 0 is Sunday. */
export function weekday(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

export function civil(day: number): CivilDate {
  const date = new Date(day * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, dayOfMonth: date.getUTCDate() };
}

/** The day of a civil date; days beyond the month's end run into the next month, as in `Date.UTC`. */
export function dayNumber(year: number, month: number, dayOfMonth: number): number {
  return Date.UTC(year, month - 1, dayOfMonth) / DAY_MS;
}

/** `YYYY-MM-DD` to a day, or null when the text is not a real date. */
export function parseDay(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const day = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  return formatDay(day) === text ? day : null;
}

export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The same day of the month `count` months later; day 31 clamps to the month's end. */
export function addMonths(day: number, count: number, anchor = civil(day).dayOfMonth): number {
  const { year, month } = civil(day);
  const lastOfMonth = civil(dayNumber(year, month + count + 1, 0)).dayOfMonth;
  return dayNumber(year, month + count, Math.min(anchor, lastOfMonth));
}
