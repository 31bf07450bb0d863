/**
 * What the business asks of a payment gateway, in its own words. Amounts are bigint paise (minor units of `currency`), instants
 * UTC epoch milliseconds, ids the gateway's. Every call that changes something is named by a key of the caller's making
 * (receipt, reference, idempotency key, or the state of one payment): calling again with the same key repeats nothing.
 * A refusal is a value, and so is not knowing: only an unknown outcome may have happened, and it is asked about, never repeated blindly.
 */
import type { Decline } from '../decline-reasons.js';
import type {
  AcceptedCharge,
  Dispute,
  Downtime,
  GatewayCustomer,
  GatewayOrder,
  GatewayPayment,
  GatewayRefund,
  GatewayToken,
  MandateLink,
  PaymentLink,
  Settlement,
  SettlementRow,
} from './gateway-entities.js';
import type {
  Capture,
  CheckoutAnswer,
  DisputeContest,
  NewCustomer,
  NewDebit,
  NewMandate,
  NewMandateLink,
  NewOrder,
  NewPaymentLink,
  NewRefund,
  PaymentLinkAnswer,
  RecurringCharge,
} from './gateway-requests.js';

/** Why nobody can say yet whether a call took effect. */
export type UnknownCause = 'timeout' | 'connection' | 'server-error' | 'bad-answer' | 'in-progress';

/** `declined`: certainly no effect. `unknown`: perhaps an effect; ask (or call again with the same key) later. */
export type Outcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'declined'; readonly decline: Decline }
  | { readonly kind: 'unknown'; readonly cause: UnknownCause; readonly message: string };

/**
 * Pages, newest first. Bounded: reading past `MAX_LISTED` items of one call throws, so ask for narrower ranges.
 * @throws AppError `gateway-unavailable` when a page cannot be read after retries, `gateway-refused` when it is declined.
 */
export type Pages<T> = AsyncIterable<readonly T[]>;
export const MAX_LISTED = 1_000_000;

/** By the instant of creation; both ends included, to the second. */
export interface TimeRange {
  readonly fromAt: number;
  readonly toAt: number;
}

export interface Gateway {
  readonly mode: 'test' | 'live';
  /** What a checkout page needs: the public key and the script that defines `Razorpay`. */
  readonly checkout: { readonly keyId: string; readonly scriptUrl: string };
  /** Answers that came through the payer's browser: constant-time checks with the key's secret. */
  readonly authentic: {
    checkout(answer: CheckoutAnswer): boolean;
    paymentLink(answer: PaymentLinkAnswer): boolean;
  };
  readonly orders: {
    /** Keyed by `receipt`: the same receipt gives the same order. */
    create(order: NewOrder): Promise<Outcome<GatewayOrder>>;
    fetch(orderId: string): Promise<Outcome<GatewayOrder>>;
    findByReceipt(receipt: string): Promise<Outcome<GatewayOrder | null>>;
    /** Every attempt to pay the order, newest first. */
    payments(orderId: string): Promise<Outcome<readonly GatewayPayment[]>>;
    list(range: TimeRange): Pages<GatewayOrder>;
  };
  readonly payments: {
    fetch(paymentId: string): Promise<Outcome<GatewayPayment>>;
    list(range: TimeRange): Pages<GatewayPayment>;
    /** Guarded by the payment's state: a captured payment answers ok again. The amount must be the authorised one. */
    capture(capture: Capture): Promise<Outcome<GatewayPayment>>;
  };
  readonly refunds: {
    create(refund: NewRefund): Promise<Outcome<GatewayRefund>>;
    fetch(refundId: string): Promise<Outcome<GatewayRefund>>;
    ofPayment(paymentId: string): Promise<Outcome<readonly GatewayRefund[]>>;
    list(range: TimeRange): Pages<GatewayRefund>;
  };
  readonly customers: {
    /** Keyed by contact and email: an existing customer is returned, not made again. */
    ensure(customer: NewCustomer): Promise<Outcome<GatewayCustomer>>;
    fetch(customerId: string): Promise<Outcome<GatewayCustomer>>;
  };
  /** Saved instruments and mandates of a customer. Never a card number. */
  readonly tokens: {
    list(customerId: string): Promise<Outcome<readonly GatewayToken[]>>;
    fetch(customerId: string, tokenId: string): Promise<Outcome<GatewayToken>>;
    /** Forgets the token; a mandate at the payer's bank stays: cancel that with `mandates.cancel`. A token already gone answers ok. */
    remove(customerId: string, tokenId: string): Promise<Outcome<null>>;
  };
  readonly mandates: {
    /** An order that the payer authorises in checkout; its payment then carries the token. Keyed by `receipt`. */
    order(mandate: NewMandate): Promise<Outcome<GatewayOrder>>;
    /** A link on which the payer authorises. Keyed by `receipt`. */
    link(link: NewMandateLink): Promise<Outcome<MandateLink>>;
    fetchLink(linkId: string): Promise<Outcome<MandateLink>>;
    cancelLink(linkId: string): Promise<Outcome<MandateLink>>;
    /** The order of one debit; with `notice` the payer is told before (card and UPI mandates). Keyed by `receipt`. */
    announce(debit: NewDebit): Promise<Outcome<GatewayOrder>>;
    /** Keyed by `orderId`: an order with a live payment answers that payment. Ok is acceptance; the result comes by webhook. */
    charge(charge: RecurringCharge): Promise<Outcome<AcceptedCharge>>;
    /** Asks for cancellation; the token's state follows by webhook. A cancelled mandate answers ok. */
    cancel(customerId: string, tokenId: string): Promise<Outcome<null>>;
  };
  readonly links: {
    /** Keyed by `reference`. */
    create(link: NewPaymentLink): Promise<Outcome<PaymentLink>>;
    fetch(linkId: string): Promise<Outcome<PaymentLink>>;
    findByReference(reference: string): Promise<Outcome<PaymentLink | null>>;
    cancel(linkId: string): Promise<Outcome<PaymentLink>>;
    /** Sends the link again. Not keyed: each call may send a message. */
    notify(linkId: string, medium: 'sms' | 'email'): Promise<Outcome<null>>;
  };
  readonly settlements: {
    fetch(settlementId: string): Promise<Outcome<Settlement>>;
    list(range: TimeRange): Pages<Settlement>;
    /** Every movement settled on that day of the Indian calendar, `YYYY-MM-DD`. */
    movements(settledOn: string): Pages<SettlementRow>;
  };
  readonly disputes: {
    fetch(disputeId: string): Promise<Outcome<Dispute>>;
    list(): Pages<Dispute>;
    accept(disputeId: string): Promise<Outcome<Dispute>>;
    contest(disputeId: string, contest: DisputeContest): Promise<Outcome<Dispute>>;
  };
  readonly downtimes: {
    list(): Promise<Outcome<readonly Downtime[]>>;
  };
}
