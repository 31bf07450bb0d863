/** Facts for tests: only what the test is about is written down. */
import type { LabelFact, OutcomeFact, PaymentFact, RefundFact } from '../../ingest/facts.js';

/** UTC epoch milliseconds of an RFC 3339 instant. */
export function at(instant: string): number {
  return Date.parse(instant);
}

type Given<Fact, Needed extends keyof Fact> = Partial<Fact> & Pick<Fact, Needed>;

export function payment(given: Given<PaymentFact, 'paymentId' | 'occurredAt'>): PaymentFact {
  return {
    fact: 'payment',
    kind: 'payment',
    retryOf: null,
    payerId: 'payer_1',
    counterpartyId: 'school_1',
    instrumentId: null,
    deviceId: null,
    ip: null,
    method: 'upi',
    category: null,
    country: null,
    latitude: null,
    longitude: null,
    amountPaise: 100_00n,
    currency: 'INR',
    status: 'captured',
    failureReason: null,
    sequence: 0,
    knownAt: given.occurredAt,
    ...given,
  };
}

export function outcome(given: Given<OutcomeFact, 'paymentId' | 'knownAt' | 'status'>): OutcomeFact {
  return { fact: 'outcome', failureReason: null, sequence: 0, occurredAt: given.knownAt, ...given };
}

export function label(given: Given<LabelFact, 'paymentId' | 'knownAt'>): LabelFact {
  return {
    fact: 'label',
    fraud: true,
    source: 'chargeback',
    sequence: 0,
    occurredAt: given.knownAt,
    ...given,
  };
}

export function refund(given: Given<RefundFact, 'refundId' | 'occurredAt'>): RefundFact {
  const parties = { paymentId: null, payerId: null, counterpartyId: null };
  return {
    fact: 'refund',
    ...parties,
    amountPaise: 100_00n,
    currency: 'INR',
    sequence: 0,
    knownAt: given.occurredAt,
    ...given,
  };
}
