/** What a gateway says of entities, for tests: only what the test is about is written down. */
import type { Dispute, Settlement } from '../../core/ports/gateway-entities.js';
import type { SeenPayment, SeenRefund } from '../../ingest/webhooks/sighting.js';

export const CREATED_AT = Date.UTC(2026, 5, 1, 4, 30);

export function seenPayment(given: Partial<SeenPayment> & Pick<SeenPayment, 'id' | 'status'>): SeenPayment {
  const isCaptured = given.status === 'captured';
  return {
    orderId: null,
    invoiceId: null,
    customerId: null,
    tokenId: null,
    amountPaise: 500_00n,
    refundedPaise: 0n,
    currency: 'INR',
    isCaptured,
    isInternational: false,
    method: 'upi',
    bank: null,
    wallet: null,
    feePaise: isCaptured ? 11_80n : null,
    taxPaise: isCaptured ? 1_80n : null,
    decline: given.status === 'failed' ? { reason: 'payment_timed_out' } : null,
    createdAt: CREATED_AT,
    ...given,
  };
}

export function seenRefund(
  given: Partial<SeenRefund> & Pick<SeenRefund, 'id' | 'paymentId' | 'status'>,
): SeenRefund {
  return {
    amountPaise: 100_00n,
    currency: 'INR',
    receipt: null,
    speedProcessed: 'normal',
    createdAt: CREATED_AT,
    ...given,
  };
}

export function seenDispute(given: Partial<Dispute> & Pick<Dispute, 'id' | 'paymentId' | 'status'>): Dispute {
  return {
    amountPaise: 500_00n,
    deductedPaise: given.status === 'lost' ? 500_00n : 0n,
    currency: 'INR',
    reasonCode: 'chargeback',
    phase: 'chargeback',
    respondBy: null,
    createdAt: CREATED_AT,
    ...given,
  };
}

export function seenSettlement(given: Partial<Settlement> & Pick<Settlement, 'id' | 'status'>): Settlement {
  return { amountPaise: 388_20n, feesPaise: 0n, taxPaise: 0n, utr: 'utr_1', createdAt: CREATED_AT, ...given };
}
