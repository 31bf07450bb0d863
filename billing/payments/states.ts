/**
 * The statuses of what moves money and every step between them. A webhook may come late, twice or before its elders, so that for
 * attempts, refunds and settlements the states are ordered and an event never leads to a lower one: whatever the order of
 * arrival, the end is the highest state heard of. Sources: razorpay.com/docs/payments, …/refunds, …/disputes, …/settlements.
 */
import type { StateTable } from '../../core/state.js';

export type AttemptStatus = 'created' | 'failed' | 'authorized' | 'captured' | 'refunded';

/** `failed -> authorized` is Razorpay's late authorisation; `authorized -> refunded` a payment that nobody captured in time. */
export const ATTEMPT = {
  created: { failed: 'failed', authorized: 'authorized', captured: 'captured', refunded: 'refunded' },
  failed: { authorized: 'authorized', captured: 'captured', refunded: 'refunded' },
  authorized: { captured: 'captured', refunded: 'refunded' },
  captured: { refunded: 'refunded' },
  refunded: {},
} as const satisfies StateTable<AttemptStatus, AttemptStatus>;

export type PaymentStatus = 'created' | 'attempted' | 'authorized' | 'paid' | 'refunded' | 'cancelled';

/** What the attempts of a payment amount to together, or a command of ours. */
export type PaymentEvent = 'attempted' | 'authorized' | 'paid' | 'refunded' | 'cancel';

/** Money that comes for a cancelled payment is still ours to account for; a refunded one may be paid again by another attempt. */
export const PAYMENT = {
  created: {
    attempted: 'attempted',
    authorized: 'authorized',
    paid: 'paid',
    refunded: 'refunded',
    cancel: 'cancelled',
  },
  attempted: { authorized: 'authorized', paid: 'paid', refunded: 'refunded', cancel: 'cancelled' },
  authorized: { paid: 'paid', refunded: 'refunded', cancel: 'cancelled' },
  paid: { refunded: 'refunded' },
  refunded: { authorized: 'authorized', paid: 'paid' },
  cancelled: { authorized: 'authorized', paid: 'paid', refunded: 'refunded' },
} as const satisfies StateTable<PaymentStatus, PaymentEvent>;

export type RefundStatus = 'pending' | 'processed' | 'failed';

/** An API answer may say processed before the bank refuses: a failure is the last word. */
export const REFUND = {
  pending: { processed: 'processed', failed: 'failed' },
  processed: { failed: 'failed' },
  failed: {},
} as const satisfies StateTable<RefundStatus, RefundStatus>;

export const DISPUTE_STATUSES = ['open', 'under_review', 'won', 'lost', 'closed'] as const;
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number];

/** More evidence may be asked for, again and again: of two states that are not final the newer holds (see disputes.ts). */
export const DISPUTE = {
  open: { under_review: 'under_review', won: 'won', lost: 'lost', closed: 'closed' },
  under_review: { open: 'open', won: 'won', lost: 'lost', closed: 'closed' },
  won: { lost: 'lost' },
  lost: {},
  closed: { won: 'won', lost: 'lost' },
} as const satisfies StateTable<DisputeStatus, DisputeStatus>;

export const SETTLEMENT_STATUSES = ['created', 'failed', 'processed'] as const;
export type SettlementStatus = (typeof SETTLEMENT_STATUSES)[number];

/** A failed settlement is sent again under its id. */
export const SETTLEMENT = {
  created: { failed: 'failed', processed: 'processed' },
  failed: { processed: 'processed' },
  processed: {},
} as const satisfies StateTable<SettlementStatus, SettlementStatus>;
