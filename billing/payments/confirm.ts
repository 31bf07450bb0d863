/**
 * What checkout tells the browser after success, checked: the signature over our own order and the named payment, then the payment as
 * the gateway has it. The browser is never believed: the amount, the currency, the order and the status come from the gateway.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { applySightings } from './apply.js';
import { requireOk } from './gateway-answer.js';
import { readPayment } from './payment.js';
import type { PaymentView } from './payment.js';
import type { PaymentDeps } from './place.js';

/** The names that checkout uses; its order id is not read. */
export const CheckoutBody = Type.Object(
  {
    razorpay_payment_id: Type.String({ pattern: '^pay_[A-Za-z0-9]{1,40}$' }),
    razorpay_signature: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    razorpay_order_id: Type.Optional(Type.String({ maxLength: 60 })),
  },
  { additionalProperties: false },
);
export type CheckoutBody = Static<typeof CheckoutBody>;

/** @throws AppError `checkout-not-authentic`: nothing was changed, and nothing must be delivered. */
export async function confirmCheckout(
  deps: PaymentDeps,
  paymentId: string,
  answer: CheckoutBody,
): Promise<PaymentView> {
  const { pool, clock, gateway } = deps;
  const { orderId, amountPaise, currency } = await readPayment(pool, paymentId);
  const { razorpay_payment_id: attemptId, razorpay_signature: signature } = answer;
  if (orderId === null || !gateway.authentic.checkout({ orderId, paymentId: attemptId, signature }))
    throw notAuthentic(paymentId);
  const payment = requireOk(await gateway.payments.fetch(attemptId), 'the answer');
  const isOurs =
    payment.orderId === orderId &&
    payment.currency === currency &&
    payment.amountPaise === BigInt(amountPaise);
  if (!isOurs) throw notAuthentic(paymentId);
  const now = clock.now();
  await inTransaction(pool, (client) => applySightings(client, [{ occurredAt: now, payment }], now));
  return readPayment(pool, paymentId);
}

function notAuthentic(paymentId: string): AppError {
  const message = `this answer was not given by checkout for ${paymentId}: deliver nothing for it`;
  return new AppError('forbidden', 'checkout-not-authentic', message);
}
