/**
 * What a payment gateway knows, in the business's words: orders, payments, refunds, tokens, settlements, disputes. Amounts are
 * bigint paise (minor units of `currency`), instants UTC epoch milliseconds, ids the gateway's. Null: the gateway does not say.
 */
import type { Decline, PaymentMethod } from '../decline-reasons.js';
import type { Notes } from './gateway-requests.js';

export const ORDER_STATUSES = ['created', 'attempted', 'paid'] as const;
export interface GatewayOrder {
  readonly id: string;
  readonly amountPaise: bigint;
  readonly paidPaise: bigint;
  readonly duePaise: bigint;
  readonly currency: string;
  readonly receipt: string | null;
  readonly status: (typeof ORDER_STATUSES)[number];
  readonly attempts: number;
  readonly notes: Notes;
  /** The notice before a debit, when the order asked for one. */
  readonly notice: DebitNotice | null;
  readonly createdAt: number;
}

export interface DebitNotice {
  readonly id: string | null;
  readonly tokenId: string;
  readonly payAfter: number | null;
  /** Null until the result is known. */
  readonly status: 'delivered' | 'failed' | null;
  readonly deliveredAt: number | null;
}

export const PAYMENT_STATUSES = ['created', 'authorized', 'captured', 'refunded', 'failed'] as const;
export type GatewayPaymentStatus = (typeof PAYMENT_STATUSES)[number];
export interface GatewayPayment {
  readonly id: string;
  readonly orderId: string | null;
  readonly invoiceId: string | null;
  readonly customerId: string | null;
  readonly tokenId: string | null;
  readonly amountPaise: bigint;
  readonly refundedPaise: bigint;
  readonly currency: string;
  readonly status: GatewayPaymentStatus;
  readonly isCaptured: boolean;
  readonly isInternational: boolean;
  readonly method: PaymentMethod | 'unknown';
  readonly card: PaymentCard | null;
  readonly bank: string | null;
  readonly wallet: string | null;
  readonly vpa: string | null;
  readonly email: string | null;
  readonly contact: string | null;
  readonly description: string | null;
  readonly notes: Notes;
  /** Fee including `taxPaise`; null until captured. */
  readonly feePaise: bigint | null;
  readonly taxPaise: bigint | null;
  /** Why it failed; null unless failed. */
  readonly decline: Decline | null;
  /** Authorised after it had been reported failed. Null: not said. */
  readonly isLateAuthorized: boolean | null;
  /** References of the acquirer: rrn, auth_code, upi_transaction_id, bank_transaction_id… */
  readonly acquirer: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

/** What may be kept of a card. */
export interface PaymentCard {
  readonly id: string | null;
  readonly last4: string | null;
  readonly network: string | null;
  readonly type: string | null;
  readonly issuer: string | null;
  readonly isInternational: boolean;
}

export const REFUND_STATUSES = ['pending', 'processed', 'failed'] as const;
export interface GatewayRefund {
  readonly id: string;
  readonly paymentId: string;
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly status: (typeof REFUND_STATUSES)[number];
  readonly receipt: string | null;
  readonly speedRequested: string | null;
  readonly speedProcessed: string | null;
  readonly notes: Notes;
  readonly acquirer: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

export interface GatewayCustomer {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly contact: string | null;
  readonly gstin: string | null;
  readonly notes: Notes;
  readonly createdAt: number | null;
}

export interface GatewayToken {
  readonly id: string;
  readonly method: PaymentMethod | 'unknown';
  readonly card: TokenCard | null;
  readonly vpa: string | null;
  readonly bank: string | null;
  readonly wallet: string | null;
  /** May be charged without the payer. */
  readonly isRecurring: boolean;
  /** Of the mandate: `initiated`, `confirmed`, `rejected`, `paused`, `cancelled`… Null for a saved instrument. */
  readonly mandateStatus: string | null;
  readonly mandateFailure: string | null;
  /** Of a card's network token: `active`, `suspended`, `deactivated`… */
  readonly status: string | null;
  readonly authType: string | null;
  readonly maxPaise: bigint | null;
  readonly usedAt: number | null;
  readonly startsAt: number | null;
  readonly expiresAt: number | null;
  readonly createdAt: number | null;
}

export interface TokenCard {
  readonly last4: string | null;
  readonly network: string | null;
  readonly type: string | null;
  readonly issuer: string | null;
  readonly expiryMonth: number | null;
  readonly expiryYear: number | null;
}

export interface MandateLink {
  readonly id: string;
  readonly orderId: string | null;
  readonly customerId: string | null;
  readonly status: string;
  readonly amountPaise: bigint;
  readonly receipt: string | null;
  readonly paymentId: string | null;
  readonly url: string | null;
  readonly expiresAt: number | null;
  readonly createdAt: number;
}

export interface AcceptedCharge {
  readonly paymentId: string;
  readonly orderId: string;
}

export const LINK_STATUSES = ['created', 'partially_paid', 'paid', 'cancelled', 'expired'] as const;
export interface PaymentLink {
  readonly id: string;
  readonly reference: string | null;
  readonly status: (typeof LINK_STATUSES)[number];
  readonly amountPaise: bigint;
  readonly paidPaise: bigint;
  readonly currency: string;
  readonly url: string | null;
  readonly orderId: string | null;
  readonly paymentIds: readonly string[];
  readonly expiresAt: number | null;
  readonly notes: Notes;
  readonly createdAt: number;
}

export interface Settlement {
  readonly id: string;
  readonly amountPaise: bigint;
  readonly status: string;
  readonly feesPaise: bigint;
  readonly taxPaise: bigint;
  readonly utr: string | null;
  readonly createdAt: number;
}

/** One movement of a settlement: amount = credit + fee for a payment; the fee includes its tax. */
export interface SettlementRow {
  readonly entityId: string;
  readonly type: string;
  readonly debitPaise: bigint;
  readonly creditPaise: bigint;
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly feePaise: bigint;
  readonly taxPaise: bigint;
  readonly isOnHold: boolean;
  readonly isSettled: boolean;
  readonly createdAt: number;
  readonly settledAt: number | null;
  readonly settlementId: string | null;
  readonly utr: string | null;
  readonly paymentId: string | null;
  readonly orderId: string | null;
  readonly orderReceipt: string | null;
  readonly disputeId: string | null;
  readonly method: string | null;
  readonly description: string | null;
  readonly notes: Notes;
}

export interface Dispute {
  readonly id: string;
  readonly paymentId: string;
  readonly amountPaise: bigint;
  /** Taken from the merchant; above 0 only when lost. */
  readonly deductedPaise: bigint;
  readonly currency: string;
  readonly reasonCode: string;
  readonly status: string;
  readonly phase: string;
  readonly respondBy: number | null;
  readonly createdAt: number;
}

export interface Downtime {
  readonly id: string;
  readonly method: string;
  readonly instrument: Readonly<Record<string, string>>;
  readonly severity: string;
  readonly status: string;
  readonly isScheduled: boolean;
  readonly beginsAt: number;
  readonly endsAt: number | null;
}
