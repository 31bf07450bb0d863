/**
 * The parts of a plan: as equal as paise allow, one interval apart. Whether a plan is kept follows from what has been paid since it was
 * agreed and nothing else, so it does not matter which way the money came.
 */
import { formatDay, parseDay } from '../../core/days.js';
import type { Campaign } from './campaign.js';

export interface Part {
  /** The last day on which it may come without being late. */
  readonly dueOn: string;
  readonly amountPaise: bigint;
}

/** As equal as paise allow, the odd ones in the first; the first is due after one interval. */
export function partsOf(
  totalPaise: bigint,
  plan: Pick<Campaign['plan'], 'parts' | 'everyDays'>,
  today: number,
): Part[] {
  const count = BigInt(plan.parts);
  const each = totalPaise / count;
  return Array.from({ length: plan.parts }, (_, i) => ({
    dueOn: formatDay(today + (i + 1) * plan.everyDays),
    amountPaise: i === 0 ? totalPaise - each * (count - 1n) : each,
  }));
}

/** From what was paid since it was accepted. */
export function planStanding(
  { parts, totalPaise }: { readonly parts: readonly Part[]; readonly totalPaise: bigint },
  paidPaise: bigint,
  { today, graceDays }: { readonly today: number; readonly graceDays: number },
): 'accepted' | 'kept' | 'broken' {
  if (paidPaise >= totalPaise) return 'kept';
  const late = parts.filter(({ dueOn }) => (parseDay(dueOn) ?? 0) + graceDays < today);
  const wanted = late.reduce((sum, { amountPaise }) => sum + amountPaise, 0n);
  return paidPaise < wanted ? 'broken' : 'accepted';
}
