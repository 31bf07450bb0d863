/**
 * The days a report covers, both ends included, as IST calendar days. The last day shown is the last day with payments or
 * refunds, so that history imported from another year is not an empty page. Long periods are drawn by week or month.
 */
import { AppError } from '../core/errors.js';

/** A calendar day, `YYYY-MM-DD`. */
export type Day = string;

export interface Period {
  readonly from: Day;
  readonly to: Day;
}

export const PERIOD_CHOICES = ['30', '90', '365', 'all'] as const;
export type PeriodChoice = (typeof PERIOD_CHOICES)[number];
export const DEFAULT_PERIOD: PeriodChoice = '90';

export type Grain = 'day' | 'week' | 'month';

const DAY_MS = 86_400_000;

/** The chosen number of days up to the last one of the history. */
export function choosePeriod(choice: PeriodChoice, history: Period): Period {
  if (choice === 'all') return history;
  const from = addDays(history.to, 1 - Number(choice));
  return { from: from > history.from ? from : history.from, to: history.to };
}

/** Twenty years: a report lists every day. */
const LONGEST_DAYS = 7_305;

/** Missing ends are those of the history. Throws `bad-input` for an empty period or one that is far too long. */
export function boundedPeriod(from: Day | undefined, to: Day | undefined, history: Period): Period {
  for (const day of [from, to]) {
    if (day !== undefined && !isDay(day)) {
      throw new AppError('bad-input', 'bad-day', `${day} is not a calendar day such as 2026-01-31`);
    }
  }
  const period = { from: from ?? history.from, to: to ?? history.to };
  if (period.from > period.to) {
    throw new AppError(
      'bad-input',
      'empty-period',
      `the period ends (${period.to}) before it begins (${period.from})`,
    );
  }
  if (daysIn(period) > LONGEST_DAYS) {
    throw new AppError(
      'bad-input',
      'period-too-long',
      `a report covers at most ${LONGEST_DAYS} days: ask for less`,
    );
  }
  return period;
}

/** As many days immediately before, for comparison. */
export function periodBefore(period: Period): Period {
  const days = daysIn(period);
  return { from: addDays(period.from, -days), to: addDays(period.from, -1) };
}

export function daysIn({ from, to }: Period): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}

/** About a hundred points at most until three years, then months. */
export function grainOf(period: Period): Grain {
  const days = daysIn(period);
  if (days <= 100) return 'day';
  return days <= 1100 ? 'week' : 'month';
}

function addDays(day: Day, days: number): Day {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}

function isDay(text: string): boolean {
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(text);
}
