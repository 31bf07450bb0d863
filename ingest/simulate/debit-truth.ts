/**
 * The true probability that an unattended debit succeeds at an instant, given what is latent now: the account, its shock on a known
 * day, the instrument. What has not happened yet (the shock's further way, outages, trouble, the day's other bookings) is
 * averaged over in closed form. Only for judging: it never becomes a fact.
 */
import type { Account } from './funds.js';
import type { Calendar } from './calendar.js';
import type { Instrument } from './instruments.js';
import { BALANCE_NOISE, CUTOFF_FACTOR, isCutoff, PASSING_LIMIT, SHORT, UNATTENDED } from './declines.js';
import { dayOf, minuteOfDay } from '../../core/days.js';
import { expectedOutageShare } from './issuers.js';
import { medianBalancePaise, SHOCK_SPREAD, shockAfter } from './funds.js';
import { normalCdf } from './chance.js';

/** A shock that is known: a standard normal on this day. */
export interface KnownShock {
  readonly day: number;
  readonly value: number;
}

export interface LatentDebit {
  readonly account: Account;
  readonly instrument: Pick<Instrument, 'method' | 'issuer' | 'credit' | 'expiresAt' | 'limitPaise'>;
  readonly amountPaise: number;
}

export function successProbability(
  debit: LatentDebit,
  shock: KnownShock,
  calendar: Calendar,
  atMs: number,
): number {
  const { instrument, amountPaise } = debit;
  if (atMs >= instrument.expiresAt || amountPaise > instrument.limitPaise) return 0;
  const technical = UNATTENDED.technical * (isCutoff(minuteOfDay(atMs)) ? CUTOFF_FACTOR : 1);
  return (
    (1 - expectedOutageShare(instrument.issuer)) *
    (1 - technical) *
    (1 - UNATTENDED.mandate) *
    (1 - PASSING_LIMIT) *
    (1 - UNATTENDED.undisclosed) *
    enoughProbability(debit, shock, calendar, atMs)
  );
}

function enoughProbability(
  { account, instrument, amountPaise }: LatentDebit,
  shock: KnownShock,
  calendar: Calendar,
  atMs: number,
): number {
  if (instrument.method === 'wallet') return 1 - SHORT.wallet;
  if (instrument.credit) return 1 - SHORT.credit;
  const { kept, spread } = shockAfter(dayOf(atMs) - shock.day);
  const missing = Math.log(amountPaise / medianBalancePaise(account, calendar, atMs));
  const expected = SHOCK_SPREAD * kept * shock.value;
  return 1 - normalCdf((missing - expected) / Math.hypot(SHOCK_SPREAD * spread, BALANCE_NOISE));
}
