/** Calendar of an instant in India for the fold, which asks at every payment: the days of core/days.ts, without making dates. */
import { dayOf, formatDay, HOUR_MS, startOfDay, weekday } from '../core/days.js';

/** Hour of the day with its fraction, [0, 24). */
export function hourInIst(atMs: number): number {
  return (atMs - startOfDay(dayOf(atMs))) / HOUR_MS;
}

/** Monday 0 … Sunday 6. */
export function weekdayInIst(atMs: number): number {
  return (weekday(dayOf(atMs)) + 6) % 7;
}

/** Day of the month, 1-31, by the civil-from-days algorithm (Hinnant 2013). */
export function monthDayInIst(atMs: number): number {
  const days = dayOf(atMs) + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const month = Math.floor((5 * dayOfYear + 2) / 153);
  return dayOfYear - Math.floor((153 * month + 2) / 5) + 1;
}

/** `YYYY-MM-DD`. */
export function istDay(atMs: number): string {
  return formatDay(dayOf(atMs));
}
