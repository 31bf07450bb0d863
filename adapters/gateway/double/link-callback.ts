/**
 * Where a payer goes after paying a link: the merchant's callback with the link's state, signed with the key's secret
 * (razorpay.com/docs/payments/payment-links/apis/callback).
 */
import { paymentLinkMessage, sign } from '../../../core/signature.js';
import type { WireLink, WirePayment } from './wire.js';
import type { World } from './world.js';

/** Null: the link has no callback. */
export function linkCallback(world: World, link: WireLink, payment: WirePayment): string | null {
  const address = String(link.callback_url);
  if (address === '') return null;
  const { id: linkId, reference_id: reference, status } = link;
  const message = paymentLinkMessage({ linkId, reference, status, paymentId: payment.id });
  const url = new URL(address);
  url.searchParams.set('razorpay_payment_id', payment.id);
  url.searchParams.set('razorpay_payment_link_id', linkId);
  url.searchParams.set('razorpay_payment_link_reference_id', reference);
  url.searchParams.set('razorpay_payment_link_status', status);
  url.searchParams.set('razorpay_signature', sign(message, world.settings.keySecret));
  return url.href;
}
