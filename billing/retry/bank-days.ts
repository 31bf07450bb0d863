/**
 * On which days banks present e-mandate and NACH debits: not on Sundays, the second and fourth Saturday, the closing of accounts on
 * 1 April, nor the holidays of Maharashtra, where the clearing sits. The rail itself runs every day since August 2021, but the
 * gateway counts working days; a holiday too many costs a day, one too few a presentation that rolls on. Law: India rules U11.
 */
import { civil, dayNumber, weekday } from '../../core/days.js';
import { publicHolidays } from '../../core/holidays.js';

const SUNDAY = 0;
const SATURDAY = 6;
const CLEARING_STATE = 'MH';

const holidaysOf = new Map<number, ReadonlySet<number>>();

function holidays(year: number): ReadonlySet<number> {
  let days = holidaysOf.get(year);
  if (days === undefined) {
    days = new Set([...publicHolidays(CLEARING_STATE, year), dayNumber(year, 4, 1)]);
    holidaysOf.set(year, days);
  }
  return days;
}

export function isBankDay(day: number): boolean {
  const { year, dayOfMonth } = civil(day);
  if (weekday(day) === SUNDAY) return false;
  const isEvenSaturday = weekday(day) === SATURDAY && Math.ceil(dayOfMonth / 7) % 2 === 0;
  return !isEvenSaturday && !holidays(year).has(day);
}
