/**
 * Which days count when a price is divided among days: all of them, or those on which something is served, a week's pattern with
 * exceptions. Counting costs by weeks and exceptions, not by days.
 */
import { weekday } from '../../core/days.js';

/** How many days count in [fromDay, toDay). */
export type DayCount = (fromDay: number, toDay: number) => number;

interface ServingCalendar {
  /** Seven digits, Sunday first: 1 is served. */
  readonly week: string;
  /** Days that are not as the week says. */
  readonly exceptions: ReadonlyMap<number, boolean>;
}

export const calendarDays: DayCount = (fromDay, toDay) => toDay - fromDay;

export function servingDays({ week, exceptions }: ServingCalendar): DayCount {
  const perWeek = [...week].filter((digit) => digit === '1').length;
  const isServed = (day: number): boolean => week[weekday(day)] === '1';
  const corrections = [...exceptions].filter(([day, served]) => served !== isServed(day));
  return (fromDay, toDay) => {
    if (toDay <= fromDay) return 0;
    const weeks = Math.floor((toDay - fromDay) / 7);
    let count = weeks * perWeek;
    for (let day = fromDay + 7 * weeks; day < toDay; day++) count += isServed(day) ? 1 : 0;
    for (const [day, served] of corrections) {
      if (day >= fromDay && day < toDay) count += served ? 1 : -1;
    }
    return count;
  };
}
