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

/** Kinds are dealt apart from the hold-out, so that each kind's payers are like all others. */
const KIND_SALT = 'churn-kind-1';

/** The share of a night's subscriptions, highest priority first, that makes the list: whom treatments are for, and who is compared. */
export const LISTED_SHARE = 0.1;

const DIGITS = 8;

export function isHeldOut(payerId: string): boolean {
  return drawOf(HOLD_OUT.salt, payerId) < HOLD_OUT.share;
}

/** Which of the kinds a payer is to be treated with; null when none are dealt out. The same kinds, the same answer. */
export function assignedKind(payerId: string, kinds: readonly string[]): string | null {
  return kinds[Math.floor(drawOf(KIND_SALT, payerId) * kinds.length)] ?? null;
}

/** Uniform in [0, 1), for good. */
function drawOf(salt: string, payerId: string): number {
  const hash = createHash('sha256').update(`${salt}:${payerId}`).digest('hex').slice(0, DIGITS);
  return Number.parseInt(hash, 16) / 16 ** DIGITS;
}

/** Payers of an arm below which a difference between arms is not told: its interval would say nothing that a person should act on. */
export const LEAST_PAYERS = 30;

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
const Z80 = 0.841621;

/**
 * The smallest difference of shares that such groups would show: with 80 % probability, at 5 % two-sided, where a share `base`
 * leaves when left alone (Cohen 1988, section 6). Null while a group is empty or nobody leaves.
 */
export function detectableDifference(treated: number, heldOut: number, base: number): number | null {
  if (treated === 0 || heldOut === 0 || base <= 0 || base >= 1) return null;
  return (Z95 + Z80) * Math.sqrt(base * (1 - base) * (1 / treated + 1 / heldOut));
}

function wilson({ payers, churned }: Group): { share: number; low: number; high: number } {
  const share = churned / payers;
  const z2 = Z95 ** 2 / payers;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z95 / (1 + z2)) * Math.sqrt((share * (1 - share)) / payers + z2 / (4 * payers));
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
