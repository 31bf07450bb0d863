/**
 * When salaries are usually in the account: the first working day of the month in India, and never today. A hint for a message, not
 * for a debit.
 */
import { addMonths, civil, weekday } from '../../core/days.js';
import { publicHolidays } from '../../core/holidays.js';

/** No state: holidays of one state do not stop salaries in another. */
const EVERYWHERE = '';

/** The first payday after `day`, as a day number. */
export function nextPayday(day: number): number {
  const firstOfMonth = day - civil(day).dayOfMonth + 1;
  const thisMonth = workingDayFrom(firstOfMonth);
  return thisMonth > day ? thisMonth : workingDayFrom(addMonths(firstOfMonth, 1));
}

function workingDayFrom(day: number): number {
  const holidays = publicHolidays(EVERYWHERE, civil(day).year);
  let candidate = day;
  while (weekday(candidate) === 0 || weekday(candidate) === 6 || holidays.includes(candidate)) candidate++;
  return candidate;
}
