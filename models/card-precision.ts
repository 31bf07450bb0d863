/**
 * Card precision at k: of the k payers a team can check a day, how many are truly compromised. A payer found on one day
 * is blocked and leaves the following days. Source: Fraud Detection Handbook (Le Borgne et al. 2022), chapter 4.
 */
import { AppError, assert } from '../core/errors.js';

export interface ScoredPayments {
  /** Test day of each payment, any integer (n). */
  readonly day: Int32Array;
  /** Payer of each payment as a code (n). */
  readonly payer: Int32Array;
  readonly y: Uint8Array;
  readonly fraudProbability: Float64Array;
}

interface PayerDay {
  readonly payer: number;
  highest: number;
  fraud: boolean;
}

/** Mean over the days of (compromised payers in the day's top k) / k. Equal scores are ordered by payer code. */
export function cardPrecisionAtK(payments: ScoredPayments, k: number): number {
  assert(k >= 1, 'k is at least one payer a day');
  const days = byDay(payments);
  if (days.size === 0)
    throw new AppError('bad-input', 'no-rows', 'there are no payments to measure; check the split');
  const found = new Set<number>();
  let sum = 0;
  for (const day of [...days.keys()].sort((a, b) => a - b)) {
    const open = [...(days.get(day)?.values() ?? [])].filter(({ payer }) => !found.has(payer));
    const top = open.sort((a, b) => b.highest - a.highest || a.payer - b.payer).slice(0, k);
    const compromised = top.filter(({ fraud }) => fraud);
    for (const { payer } of compromised) found.add(payer);
    sum += compromised.length / k;
  }
  return sum / days.size;
}

function byDay({ day, payer, y, fraudProbability }: ScoredPayments): Map<number, Map<number, PayerDay>> {
  const days = new Map<number, Map<number, PayerDay>>();
  for (let row = 0; row < day.length; row++) {
    const payers = days.get(day[row]!) ?? new Map<number, PayerDay>();
    days.set(day[row]!, payers);
    const seen = payers.get(payer[row]!) ?? { payer: payer[row]!, highest: -Infinity, fraud: false };
    payers.set(seen.payer, seen);
    seen.highest = Math.max(seen.highest, fraudProbability[row]!);
    seen.fraud ||= y[row] === 1;
  }
  return days;
}
