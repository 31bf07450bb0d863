/**
 * The regular steps behind a column of times: missing steps become gaps, repeated times and a change of frequency are refused,
 * and times that keep no step (working days, numbered receipts) count as consecutive, which the result says.
 */
import { AppError } from '../../core/errors.js';
import type { SeriesDates } from './calendar.js';

export interface TimeAxis {
  /** Step of each row, from 0, ascending (n). */
  readonly steps: Int32Array;
  readonly isConsecutive: boolean;
  /** Where the steps lie in the calendar, null for numbers and other steps. */
  readonly dates: SeriesDates | null;
}

const DAY_SECONDS = 86_400;
/** The shortest month. */
const MONTH_DAYS = 28;
/** A multiple of the step may miss it by a leap second or a rounded stamp. */
const SLACK = 0.05;
/** More gaps than this are no gaps but another calendar. */
const MOST_GAPS = 0.25;
/** The usual step of one half of a series is at least so many of the other's: two frequencies. */
const MIXED = 2;

/** `times` ascending: numbers, or UTC seconds for `isDate`. Throws `repeated-time` and `mixed-frequency`, naming the series. */
export function readTimeAxis(times: Float64Array, isDate: boolean, series: string): TimeAxis {
  const n = times.length;
  const own = isDate && isMonthly(times) ? times.map(monthOf) : times;
  let step = Infinity;
  for (let i = 1; i < n; i++) {
    const change = own[i]! - own[i - 1]!;
    if (!(change > 0)) throw repeated(times[i]!, isDate, series);
    if (change < step) step = change;
  }
  const consecutive = { steps: Int32Array.from(own, (_, i) => i), isConsecutive: true, dates: null };
  if (n < 3) return { ...consecutive, isConsecutive: false };
  refuseMixed(own, series);
  const steps = new Int32Array(n);
  for (let i = 1; i < n; i++) {
    const change = (own[i]! - own[i - 1]!) / step;
    if (Math.abs(change - Math.round(change)) > SLACK) return consecutive;
    steps[i] = steps[i - 1]! + Math.round(change);
    if (steps[i]! > 4 * n) return consecutive;
  }
  if (steps[n - 1]! + 1 - n > MOST_GAPS * n) return consecutive;
  return { steps, isConsecutive: false, dates: isDate ? datesOf(own, step, own !== times) : null };
}

function isMonthly(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) {
    const days = (times[i]! - times[i - 1]!) / DAY_SECONDS;
    if (days > 0 && days < MONTH_DAYS) return false;
  }
  return true;
}

function datesOf(own: Float64Array, step: number, isMonths: boolean): SeriesDates | null {
  if (isMonths) return step === 1 ? { step: 'month', first: own[0]! } : null;
  const first = Math.floor(own[0]! / DAY_SECONDS);
  if (step === DAY_SECONDS) return { step: 'day', first };
  return step === 7 * DAY_SECONDS ? { step: 'week', first } : null;
}

function monthOf(seconds: number): number {
  const date = new Date(seconds * 1000);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function refuseMixed(times: Float64Array, series: string): void {
  const half = times.length >> 1;
  if (half < 4) return;
  const before = usualStep(times.subarray(0, half));
  const after = usualStep(times.subarray(half));
  if (Math.max(before, after) < MIXED * Math.min(before, after)) return;
  throw new AppError(
    'bad-input',
    'mixed-frequency',
    `series "${series}" changes its frequency: its usual step is ${before} and later ${after}; bring one frequency`,
  );
}

function usualStep(times: Float64Array): number {
  const changes = new Float64Array(times.length - 1);
  for (let i = 0; i < changes.length; i++) changes[i] = times[i + 1]! - times[i]!;
  return changes.sort()[changes.length >> 1]!;
}

function repeated(time: number, isDate: boolean, series: string): AppError {
  const shown = isDate ? new Date(time * 1000).toISOString().slice(0, 10) : String(time);
  return new AppError(
    'bad-input',
    'repeated-time',
    `series "${series}" has several values at ${shown}; sum them first, with --query`,
  );
}
