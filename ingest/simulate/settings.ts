/**
 * What a simulated merchant is made of, and the years that the holiday table covers. History ends at midnight in
 * Kolkata at the beginning of `endOn`, so that no fact lies in the future of the day on which it is simulated.
 */
import { AppError } from '../../core/errors.js';
import { addMonths, civil, dayNumber, dayOf, formatDay, parseDay } from '../../core/days.js';
import { FIRST_HOLIDAY_YEAR, LAST_HOLIDAY_YEAR } from '../../core/holidays.js';

export interface SimulateSettings {
  readonly months: number;
  readonly schools: number;
  /** Parents who ever join; fraudsters open further accounts. */
  readonly payers: number;
  /** `YYYY-MM-DD`: the first day that is no longer part of the history. */
  readonly endOn: string;
}

export const simulateDefaults = { months: 18, schools: 12, payers: 20_000 } as const;

/** Next year's holidays are unknown. */
const CALENDAR_END_DAY = dayNumber(LAST_HOLIDAY_YEAR, 12, 31);

/** Where a history ends that nobody gave an end: today in Kolkata, or where the holiday table does. */
export function endToday(nowMs: number): string {
  return formatDay(Math.min(dayOf(nowMs), CALENDAR_END_DAY));
}

const BOUNDS = { months: [1, 60], schools: [1, 200], payers: [20, 500_000] } as const;

/** The first and the first absent day of the history; refuses settings that cannot be simulated. */
export function historyDays(settings: SimulateSettings): { firstDay: number; endDay: number } {
  for (const name of ['months', 'schools', 'payers'] as const) {
    const [low, high] = BOUNDS[name];
    const value = settings[name];
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new AppError(
        'bad-input',
        'bad-setting',
        `${name} must be a whole number from ${low} to ${high}, not ${value}`,
      );
    }
  }
  const endDay = parseDay(settings.endOn);
  if (endDay === null) {
    throw new AppError(
      'bad-input',
      'bad-end',
      `end must be a date such as 2026-04-01, not '${settings.endOn}'`,
    );
  }
  const firstDay = addMonths(endDay, -settings.months);
  if (civil(firstDay).year < FIRST_HOLIDAY_YEAR || civil(endDay).year > LAST_HOLIDAY_YEAR) {
    const years = `${FIRST_HOLIDAY_YEAR} to ${LAST_HOLIDAY_YEAR}`;
    throw new AppError(
      'bad-input',
      'outside-calendar',
      `school holidays are known for ${years} only; choose another end or fewer months`,
    );
  }
  return { firstDay, endDay };
}

const HISTORY_NAME = /^simulate-(\d{4}-\d{2}-\d{2})-m(\d+)-s(\d+)-p(\d+)-r(\d+)$/;

/** The name of the batch that holds a history: it says all that is needed to live through it again. */
export function historyName({ endOn, months, schools, payers }: SimulateSettings, seed: number): string {
  return `simulate-${endOn}-m${months}-s${schools}-p${payers}-r${seed}`;
}

/** Null for a batch of another kind. */
export function parseHistoryName(name: string): { settings: SimulateSettings; seed: number } | null {
  const [, endOn, ...sizes] = HISTORY_NAME.exec(name) ?? [];
  if (endOn === undefined) return null;
  const [months = 0, schools = 0, payers = 0, seed = 0] = sizes.map(Number);
  return { settings: { endOn, months, schools, payers }, seed };
}
