/**
 * What is asked of a payment gateway. Amounts are bigint paise (minor units of `currency`), instants UTC epoch milliseconds. The
 * field that keys a request (receipt, reference, idempotency key) names one intention for ever: the same key is the same request.
 */
export type Notes = Readonly<Record<string, string>>;

/** What checkout gives the browser after success. `orderId` must be the one of our own session, not the browser's. */
export interface CheckoutAnswer {
  readonly orderId: string;
  readonly paymentId: string;
  readonly signature: string;
}

/** The query of a payment link's callback. */
export interface PaymentLinkAnswer {
  readonly linkId: string;
  readonly reference: string;
  readonly status: string;
  readonly paymentId: string;
  readonly signature: string;
}

export interface NewOrder {
  readonly amountPaise: bigint;
  /** INR unless given. */
  readonly currency?: string;
  /** At most 40 printable ASCII characters. */
  readonly receipt: string;
  readonly notes?: Notes;
  /** Automatic unless given. */
  readonly capture?: 'automatic' | 'manual';
}

export interface Capture {
  readonly paymentId: string;
  readonly amountPaise: bigint;
  readonly currency?: string;
}

export interface NewRefund {
  readonly paymentId: string;
  /** At least ₹1; the whole payment is asked for by its amount, so that a repeat asks for the same. */
  readonly amountPaise: bigint;
  /** 10 to 64 of A-Z a-z 0-9 _ -; one refund for ever. The same key with another body is declined. */
  readonly idempotencyKey: string;
  readonly speed?: 'normal' | 'optimum';
  readonly receipt?: string;
  readonly notes?: Notes;
}

export interface NewCustomer {
  /** 3 to 50 characters. */
  readonly name: string;
  readonly email?: string;
  /** 8 to 15 digits, with or without +. */
  readonly contact: string;
  readonly gstin?: string;
  readonly notes?: Notes;
}

/** The frequency cannot be edited later; `monthly` allows one debit a calendar month and the authorisation uses it: prefer `as_presented`. */
export type MandateFrequency = 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'yearly' | 'as_presented';

interface MandateTerms {
  readonly method: 'card' | 'upi' | 'emandate' | 'nach';
  readonly maxPaise: bigint;
  readonly expiresAt: number;
  /** Card and UPI only. */
  readonly frequency?: MandateFrequency;
  /** Emandate only. */
  readonly authType?: 'netbanking' | 'debitcard' | 'aadhaar';
  readonly bankAccount?: {
    readonly beneficiaryName: string;
    readonly accountNumber: string;
    readonly accountType: 'savings' | 'current';
    readonly ifsc: string;
  };
}

export interface NewMandate {
  readonly customerId: string;
  /** The authorisation's amount: at least ₹1 on card and UPI, 0 on emandate. */
  readonly amountPaise: bigint;
  readonly receipt: string;
  readonly notes?: Notes;
  readonly terms: MandateTerms;
}

export interface NewMandateLink extends Omit<NewMandate, 'customerId'> {
  readonly customer: { readonly name: string; readonly email: string; readonly contact: string };
  readonly description: string;
  readonly linkExpiresAt?: number;
  readonly notifyBySms?: boolean;
  readonly notifyByEmail?: boolean;
}

export interface NewDebit {
  readonly amountPaise: bigint;
  readonly receipt: string;
  readonly notes?: Notes;
  /** Card: attempted 36 h 05 min after the notice; UPI: 25 h. Null for emandate and NACH, which need none. */
  readonly notice: { readonly tokenId: string; readonly payAfter: number } | null;
}

export interface RecurringCharge {
  /** From `announce`; its amount is what is charged. */
  readonly orderId: string;
  readonly amountPaise: bigint;
  readonly customerId: string;
  readonly tokenId: string;
  readonly email: string;
  readonly contact: string;
  readonly description?: string;
  readonly notes?: Notes;
}

export interface NewPaymentLink {
  readonly amountPaise: bigint;
  readonly currency?: string;
  /** At most 40 characters. */
  readonly reference: string;
  readonly description: string;
  readonly customer: { readonly name?: string; readonly email?: string; readonly contact?: string };
  /** 15 minutes to 6 months ahead. */
  readonly expiresAt?: number;
  /** The smallest first part; absent: only the whole amount. */
  readonly firstPartPaise?: bigint;
  readonly notifyBySms?: boolean;
  readonly notifyByEmail?: boolean;
  readonly remind?: boolean;
  readonly callbackUrl?: string;
  readonly notes?: Notes;
}

export interface DisputeContest {
  readonly amountPaise?: bigint;
  /** At most 1000 characters. */
  readonly summary: string;
  /** Document ids by kind of proof, for instance `{ proof_of_service: ['doc_…'] }`. */
  readonly proofs?: Readonly<Record<string, readonly string[]>>;
  readonly action: 'draft' | 'submit';
}
