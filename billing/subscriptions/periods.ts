/**
 * Periods of a subscription on the Indian calendar. Period n begins n intervals after the raw anchor day, never after the period
 * before it: 31 January, 28 February, 31 March. So periods tile time without gap or overlap, whatever the anchor; 29 February is
 * 28 February in other years.
 */
import { addMonths, civil } from '../../core/days.js';
import { assert } from '../../core/errors.js';
import type { Interval } from '../catalogue/terms.js';

/** Days as in core/days.ts; `endDay` is exclusive. */
export interface Period {
  readonly number: number;
  readonly startDay: number;
  readonly endDay: number;
}

export function periodOf(anchorDay: number, interval: Interval, number: number): Period {
  const startDay = startOf(anchorDay, interval, number);
  return { number, startDay, endDay: startOf(anchorDay, interval, number + 1) };
}

/** The period that a day from the anchor on belongs to. */
export function periodAt(anchorDay: number, interval: Interval, day: number): Period {
  assert(day >= anchorDay, 'a period begins at the anchor or later');
  // At most one too many: the day of the month may not have come yet.
  const guess = Math.floor(unitsBetween(anchorDay, interval, day) / interval.count);
  const period = periodOf(anchorDay, interval, guess);
  return period.startDay > day ? periodOf(anchorDay, interval, guess - 1) : period;
}

function startOf(anchorDay: number, { unit, count }: Interval, number: number): number {
  const units = count * number;
  if (unit === 'day') return anchorDay + units;
  if (unit === 'week') return anchorDay + 7 * units;
  return addMonths(anchorDay, unit === 'year' ? 12 * units : units);
}

/** Whole days or weeks; begun months or years. */
function unitsBetween(anchorDay: number, { unit }: Interval, day: number): number {
  if (unit === 'day') return day - anchorDay;
  if (unit === 'week') return Math.floor((day - anchorDay) / 7);
  const from = civil(anchorDay);
  const to = civil(day);
  const months = 12 * (to.year - from.year) + to.month - from.month;
  return unit === 'year' ? Math.floor(months / 12) : months;
}
