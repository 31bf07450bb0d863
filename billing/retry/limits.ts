/**
 * How much may be debited without the payer's approval of the single debit, by date and purpose: above it every debit on a card or
 * UPI mandate needs the payer. Bank mandates know no such limit. RBI's circulars of 16 June 2022 and 12 December 2023, kept by the
 * e-mandate framework of 21 April 2026. Law: India rules E2, E3.
 */
import { parseDay } from '../../core/days.js';
import { assert } from '../../core/errors.js';
import type { DebitMethod, DebitPurpose } from './situation.js';

interface Limit {
  readonly fromDay: number;
  readonly generalPaise: bigint;
  readonly specialPaise: bigint;
}

/** Ascending; the last row that has begun applies. */
const LIMITS: readonly Limit[] = [
  { fromDay: on('2021-10-01'), generalPaise: 5_000_00n, specialPaise: 5_000_00n },
  { fromDay: on('2022-06-16'), generalPaise: 15_000_00n, specialPaise: 15_000_00n },
  { fromDay: on('2023-12-12'), generalPaise: 15_000_00n, specialPaise: 1_00_000_00n },
];

function on(date: string): number {
  const day = parseDay(date);
  assert(day !== null, 'a limit begins on a real day');
  return day;
}

/** Null: without limit. Before the first row nothing may be debited unasked. */
export function unapprovedLimitPaise(method: DebitMethod, purpose: DebitPurpose, day: number): bigint | null {
  if (method === 'emandate' || method === 'nach') return null;
  const limit = LIMITS.findLast(({ fromDay }) => fromDay <= day);
  if (limit === undefined) return 0n;
  return purpose === 'general' ? limit.generalPaise : limit.specialPaise;
}
