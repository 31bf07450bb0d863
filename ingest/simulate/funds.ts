/**
 * Whether the account holds enough. The balance falls exponentially from payday to payday around a slow personal shock,
 * so that "insufficient funds" clusters before payday and in payers who are short this month.
 */
import type { Calendar } from './calendar.js';
import type { Payer } from './payers.js';
import type { Random } from '../../core/random.js';
import { dayOf, minuteOfDay } from '../../core/days.js';

/** Correlation of the shock from one day to the next: a bad month stays bad for weeks. */
const SHOCK_PERSISTENCE = 0.96;
const SHOCK_SPREAD = 0.62;
/** Part of a salary that is free to spend on payday, and what is left at the worst moment. */
const FREE_SHARE = 0.5;
const FLOOR_SHARE = 0.018;
/** Salaries are credited around noon of the payday. */
const CREDITED_MINUTE = 11 * 60;

export function balancePaise(payer: Payer, calendar: Calendar, random: Random, atMs: number): number {
  const day = dayOf(atMs);
  const since = calendar.daysSincePayday(payer.payday, day);
  const credited = since > 0 || minuteOfDay(atMs) >= CREDITED_MINUTE;
  const days = credited ? since : calendar.daysSincePayday(payer.payday, day - 1) + 1;
  const kept = SHOCK_PERSISTENCE ** Math.max(0, day - payer.fundsShockDay);
  payer.fundsShock = kept * payer.fundsShock + Math.sqrt(1 - kept * kept) * random.normal();
  payer.fundsShockDay = Math.max(day, payer.fundsShockDay);
  const share = FLOOR_SHARE + FREE_SHARE * Math.exp(-days / payer.spendingDays);
  return payer.monthlyIncomePaise * share * Math.exp(SHOCK_SPREAD * payer.fundsShock);
}
