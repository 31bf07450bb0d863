/**
 * Revenue bottom-up, day by day: payments of contracts that live, what comes back after a failed debit, what begins, and one-off
 * purchases, which are the rest of all revenue. Contracts follow their schedules and rates (contract-flow.ts), what begins goes on as
 * lately, and what is bought follows its year. The same at any earlier end of the history, from what was known then.
 */
import type { ContractBook } from '../../features/churn/contracts.js';
import { contractFlow } from './contract-flow.js';

export const COMPONENTS = ['contracted', 'recovery', 'new', 'oneOff'] as const;
export type Component = (typeof COMPONENTS)[number];

/** Of each component the days ahead (7 h). */
export type ComponentPaths = Readonly<Record<Component, Float64Array>>;

/** What the components bring from a day on that had not begun. */
export type ComponentsAt = (originDay: number) => ComponentPaths;

const WEEK = 7;
/** Weeks whose days say how much of a week's purchases comes on each. */
const PROFILE_WEEKS = 8;
const YEAR_WEEKS = 52;
/** A year and a quarter: growth over the year can be told. */
const LEAST_FOR_SEASON = 65;
const QUARTER_WEEKS = 13;
/** A quarter's growth over its year ago goes on by this power: most of it is chance. */
const GROWTH_POWER = 1 / 3;
/** Between half and double: beyond it the year ago says nothing. */
const MOST_GROWTH = 2;

interface DailyRevenue {
  /** Day of the first value, as in core/days.ts. */
  readonly firstDay: number;
  /** All captured revenue, up to the day of the forecast (days). */
  readonly daily: Float64Array;
}

/** @param h weeks ahead. */
export function openComponents(
  { contracts, revenue }: ContractBook,
  { firstDay, daily }: DailyRevenue,
  h: number,
): ComponentsAt {
  const flow = contractFlow(contracts);
  const aligned = (of: Float64Array): Float64Array =>
    Float64Array.from(daily, (_, t) => of[firstDay + t - revenue.firstDay] ?? 0);
  const [started, renewed, recovered] = [revenue.started, revenue.renewed, revenue.recovered].map(
    aligned,
  ) as [Float64Array, Float64Array, Float64Array];
  const rest = daily.map((value, t) => value - started[t]! - renewed[t]!);
  return (originDay) => {
    const past = (of: Float64Array): Float64Array => weeksUntil(of, originDay - firstDay);
    const start = levelOf(past(started)) / WEEK;
    const found = flow(originDay, new Float64Array(WEEK * h).fill(start));
    const share = shareOf(past(recovered), past(renewed));
    return {
      contracted: found.renewed.map((value) => value * (1 - share)),
      recovery: found.renewed.map((value) => value * share),
      new: found.begun,
      oneOff: daysOf(aheadOf(past(rest), h), rest.subarray(0, originDay - firstDay)),
    };
  };
}

/** Whole weeks that end with the day before, oldest first. */
function weeksUntil(daily: Float64Array, days: number): Float64Array {
  return weeksOf(daily.subarray(days % WEEK, days));
}

/** Weeks as days, each with the share that its day of the week had lately (7 h). */
function daysOf(weekly: Float64Array, daily: Float64Array): Float64Array {
  const shares = new Float64Array(WEEK);
  const from = Math.max(0, daily.length - WEEK * Math.min(PROFILE_WEEKS, Math.floor(daily.length / WEEK)));
  const lately = daily.subarray(from);
  const all = sum(lately);
  for (const [t, value] of lately.entries()) shares[t % WEEK]! += all > 0 ? value / all : 1 / lately.length;
  return Float64Array.from(
    { length: WEEK * weekly.length },
    (_, t) => weekly[Math.floor(t / WEEK)]! * shares[t % WEEK]!,
  );
}

export function weeksOf(daily: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.floor(daily.length / WEEK) }, (_, w) =>
    sum(daily.subarray(WEEK * w, WEEK * (w + 1))),
  );
}

/** A year ago, as much larger as the last quarter was than its year ago; of a short history its last weeks (h). */
function aheadOf(weekly: Float64Array, h: number): Float64Array {
  const n = weekly.length;
  if (n < LEAST_FOR_SEASON) return new Float64Array(h).fill(levelOf(weekly));
  const now = sum(weekly.subarray(n - QUARTER_WEEKS));
  const before = sum(weekly.subarray(n - YEAR_WEEKS - QUARTER_WEEKS, n - YEAR_WEEKS));
  const growth = before > 0 && now > 0 ? Math.min(MOST_GROWTH, Math.max(1 / MOST_GROWTH, now / before)) : 1;
  return Float64Array.from({ length: h }, (_, t) => {
    const at = n - YEAR_WEEKS + t;
    const around = weekly.subarray(Math.max(0, at - 1), Math.min(n, at + 2));
    return (growth ** GROWTH_POWER * (weekly[at]! + sum(around) / around.length)) / 2;
  });
}

/** Mean of the last quarter's weeks: what begins follows no year ago, since no two years recruit alike. */
function levelOf(weekly: Float64Array): number {
  const lately = weekly.subarray(Math.max(0, weekly.length - QUARTER_WEEKS));
  return sum(lately) / Math.max(1, lately.length);
}

/** Of renewals, what came after a failed debit: the last quarter's share. */
function shareOf(part: Float64Array, whole: Float64Array): number {
  const all = levelOf(whole);
  return all > 0 ? levelOf(part) / all : 0;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
