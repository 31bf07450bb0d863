/**
 * One attempt to debit at one instant, and all that was known when it was chosen: what the retry model is asked about.
 * Everything is the payer's own, of payments only; the calendar is India's. Built alike in training, judging and serving,
 * so a past debit belongs to `past` only if its result was known before the choice.
 */
import type { DeclineClass } from '../../core/decline-reasons.js';
import type { Method } from '../../ingest/facts.js';

/** A payment whose result is known; `class` is why it failed, null when it was captured. */
export interface PastPayment {
  /** When it was attempted, epoch ms. */
  readonly atMs: number;
  readonly amountPaise: bigint;
  readonly class: DeclineClass | null;
  /** Somebody was at the screen: such payers look at the balance first. */
  readonly attended: boolean;
  readonly method: Method | null;
}

/** What is the same for every slot of a choice. */
export interface RetryContext {
  readonly method: Method | null;
  /** Bank or wallet of the instrument; null when it is not known. */
  readonly issuer: string | null;
  /** Why the newest attempt of this debit failed; null for the first one. */
  readonly declineClass: DeclineClass | null;
  /** 1 for the first debit, 2 for its first retry. */
  readonly attempt: number;
  /** Slot of the newest failed attempt of this debit, epoch ms; null for the first one. */
  readonly failedAtMs: number | null;
  readonly amountPaise: bigint;
  /** The payer's payments with known results, this debit's failures included, in the order of their attempts. */
  readonly past: readonly PastPayment[];
  /** Failures after `past` that a plan only imagines, in order. */
  readonly imagined?: readonly PastPayment[];
}

export interface RetryMoment extends RetryContext {
  readonly slotAtMs: number;
}

/** P(captured) of each moment (n). May throw; whoever asks has a ladder to fall back on. */
export type RetryEstimate = (moments: readonly RetryMoment[]) => Float64Array;

/** What would be known if the debit at this slot failed for this reason: the context of a plan's next step. */
export function afterFailure(moment: RetryMoment, declineClass: DeclineClass): RetryContext {
  const { slotAtMs, method, issuer, amountPaise, attempt, past, imagined = [] } = moment;
  const failed: PastPayment = { atMs: slotAtMs, amountPaise, class: declineClass, attended: false, method };
  return {
    method,
    issuer,
    amountPaise,
    declineClass,
    attempt: attempt + 1,
    failedAtMs: slotAtMs,
    past,
    imagined: [...imagined, failed],
  };
}
