/**
 * Canonical facts: what every source (import, webhook, simulator) is turned into before anything else sees it.
 * A fact carries `occurredAt` (when it happened) and `knownAt` (when we learned it), UTC epoch milliseconds with
 * `occurredAt <= knownAt`. The order of facts is total: (knownAt, sequence).
 */
import { PAYMENT_METHODS } from '../core/decline-reasons.js';

export const PAYMENT_KINDS = ['payment', 'retry', 'dunning'] as const;
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

export const PAYMENT_STATUSES = ['attempted', 'captured', 'failed'] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** Razorpay's method names; anything else a source says becomes `other`. */
export const METHODS = [...PAYMENT_METHODS, 'other'] as const;
export type Method = (typeof METHODS)[number];

interface Known {
  readonly sequence: number;
  readonly occurredAt: number;
  readonly knownAt: number;
}

/** What a payment request names. Ids are opaque; nulls mean that the source does not say. */
export interface PaymentRequest {
  readonly paymentId: string;
  readonly kind: PaymentKind;
  /** The first attempt that a retry or dunning step repeats. */
  readonly retryOf: string | null;
  readonly payerId: string;
  /** School, vendor, terminal: who is paid. */
  readonly counterpartyId: string | null;
  /** Card token, VPA hash, mandate: what is debited. */
  readonly instrumentId: string | null;
  readonly deviceId: string | null;
  readonly ip: string | null;
  readonly method: Method | null;
  /** What it is for: merchant category, plan, purpose. */
  readonly category: string | null;
  /** ISO 3166 alpha-2. */
  readonly country: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  /** Minor units of `currency`: paise for INR. Never negative. */
  readonly amountPaise: bigint;
  /** ISO 4217. */
  readonly currency: string;
}

/** One attempt to pay. `status` is what was known at `knownAt`; a later result is an `OutcomeFact`. */
export interface PaymentFact extends PaymentRequest, Known {
  readonly fact: 'payment';
  readonly status: PaymentStatus;
  /** Razorpay's `error_reason` when failed. */
  readonly failureReason: string | null;
}

export interface OutcomeFact extends Known {
  readonly fact: 'outcome';
  readonly paymentId: string;
  readonly status: 'captured' | 'failed';
  readonly failureReason: string | null;
}

export type LabelSource = 'import' | 'chargeback' | 'confirmed' | 'review' | 'simulator';

/** Somebody said whether a payment was fraud. `occurredAt` is the payment's instant, `knownAt` the report's. */
export interface LabelFact extends Known {
  readonly fact: 'label';
  readonly paymentId: string;
  readonly fraud: boolean;
  readonly source: LabelSource;
}

export interface RefundFact extends Known {
  readonly fact: 'refund';
  readonly refundId: string;
  /** Null when the source does not say which payment was refunded. */
  readonly paymentId: string | null;
  readonly payerId: string | null;
  readonly counterpartyId: string | null;
  readonly amountPaise: bigint;
  readonly currency: string;
}

export interface DisputeFact extends Known {
  readonly fact: 'dispute';
  readonly disputeId: string;
  readonly paymentId: string;
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly reason: string | null;
  readonly status: 'open' | 'won' | 'lost';
}

export type SubscriptionEvent =
  'started' | 'renewed' | 'price_changed' | 'paused' | 'resumed' | 'cancelled' | 'lapsed';

export interface SubscriptionFact extends Known {
  readonly fact: 'subscription';
  readonly subscriptionId: string;
  readonly payerId: string;
  readonly counterpartyId: string | null;
  readonly planId: string;
  readonly event: SubscriptionEvent;
  readonly amountPaise: bigint;
  readonly currency: string;
}

/** What a gateway says of one attempt, money included. Of several facts about an attempt the latest known holds. */
export interface AttemptFact extends Known {
  readonly fact: 'attempt';
  /** The gateway's payment id. */
  readonly attemptId: string;
  /** The payment of the lake that it belongs to. */
  readonly paymentId: string;
  /** What is owed once: attempts to pay the same thing share it. */
  readonly orderId: string;
  readonly status: 'created' | 'failed' | 'authorized' | 'captured' | 'refunded';
  /** Money was taken, whatever happened to it afterwards. */
  readonly isCaptured: boolean;
  readonly method: Method | null;
  readonly bank: string | null;
  readonly wallet: string | null;
  readonly failureReason: string | null;
  readonly amountPaise: bigint;
  /** Including its tax; null until known. */
  readonly feePaise: bigint | null;
  readonly taxPaise: bigint | null;
  readonly currency: string;
}

/** What a gateway paid out, in INR. Of several facts about a settlement the latest known holds. */
export interface SettlementFact extends Known {
  readonly fact: 'settlement';
  readonly settlementId: string;
  readonly status: 'created' | 'processed' | 'failed';
  readonly amountPaise: bigint;
  /** As the settlement itself states them; those of its payments are with the attempts. */
  readonly feesPaise: bigint;
  readonly taxPaise: bigint;
  /** The bank's reference. */
  readonly utr: string | null;
}

export type Fact =
  | PaymentFact
  | OutcomeFact
  | LabelFact
  | RefundFact
  | DisputeFact
  | SubscriptionFact
  | AttemptFact
  | SettlementFact;

/** The lake's tables, one for each kind of fact. */
export const LAKE_TABLES = {
  payment: 'payments',
  outcome: 'outcomes',
  label: 'labels',
  refund: 'refunds',
  dispute: 'disputes',
  subscription: 'subscription_events',
  attempt: 'attempts',
  settlement: 'settlements',
} as const satisfies Record<Fact['fact'], string>;
export type LakeTable = (typeof LAKE_TABLES)[keyof typeof LAKE_TABLES];
