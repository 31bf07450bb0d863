/**
 * The chance that a mandate still stands on a day to come and that a debit on it then passes, from facts that anybody can check:
 *
 *   health = standing x passing
 *   standing = 0 unless active and not expired by then, else
 *              2^-(days / life), life = 720 days, a quarter of it in the first 60 days, and halved for each pause
 *   passing  = (successes + 4 x rate) / (successes + failures + 4), halved for each failure since the last success
 *              (times 1/4 at most), and times 1/5 while the bank is known to be down at that instant
 *
 * `rate` is what all debits by the method do. A mandate whose last debit was refused for good (core/decline-reasons) has none.
 * The constants are judgements, to be replaced when enough debits have been seen; nothing lawful depends on them.
 */
import { DAY_MS } from '../../core/days.js';
import type { MandateStatus } from './states.js';

export interface MandateFacts {
  readonly status: MandateStatus;
  readonly confirmedAt: number | null;
  readonly expiresAt: number;
  readonly pauses: number;
  readonly successes: number;
  readonly failures: number;
  /** Since the last success. */
  readonly failuresInRow: number;
  /** The last debit was refused in a way that no repetition changes. */
  readonly isRefused: boolean;
  /** Share of all debits by the method that passed lately, in [0, 1]. */
  readonly methodRate: number;
  /** The bank is known to have trouble at the instant asked about. */
  readonly isBankDown: boolean;
}

export interface MandateHealth {
  /** In [0, 1]. */
  readonly probability: number;
  readonly standing: number;
  readonly passing: number;
}

const HEALTH = {
  lifeDays: 720, // Half of the mandates of a stable product are still there after two years.
  youngDays: 60, // Most payers who regret an automatic payment do so within two debits.
  youngShare: 0.25, // A young mandate ends four times as fast.
  priorDebits: 4, // What the method's rate counts for.
  perFailure: 0.5, // An empty account is often still empty.
  leastRepeat: 0.25, // Three failures in a row say no more than two.
  whenDown: 0.2, // Some debits pass in a downtime.
} as const;

/** @param atMs when a debit would be made, epoch ms; not before `nowMs`. */
export function mandateHealth(facts: MandateFacts, nowMs: number, atMs: number): MandateHealth {
  const standing = standingAt(facts, nowMs, atMs);
  const passing = passingAt(facts);
  return { probability: round(standing * passing), standing: round(standing), passing: round(passing) };
}

function standingAt(
  { status, confirmedAt, expiresAt, pauses }: MandateFacts,
  nowMs: number,
  atMs: number,
): number {
  if (status !== 'active' || confirmedAt === null || atMs >= expiresAt) return 0;
  const isYoung = nowMs - confirmedAt < HEALTH.youngDays * DAY_MS;
  const lifeDays = (HEALTH.lifeDays * (isYoung ? HEALTH.youngShare : 1)) / 2 ** pauses;
  return 2 ** -(Math.max(0, atMs - nowMs) / DAY_MS / lifeDays);
}

function passingAt(facts: MandateFacts): number {
  const { successes, failures, failuresInRow, methodRate, isRefused, isBankDown } = facts;
  if (isRefused) return 0;
  const { priorDebits, perFailure, leastRepeat, whenDown } = HEALTH;
  const rate = (successes + priorDebits * methodRate) / (successes + failures + priorDebits);
  return rate * Math.max(leastRepeat, perFailure ** failuresInRow) * (isBankDown ? whenDown : 1);
}

function round(share: number): number {
  return Math.round(share * 1000) / 1000;
}
