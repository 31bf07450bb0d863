/**
 * Whether the account holds enough. The balance falls exponentially from payday to payday around a slow personal shock,
 * so that "insufficient funds" clusters before payday and in payers who are short this month.
 */
import type { Calendar, Payday } from './calendar.js';
import type { Payer } from './payers.js';
import type { Random } from '../../core/random.js';
import { dayOf, minuteOfDay } from '../../core/days.js';

/** Correlation of the shock from one day to the next: a bad month stays bad for weeks. */
const SHOCK_PERSISTENCE = 0.96;
/** Of the logarithm of the balance. */
export const SHOCK_SPREAD = 0.62;
/** Part of a salary that is free to spend on payday, and what is left at the worst moment. */
const FREE_SHARE = 0.5;
const FLOOR_SHARE = 0.018;
/** Salaries are credited around noon of the payday. */
const CREDITED_MINUTE = 11 * 60;

/** What an account is like apart from the shock: all latent. */
export interface Account {
  readonly monthlyIncomePaise: number;
  readonly payday: Payday;
  readonly spendingDays: number;
}

/** The balance of somebody whose month is neither good nor bad. */
export function medianBalancePaise(account: Account, calendar: Calendar, atMs: number): number {
  const day = dayOf(atMs);
  const since = calendar.daysSincePayday(account.payday, day);
  const credited = since > 0 || minuteOfDay(atMs) >= CREDITED_MINUTE;
  const days = credited ? since : calendar.daysSincePayday(account.payday, day - 1) + 1;
  const share = FLOOR_SHARE + FREE_SHARE * Math.exp(-days / account.spendingDays);
  return account.monthlyIncomePaise * share;
}

/** Of the shock, a standard normal, `days` later: what is kept of it, and the spread of what comes. */
export function shockAfter(days: number): { readonly kept: number; readonly spread: number } {
  const kept = SHOCK_PERSISTENCE ** Math.max(0, days);
  return { kept, spread: Math.sqrt(1 - kept * kept) };
}

export function balancePaise(payer: Payer, calendar: Calendar, random: Random, atMs: number): number {
  const day = dayOf(atMs);
  const { kept, spread } = shockAfter(day - payer.fundsShockDay);
  payer.fundsShock = kept * payer.fundsShock + spread * random.normal();
  payer.fundsShockDay = Math.max(day, payer.fundsShockDay);
  return medianBalancePaise(payer, calendar, atMs) * Math.exp(SHOCK_SPREAD * payer.fundsShock);
}
