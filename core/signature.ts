/**
 * Razorpay's signatures: HMAC-SHA256 in hexadecimal, over the raw bytes of a webhook with the webhook secret, or over ids joined
 * by `|` with the key's secret (razorpay.com/docs/webhooks/validate-test, …/payments/server-integration). Compared in constant
 * time over decoded bytes, never as text; every secret is tried, since retries of older webhooks keep the previous one.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const HEX_SHA256 = /^[0-9a-f]{64}$/;

export function sign(message: Uint8Array | string, secret: string): string {
  return createHmac('sha256', secret).update(message).digest('hex');
}

/** `secrets`: current first, then previous. None: nothing is signed. `signature` comes from outside and may be anything. */
export function isSigned(
  message: Uint8Array | string,
  signature: unknown,
  secrets: readonly string[],
): boolean {
  if (typeof signature !== 'string' || !HEX_SHA256.test(signature)) return false;
  const claimed = Buffer.from(signature, 'hex');
  return secrets
    .map((secret) => timingSafeEqual(Buffer.from(sign(message, secret), 'hex'), claimed))
    .includes(true);
}

/** What checkout's answer signs for an order: first order, then payment. */
export function checkoutMessage(orderId: string, paymentId: string): string {
  return `${orderId}|${paymentId}`;
}

/** What the callback of a payment link signs. */
export function paymentLinkMessage(answer: {
  readonly linkId: string;
  readonly reference: string;
  readonly status: string;
  readonly paymentId: string;
}): string {
  return `${answer.linkId}|${answer.reference}|${answer.status}|${answer.paymentId}`;
}
