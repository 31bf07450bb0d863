/**
 * The Gateway port over Razorpay's API, real or double: which of them is only a matter of `baseUrl` and keys. Answers that came
 * through a browser are checked against the key's secret, which never leaves this adapter.
 */
import type { Gateway } from '../../../core/ports/gateway.js';
import { checkoutMessage, isSigned, paymentLinkMessage } from '../../../core/signature.js';
import { createCaller } from './call.js';
import type { CallWatch } from './call.js';
import { createClient } from './client.js';
import { links } from './links.js';
import { customers, mandates, tokens } from './mandates.js';
import { orderCreation, orders } from './orders.js';
import { payments, refunds } from './payments.js';
import { disputes, downtimes, settlements } from './settlements.js';

export interface RazorpayOptions extends CallWatch {
  readonly keyId: string;
  readonly keySecret: string;
  /** Null: the real service. Otherwise where a double listens, without `/v1`. */
  readonly doubleUrl: string | null;
  readonly timeoutMs?: number;
}

/** Razorpay's own limit for a bank's answer is beyond any caller's patience; its API answers within 2 s on a bad day. */
const TIMEOUT_MS = 10_000;

export function createRazorpayGateway(options: RazorpayOptions): Gateway {
  const { keyId, keySecret, doubleUrl, timeoutMs = TIMEOUT_MS } = options;
  const sdk = createClient({ keyId, keySecret, baseUrl: doubleUrl ?? 'https://api.razorpay.com', timeoutMs });
  const caller = createCaller(options);
  const createOrder = orderCreation(sdk, caller);
  return {
    mode: keyId.startsWith('rzp_live_') ? 'live' : 'test',
    checkout: { keyId, scriptUrl: `${doubleUrl ?? 'https://checkout.razorpay.com'}/v1/checkout.js` },
    authentic: {
      checkout: ({ orderId, paymentId, signature }) =>
        isSigned(checkoutMessage(orderId, paymentId), signature, [keySecret]),
      paymentLink: (answer) => isSigned(paymentLinkMessage(answer), answer.signature, [keySecret]),
    },
    orders: orders(sdk, caller, createOrder),
    payments: payments(sdk, caller),
    refunds: refunds(sdk, caller),
    customers: customers(sdk, caller),
    tokens: tokens(sdk, caller),
    mandates: mandates(sdk, caller, createOrder),
    links: links(sdk, caller),
    settlements: settlements(sdk, caller),
    disputes: disputes(sdk, caller),
    downtimes: downtimes(sdk, caller),
  };
}
