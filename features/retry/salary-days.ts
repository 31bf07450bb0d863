/**
 * When salaries arrive in India: on the last working day of the month or on one of a few fixed days, credited by noon. Which of them is
 * a payer's is never known; each is a question of its own to the calendar, in Asia/Kolkata.
 */
import { civil, DAY_MS, dayNumber, dayOf, HOUR_MS, startOfDay, weekday } from '../../core/days.js';

export const SALARY_DAYS = ['last-working-day', '1', '5', '7', '10'] as const;

const CREDITED_BY_MS = 12 * HOUR_MS;

/** Of each kind, the newest salary day on or before a day (5). */
const newestOn = new Map<number, Int32Array>();

/** Days since the newest salary of each kind was credited, with their fraction (5). */
export function daysSinceSalaries(atMs: number, out: Float64Array): Float64Array {
  const days = newest(dayOf(atMs - CREDITED_BY_MS));
  for (let kind = 0; kind < days.length; kind++)
    out[kind] = (atMs - startOfDay(days[kind]!) - CREDITED_BY_MS) / DAY_MS;
  return out;
}

function newest(day: number): Int32Array {
  const known = newestOn.get(day);
  if (known !== undefined) return known;
  const { year, month, dayOfMonth } = civil(day);
  const days = Int32Array.from(SALARY_DAYS, (kind) => {
    if (kind !== 'last-working-day')
      return dayNumber(year, dayOfMonth >= Number(kind) ? month : month - 1, Number(kind));
    const last = lastWorkingDay(year, month);
    return day >= last ? last : lastWorkingDay(year, month - 1);
  });
  newestOn.set(day, days);
  return days;
}

function lastWorkingDay(year: number, month: number): number {
  let day = dayNumber(year, month + 1, 0);
  while (weekday(day) === 0 || weekday(day) === 6) day--;
  return day;
}
