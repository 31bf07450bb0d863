/**
 * On which days meals are served, when schools are closed for long, and when salaries arrive.
 * Invariant: nothing is served on Sundays, public holidays, in breaks or on a school's own closure days.
 */
import type { School } from './schools.js';
import type { State } from './places.js';
import { addMonths, civil, dayNumber, weekday } from '../../core/days.js';
import { festivalDay, publicHolidays } from '../../core/holidays.js';

const PAYDAYS = ['1', '5', '7', 'last-working-day'] as const;
export type Payday = (typeof PAYDAYS)[number];

interface Break {
  readonly firstDay: number;
  readonly lastDay: number;
}

export interface Calendar {
  isServed(school: School, day: number): boolean;
  /** Half days: the canteen sells about half as much. */
  isExam(school: School, day: number): boolean;
  /** The school's summer break of a year; the academic year ends the day before it. */
  summer(school: School, year: number): Break;
  /** Days since the last salary: 0 on the payday itself. */
  daysSincePayday(payday: Payday, day: number): number;
}

const EXAM_DAYS = 14;

function onMonthDay(year: number, monthDay: string): number {
  return dayNumber(year, Number(monthDay.slice(0, 2)), Number(monthDay.slice(3)));
}

function breaksOf(state: State, year: number): Break[] {
  const seasonal = [state.summer, state.winter].map(([from, to]) => ({
    firstDay: onMonthDay(year, from),
    lastDay: onMonthDay(year, to),
  }));
  const festive = state.festivals.map(({ festival, daysBefore, daysAfter }) => {
    const day = festivalDay(festival, year);
    return { firstDay: day - daysBefore, lastDay: day + daysAfter };
  });
  return [...seasonal, ...festive];
}

/** Every day of a year on which a state's schools are shut, Sundays apart. */
function closedDays(state: State, year: number): Set<number> {
  const closed = new Set(publicHolidays(state.code, year));
  for (const { firstDay, lastDay } of breaksOf(state, year)) {
    for (let day = firstDay; day <= lastDay; day++) closed.add(day);
  }
  return closed;
}

/** Saturday classes are held in the first and third week of the month, where they are held at all. */
function isLessonWeekday(school: School, day: number): boolean {
  const of = weekday(day);
  if (of === 0) return false;
  if (of < 6) return true;
  const week = Math.ceil(civil(day).dayOfMonth / 7);
  return school.saturdays && (week === 1 || week === 3);
}

function isPayday(payday: Payday, day: number): boolean {
  const { year, month, dayOfMonth } = civil(day);
  if (payday !== 'last-working-day') return dayOfMonth === Number(payday);
  let last = dayNumber(year, month + 1, 0);
  while (weekday(last) === 0 || weekday(last) === 6) last--;
  return day === last;
}

export function createCalendar(): Calendar {
  const closed = new Map<string, Set<number>>();
  const served = new Map<School, Map<number, boolean>>();
  const sincePayday = new Map<Payday, Map<number, number>>(PAYDAYS.map((payday) => [payday, new Map()]));

  const closedIn = (state: State, year: number): Set<number> => {
    const key = `${state.code}${year}`;
    const known = closed.get(key) ?? closedDays(state, year);
    closed.set(key, known);
    return known;
  };
  const isTaught = (school: School, day: number): boolean => {
    const days = served.get(school) ?? new Map<number, boolean>();
    served.set(school, days);
    const known = days.get(day);
    if (known !== undefined) return known;
    const taught = isLessonWeekday(school, day) && !closedIn(school.state, civil(day).year).has(day);
    days.set(day, taught);
    return taught;
  };
  const summer = (school: School, year: number): Break => ({
    firstDay: onMonthDay(year, school.state.summer[0]),
    lastDay: onMonthDay(year, school.state.summer[1]),
  });
  return {
    isServed: (school, day) => isTaught(school, day) && !school.closures.has(day),
    summer,
    isExam: (school, day) => {
      const { year, month, dayOfMonth } = civil(day);
      if (month === 9) return dayOfMonth >= 15 && dayOfMonth < 15 + EXAM_DAYS;
      const yearEnd = summer(school, year).firstDay;
      return day < yearEnd && day >= addMonths(yearEnd, -1) && day < addMonths(yearEnd, -1) + EXAM_DAYS;
    },
    daysSincePayday: (payday, day) => {
      const known = sincePayday.get(payday)?.get(day);
      if (known !== undefined) return known;
      let since = 0;
      while (!isPayday(payday, day - since)) since++;
      sincePayday.get(payday)?.set(day, since);
      return since;
    },
  };
}
