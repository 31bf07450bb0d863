/**
 * Who is left alone, and what treating the others was worth. The hold-out is a payer's for good: a salted hash of the id
 * decides, so that no list, rerun or new model moves anybody across. The difference of two shares has Newcombe's hybrid
 * score interval (Newcombe 1998, method 10), which holds for small groups too.
 */
import { createHash } from 'node:crypto';

const HOLD_OUT = {
  share: 0.1, // A tenth loses little and shows an effect of two points with a few thousand listed payers.
  salt: 'churn-hold-out-1', // Another salt would draw another hold-out: never change it while treatments run.
} as const;

const DIGITS = 8;

export function isHeldOut(payerId: string): boolean {
  const hash = createHash('sha256').update(`${HOLD_OUT.salt}:${payerId}`).digest('hex').slice(0, DIGITS);
  return Number.parseInt(hash, 16) / 16 ** DIGITS < HOLD_OUT.share;
}

/** How many were at risk and how many of them left. */
export interface Group {
  readonly payers: number;
  readonly churned: number;
}

export interface Uplift {
  readonly treatedShare: number;
  readonly heldOutShare: number;
  /** Share of churn prevented: held out less treated, with its 95 % interval. */
  readonly prevented: number;
  readonly low: number;
  readonly high: number;
}

/** Null while a group is empty: there is nothing to compare. */
export function upliftOf(treated: Group, heldOut: Group): Uplift | null {
  if (treated.payers === 0 || heldOut.payers === 0) return null;
  const a = wilson(heldOut);
  const b = wilson(treated);
  const prevented = a.share - b.share;
  return {
    treatedShare: b.share,
    heldOutShare: a.share,
    prevented,
    low: prevented - Math.hypot(a.share - a.low, b.high - b.share),
    high: prevented + Math.hypot(a.high - a.share, b.share - b.low),
  };
}

const Z95 = 1.959964;

function wilson({ payers, churned }: Group): { share: number; low: number; high: number } {
  const share = churned / payers;
  const z2 = Z95 ** 2 / payers;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z95 / (1 + z2)) * Math.sqrt((share * (1 - share)) / payers + z2 / (4 * payers));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
