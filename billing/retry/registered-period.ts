/**
 * Which calendar period of a mandate's registered frequency a day lies in. A fixed frequency allows one debit in each, and an
 * authorisation that takes money may use the first; `as_presented` has none. Weeks begin on Monday. Law: India rules U7.
 */
import { civil } from '../../core/days.js';
import type { DebitFrequency } from './situation.js';

/** 1970-01-01 was a Thursday. */
const DAYS_BEFORE_THURSDAY = 3;

/** The same number for two days of one period; numbers of different frequencies are not compared. */
export function periodNumber(frequency: Exclude<DebitFrequency, 'as_presented'>, day: number): number {
  const { year, month } = civil(day);
  switch (frequency) {
    case 'daily':
      return day;
    case 'weekly':
      return Math.floor((day + DAYS_BEFORE_THURSDAY) / 7);
    case 'monthly':
      return year * 12 + month;
    case 'quarterly':
      return year * 4 + Math.floor((month - 1) / 3);
    case 'yearly':
      return year;
  }
}
