/**
 * All that decides when a debit may lawfully be repeated, as one value: the debit, its mandate, the attempts of the cycle and what
 * is known to stand in the way. Nothing here is a guess about success; that is the moment's (features/retry/moment.ts).
 * Instants are UTC epoch milliseconds, amounts minor units.
 */
export type DebitMethod = 'upi' | 'card' | 'emandate' | 'nach';

export type DebitFrequency = 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'yearly' | 'as_presented';

/** What is paid for, as far as the limit of debits without the payer's approval knows it. School meals are general. */
export type DebitPurpose = 'general' | 'insurance' | 'mutual-fund' | 'card-bill';

/** One that was presented to the bank. Those withdrawn or skipped before that are no attempts. */
export interface PresentedAttempt {
  readonly slotAt: number;
  readonly status: 'unresolved' | 'succeeded' | 'failed';
  /** Why it failed (core/decline-reasons); null when the gateway gave no reason or it did not fail. */
  readonly reason: string | null;
  /** When the result was known; null while it is not. */
  readonly resolvedAt: number | null;
}

/** Of this instrument's method and bank; until further notice when the end is null. */
interface Downtime {
  readonly startsAt: number;
  readonly endsAt: number | null;
}

export interface DebitSituation {
  readonly method: DebitMethod;
  readonly purpose: DebitPurpose;
  readonly amountPaise: bigint;
  /** What the invoice still asks for: a debit takes no more, so never a fee for paying by mandate. */
  readonly duePaise: bigint;
  readonly mandate: {
    readonly status: 'created' | 'pending' | 'active' | 'paused' | 'rejected' | 'cancelled' | 'expired';
    readonly frequency: DebitFrequency;
    readonly maxPaise: bigint;
    /** Null: from its confirmation. */
    readonly startsAt: number | null;
    readonly expiresAt: number;
    /** When the payer's approval of the mandate was confirmed; null before. */
    readonly confirmedAt: number | null;
    /** Instants of successful debits, and of an authorisation that took money: each used up its registered period. */
    readonly debitedAt: readonly number[];
  };
  /** Of the cycle, oldest first. */
  readonly attempts: readonly PresentedAttempt[];
  /** From start to end, exclusive: one period of one invoice. */
  readonly cycle: { readonly startAt: number; readonly endAt: number };
  /** When the notice for the next attempt was delivered; null when none was, or it failed: then another one is sent. */
  readonly noticedAt: number | null;
  readonly downtimes: readonly Downtime[];
  /** A debit of this invoice is planned, announced, or without a result. */
  readonly hasUnresolved: boolean;
  /** The payer opted out of this debit. */
  readonly isSkipped: boolean;
  /** The gate blocked an earlier step of this chain. */
  readonly chainBlocked: boolean;
}
