/**
 * Everything that decides what is done about one payer's arrears in one currency, as a value: the debts and what became of their
 * debits, what was said, promised and agreed before, and what models expect. Amounts are minor units, instants UTC milliseconds,
 * days Indian. Nothing about a child is in it but the opaque id of what is delivered.
 */
import type { DeclineClass } from '../../core/decline-reasons.js';

/** Treated by the campaign, or left on the plain ladder for good, so that the difference can be measured. */
export type Arm = 'campaign' | 'hold-out';

/**
 * Of the newest try to pay an invoice. `unresolved`: the gateway has not said what became of it. `skipped`: the payer did not want
 * that debit, which is no failure (India rules, E5). `planned`: one is to come.
 */
export type LastTry = 'none' | 'planned' | 'unresolved' | 'failed' | 'skipped';

export interface Debt {
  readonly invoiceId: string;
  /** Null for what was bought once. */
  readonly subscriptionId: string | null;
  /** Whether its subscription is delivered and could be withheld. */
  readonly isRunning: boolean;
  readonly owedPaise: bigint;
  readonly dueAt: number;
  readonly lastTry: LastTry;
  /** Of the newest failure; null when nothing failed. */
  readonly decline: { readonly reason: string; readonly class: DeclineClass; readonly at: number } | null;
  /** Of the mandate that it is debited on; null without one. */
  readonly mandate: 'active' | 'paused' | 'ended' | null;
  /** When it is debited next, if that is planned. */
  readonly nextDebitAt: number | null;
  /** Our first payment of it: the chain that the gate looks at. */
  readonly firstPaymentId: string | null;
}

/** A message that was sent, or is about to be. */
export interface Said {
  readonly stage: string;
  readonly kind: string;
  /** Empty when it is about all that is owed. */
  readonly subscriptionId: string;
  /** What a suspension is for; empty otherwise. */
  readonly invoiceId: string;
  readonly at: number;
  /** Of this episode; earlier ones count for the caps alone. */
  readonly isOfEpisode: boolean;
}

/** Expected within the horizon of recovery.ts. */
export interface Recovery {
  readonly probability: number;
  readonly ifContacted: number;
}

export interface Situation {
  readonly payerId: string;
  readonly currency: string;
  readonly arm: Arm;
  readonly tags: readonly string[];
  /** Overdue and not paid, oldest first. */
  readonly debts: readonly Debt[];
  /** Newest night; null when never scored. */
  readonly churnProbability: number | null;
  readonly valuePaise: bigint | null;
  readonly recovery: Recovery;
  readonly said: readonly Said[];
  /** Steps that the gate refused in this episode, by their keys. */
  readonly refused: ReadonlySet<string>;
  /** Subscriptions that dunning withholds now. */
  readonly withheld: ReadonlySet<string>;
  /** All that can be withheld of the payer. */
  readonly running: readonly string[];
  /** The last day of a promise to pay; null without one. */
  readonly promisedDay: number | null;
  readonly lastContactAt: number | null;
  /** A plan that is kept, or was offered in this episode. */
  readonly plan: 'none' | 'kept' | 'offered-before';
}
