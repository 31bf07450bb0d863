/**
 * What a mandate may say: bounds of its limit and of its validity by method (razorpay.com/docs/api/payments/recurring-payments, India
 * rules U6, E6), and always `as_presented` where there is a choice: a fixed frequency allows one debit in each calendar period, which
 * the authorisation may use up, and cannot be changed later (U7). The schedule is kept by us.
 */
import { addMonths, dayOf, formatDay, parseDay, startOfDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { formatMoney } from '../../core/money.js';
import { invalidField } from '../../scoring/request.js';
import { unapprovedLimitPaise } from '../retry/limits.js';
import type { DebitPurpose } from '../retry/situation.js';

/** Paper mandates (NACH) are taken over, not registered here. */
export const REGISTERED_METHODS = ['upi', 'card', 'emandate'] as const;
export type RegisteredMethod = (typeof REGISTERED_METHODS)[number];

export const PURPOSES = [
  'general',
  'insurance',
  'mutual-fund',
  'card-bill',
] as const satisfies readonly DebitPurpose[];

const LEAST_PAISE = 100n;
/** ₹99,999; ₹2,00,000 where the law's higher limit applies. */
const UPI_MOST = { general: 99_999_00n, special: 2_00_000_00n } as const;
/** ₹1 crore. */
const BANK_MOST = 1_00_00_000_00n;

/** Years. */
const VALIDITY: Readonly<Record<RegisteredMethod, { readonly usual: number; readonly most: number }>> = {
  upi: { usual: 10, most: 30 },
  card: { usual: 10, most: 30 },
  emandate: { usual: 10, most: 40 },
};

/** The greatest amount that one debit may have. A card mandate goes no higher than what needs no approval of its own. */
function mostPaise(method: RegisteredMethod, purpose: DebitPurpose, day: number): bigint {
  if (method === 'emandate') return BANK_MOST;
  if (method === 'upi') return purpose === 'general' ? UPI_MOST.general : UPI_MOST.special;
  return unapprovedLimitPaise('card', purpose, day) ?? BANK_MOST;
}

/** @throws AppError `invalid-request` that names the field. */
export function requireLimit(
  maxPaise: bigint,
  method: RegisteredMethod,
  purpose: DebitPurpose,
  now: number,
): void {
  const most = mostPaise(method, purpose, dayOf(now));
  if (maxPaise >= LEAST_PAISE && maxPaise <= most) return;
  throw invalidField('maxPaise', `must lie between ₹1 and ${formatMoney(most, 'INR')} for this method`);
}

/** The end of the last valid day. @param expiresOn `YYYY-MM-DD`; absent: the usual validity. */
export function expiryOf(method: RegisteredMethod, expiresOn: string | undefined, now: number): number {
  const today = dayOf(now);
  const { usual, most } = VALIDITY[method];
  const last = expiresOn === undefined ? addMonths(today, usual * 12) : parseDay(expiresOn);
  const latest = addMonths(today, most * 12);
  if (last === null || last <= today || last > latest)
    throw invalidField('expiresOn', `must be a day after today and not after ${formatDay(latest)}`);
  return startOfDay(last + 1) - 1000;
}

/** @throws AppError `above-mandate-limit`: what the authorisation pays must fit as well. */
export function requireFits(amountPaise: bigint, maxPaise: bigint): void {
  if (amountPaise <= maxPaise) return;
  const message = `the invoice asks for ${formatMoney(amountPaise, 'INR')}, more than the limit of the mandate: raise maxPaise`;
  throw new AppError('bad-input', 'above-mandate-limit', message);
}
