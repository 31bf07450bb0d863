/**
 * Decides whether an honest attempt succeeds: null, or Razorpay's reason. Causes are tried in the order in which a
 * payment meets them: expiry, outage, technical trouble, the payer's patience and proof, limit, funds, the issuer's mood.
 */
import type { Calendar } from './calendar.js';
import type { Cause } from './reasons.js';
import type { Instrument, PaidBy } from './instruments.js';
import type { Outage } from './issuers.js';
import type { Payer } from './payers.js';
import type { Streams } from './chance.js';
import { balancePaise } from './funds.js';
import { chance, pickWeighted } from './chance.js';
import { minuteOfDay } from '../../core/days.js';
import { outageShare } from './issuers.js';
import { REASONS } from './reasons.js';

interface Debit {
  readonly payer: Payer;
  readonly instrument: Instrument;
  readonly amountPaise: number;
  readonly atMs: number;
  /** Somebody is at the screen; otherwise a mandate is executed. */
  readonly attended: boolean;
}

export interface Conditions {
  readonly random: Streams;
  readonly calendar: Calendar;
  readonly outages: readonly Outage[];
}

interface Rates {
  readonly technical: number;
  readonly dropOff: number;
  readonly credential: number;
  readonly undisclosed: number;
  readonly instrument: number;
}

const ATTENDED: Readonly<Record<PaidBy, Rates>> = {
  upi: { technical: 0.012, dropOff: 0.032, credential: 0.006, undisclosed: 0.006, instrument: 0.002 },
  card: { technical: 0.012, dropOff: 0.035, credential: 0.03, undisclosed: 0.018, instrument: 0.004 },
  netbanking: { technical: 0.035, dropOff: 0.07, credential: 0.02, undisclosed: 0.01, instrument: 0.003 },
  wallet: { technical: 0.01, dropOff: 0.02, credential: 0.01, undisclosed: 0.004, instrument: 0.002 },
};

/** A mandate meets no payer, but the payer may have touched the mandate. */
export const UNATTENDED = { technical: 0.02, undisclosed: 0.012, mandate: 0.009 } as const;
/** An issuer's limit that nobody foresees. */
export const PASSING_LIMIT = 0.0015;
/** Short of funds without a salary account behind it. */
export const SHORT = { wallet: 0.02, credit: 0.006 } as const;
/** Of the logarithm: what else is booked on the account that day. */
export const BALANCE_NOISE = 0.25;

/** Who is at the screen looks at the balance first, and pays from another account when it is short. */
const ATTENDED_CARE = 2;

export const CUTOFF_FACTOR = 3;
/** Banks close their books around midnight: technical trouble is three times as likely. */
export const isCutoff = (minute: number): boolean => minute < 40 || minute >= 23 * 60 + 20;

function cause(debit: Debit, conditions: Conditions): Cause | null {
  const random = conditions.random.declines;
  const { instrument, atMs, attended } = debit;
  if (chance(random, outageShare(conditions.outages, instrument.issuer, atMs))) return 'outage';
  const rates = ATTENDED[instrument.method];
  const technical = attended ? rates.technical : UNATTENDED.technical;
  if (chance(random, isCutoff(minuteOfDay(atMs)) ? CUTOFF_FACTOR * technical : technical)) return 'technical';
  if (attended) {
    if (chance(random, rates.dropOff)) return 'dropOff';
    if (chance(random, rates.credential)) return 'credential';
    if (chance(random, rates.instrument)) return 'instrument';
  } else if (chance(random, UNATTENDED.mandate)) return 'mandate';
  if (debit.amountPaise > instrument.limitPaise || chance(random, PASSING_LIMIT)) return 'limit';
  return chance(random, attended ? rates.undisclosed : UNATTENDED.undisclosed) ? 'undisclosed' : null;
}

/** Wallets and credit cards do not feel payday; everything else draws on the salary account. */
function isShort(debit: Debit, conditions: Conditions): boolean {
  const { payer, instrument } = debit;
  const random = conditions.random.funds;
  if (instrument.method === 'wallet') return chance(random, SHORT.wallet);
  if (instrument.credit) return chance(random, SHORT.credit);
  const noise = Math.exp(BALANCE_NOISE * random.normal()) * (debit.attended ? ATTENDED_CARE : 1);
  return debit.amountPaise > balancePaise(payer, conditions.calendar, random, debit.atMs) * noise;
}

export function declineReason(debit: Debit, conditions: Conditions): string | null {
  const { instrument, atMs, attended } = debit;
  if (!attended && atMs >= instrument.expiresAt) return 'card_expired';
  const found = cause(debit, conditions);
  if (found !== null) return pickWeighted(conditions.random.declines, REASONS[found][instrument.method]);
  return isShort(debit, conditions) ? 'insufficient_funds' : null;
}
