/**
 * What the Indian calendar does to a dated series beyond its seasons: paydays and ends of months, bank Saturdays, holidays that move, by a
 * ridge regression of what trend and seasons leave; and to months their number of days. Whether it is any good is
 * decided on rolling origins. Weeks count the days of a kind.
 */
import { civil, dayNumber, weekday } from '../../core/days.js';
import { HOLIDAY_NAMES, namedHolidays } from '../../core/holidays.js';
import { centredMean, type Adjustment } from './decompose.js';
import { solveNormal } from './solve.js';

/** Where the steps of a series lie: day numbers of the first step for days and weeks, months since year 0 for months. */
export interface SeriesDates {
  readonly step: 'day' | 'week' | 'month';
  readonly first: number;
}

/** Counts of each kind of day at every step (steps x KINDS). */
export type CalendarRows = Float64Array;

/** `Date.UTC` takes the years before 100 for years of the last century. */
const MONTHS_BEFORE_1970 = 1970 * 12;
const MEAN_MONTH_DAYS = 365.2425 / 12;
/** Steps of the moving mean that is the trend: whole months or a quarter, so that what recurs within is not taken for it. */
const WINDOW = { day: 31, week: 13 } as const;
/** Windows that must be known. */
const LEAST_WINDOWS = 4;
/** A kind of day counts as if it had been seen without effect so many times more. */
const RIDGE = 4;

const PAYDAYS = 7;
const LAST_DAYS = 3;
const MONTH_END = PAYDAYS;
const [DAYS, SUNDAYS, SATURDAYS, BANK_SATURDAYS, PAYDAY_SUNDAYS, HOLIDAYS, EVES, AFTER] = [
  10, 11, 12, 13, 14, 15, 16, 17,
] as const;
const NAMED = 18;
const KINDS = NAMED + HOLIDAY_NAMES.length;

/** Of so many steps from the first. */
export function calendarRows({ step, first }: SeriesDates, steps: number): CalendarRows {
  const rows = new Float64Array(steps * KINDS);
  const startOf = (t: number): number =>
    step === 'day'
      ? first + t
      : step === 'week'
        ? first + 7 * t
        : dayNumber(1970, first - MONTHS_BEFORE_1970 + t + 1, 1);
  const holidays = new Map<number, number>();
  for (let year = civil(startOf(0)).year; year <= civil(startOf(steps)).year; year++)
    for (const { day, place } of namedHolidays(year)) holidays.set(day, place);
  for (let t = 0; t < steps; t++)
    for (let day = startOf(t); day < startOf(t + 1); day++)
      countDay(rows.subarray(t * KINDS, (t + 1) * KINDS), day, holidays);
  return rows;
}

function countDay(row: Float64Array, day: number, holidays: ReadonlyMap<number, number>): void {
  const { year, month, dayOfMonth } = civil(day);
  const of = weekday(day);
  const left = dayNumber(year, month + 1, 0) - day;
  row[DAYS]!++;
  if (dayOfMonth <= PAYDAYS) row[dayOfMonth - 1]!++;
  if (left < LAST_DAYS) row[MONTH_END + left]!++;
  if (of === 0) row[SUNDAYS]!++;
  if (of === 0 && dayOfMonth <= PAYDAYS) row[PAYDAY_SUNDAYS]!++;
  if (of === 6) row[SATURDAYS]!++;
  // Banks close on the second and the fourth.
  if (of === 6 && Math.ceil(dayOfMonth / 7) % 2 === 0) row[BANK_SATURDAYS]!++;
  const holiday = holidays.get(day);
  if (holiday !== undefined) row[NAMED + holiday]!++;
  if (holiday !== undefined && of !== 0) row[HOLIDAYS]!++;
  if (holidays.has(day + 1)) row[EVES]!++;
  if (holidays.has(day - 1)) row[AFTER]!++;
}

/**
 * `adjusted` (n) is without its seasons; `rows` begin with its first step and reach h steps beyond its last. Null for a history that is
 * too short. The adjustment of `y` (n) by the calendar alone: learned for days and weeks; of months only the length, which needs no
 * learning (what their Sundays and holidays add could not be told from noise in two to five years).
 */
export function adjustCalendar(
  y: Float64Array,
  { adjusted, form }: Adjustment,
  rows: CalendarRows,
  step: SeriesDates['step'],
): Adjustment | null {
  const n = y.length;
  if (step === 'month') return form === 'multiplicative' ? adjustLengths(y, rows) : null;
  if (n < LEAST_WINDOWS * WINDOW[step]) return null;
  const trend = centredMean(adjusted, WINDOW[step]);
  const isFactor = form === 'multiplicative';
  const rest = adjusted.map((value, t) => (isFactor ? Math.log(value / trend[t]!) : value - trend[t]!));
  const { weights, means } = effectsOf(rest, rows);
  const at = (t: number): number => {
    let sum = 0;
    for (let k = 0; k < KINDS; k++) sum += weights[k]! * (rows[t * KINDS + k]! - means[k]!);
    return isFactor ? Math.exp(sum) : sum;
  };
  return {
    form,
    adjusted: y.map((value, t) => (isFactor ? value / at(t) : value - at(t))),
    ahead: Float64Array.from({ length: rows.length / KINDS - n }, (_, t) => at(n + t)),
  };
}

/** To months of the mean length. */
function adjustLengths(y: Float64Array, rows: CalendarRows): Adjustment {
  const n = y.length;
  const at = (t: number): number => rows[t * KINDS + DAYS]! / MEAN_MONTH_DAYS;
  return {
    form: 'multiplicative',
    adjusted: y.map((value, t) => value / at(t)),
    ahead: Float64Array.from({ length: rows.length / KINDS - n }, (_, t) => at(n + t)),
  };
}

/** Ridge regression of the known values on the centred counts. */
function effectsOf(rest: Float64Array, rows: CalendarRows): { weights: Float64Array; means: Float64Array } {
  const means = new Float64Array(KINDS);
  const known = Array.from(rest.keys()).filter((t) => Number.isFinite(rest[t]!));
  const gram = new Float64Array(KINDS * KINDS);
  const weights = new Float64Array(KINDS);
  const kinds = new Int32Array(KINDS);
  let total = 0;
  for (const t of known) {
    // Most kinds are not of a step: sums of those that are, centred below.
    let found = 0;
    for (let k = 0; k < KINDS; k++) if (rows[t * KINDS + k] !== 0) kinds[found++] = k;
    total += rest[t]!;
    for (let a = 0; a < found; a++) {
      const i = kinds[a]!;
      const count = rows[t * KINDS + i]!;
      means[i]! += count / known.length;
      weights[i]! += count * rest[t]!;
      for (let b = a; b < found; b++) gram[i * KINDS + kinds[b]!]! += count * rows[t * KINDS + kinds[b]!]!;
    }
  }
  for (let i = 0; i < KINDS; i++) {
    weights[i]! -= means[i]! * total;
    for (let j = i; j < KINDS; j++) gram[i * KINDS + j]! -= known.length * means[i]! * means[j]!;
  }
  for (let k = 0; k < KINDS; k++) gram[k * KINDS + k]! += RIDGE;
  solveNormal(gram, weights, KINDS, 1);
  return { weights, means };
}

/** The rows of a stretch of steps. */
export function calendarSlice(rows: CalendarRows, from: number, to: number): CalendarRows {
  return rows.subarray(from * KINDS, to * KINDS);
}
