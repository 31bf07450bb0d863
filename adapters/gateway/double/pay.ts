/**
 * A payer at the double's checkout: one attempt on an order, decided by what was asked for, scripted, or published for tests, and
 * the signed answer that checkout would give the browser.
 */
import { checkoutMessage, sign } from '../../../core/signature.js';
import { decide, instrumentOf, startPayment } from './bank.js';
import { Refused, known } from './refuse.js';
import { newToken } from './wire.js';
import type { Instrument, WirePayment } from './wire.js';
import { scriptedVerdict, testVerdict } from './verdicts.js';
import type { Verdict } from './verdicts.js';
import type { World } from './world.js';

export interface PayerAttempt {
  readonly orderId: string;
  readonly instrument: Instrument;
  /** Less than what is due: a part. */
  readonly amountPaise?: number;
  readonly email?: string;
  readonly contact?: string;
  readonly customerId?: string;
  /** The payer agrees to be remembered: a token is kept for the customer. */
  readonly isRemembered?: boolean;
  /** Absent: scripted or published verdicts, else success. */
  readonly verdict?: Verdict;
  /** Of the card, for the published error cards. */
  readonly last5?: string;
}

/** The names that checkout uses. */
export interface CheckoutSuccess {
  readonly razorpay_payment_id: string;
  readonly razorpay_order_id: string;
  readonly razorpay_signature: string;
}

/** What was decided without asking the payer at the bank's page; null: ask. */
export function readyVerdict(world: World, attempt: PayerAttempt): Verdict | null {
  const { instrument, orderId, last5 } = attempt;
  const order = known(world.orders, orderId);
  return (
    attempt.verdict ??
    scriptedVerdict(world.verdicts, [orderId]) ??
    testVerdict({ method: instrument.method, amount: order.amount, vpa: instrument.vpa, last5 })
  );
}

/** @throws Refused for an order that is unknown, paid or held by another payment. */
export function payOrder(
  world: World,
  attempt: PayerAttempt,
  verdict: Verdict,
): { readonly payment: WirePayment; readonly answer: CheckoutSuccess | null } {
  const order = known(world.orders, attempt.orderId);
  const amount = attempt.amountPaise ?? order.amount_due;
  if (amount > order.amount_due) throw new Refused(400, 'The amount is more than what is due.');
  const { email, contact, customerId, instrument } = attempt;
  const payment = startPayment(world, order, {
    instrument,
    amount,
    customerId,
    ...(email === undefined ? {} : { email }),
    ...(contact === undefined ? {} : { contact }),
  });
  decide(world, payment, verdict);
  if (verdict.outcome !== 'success') return { payment, answer: null };
  if (attempt.isRemembered === true) remember(world, payment);
  const message = checkoutMessage(order.id, payment.id);
  return {
    payment,
    answer: {
      razorpay_payment_id: payment.id,
      razorpay_order_id: order.id,
      razorpay_signature: sign(message, world.settings.keySecret),
    },
  };
}

/** A saved instrument without a mandate. */
function remember(world: World, payment: WirePayment): void {
  if (payment.customer_id === undefined || payment.token_id !== undefined) return;
  const token = newToken(world.stamp('token'), {
    customerId: payment.customer_id,
    instrument: instrumentOf(payment),
    terms: undefined,
    secret: world.newId('t').slice(2),
  });
  world.tokens.set(token.id, token);
  payment.token_id = token.id;
  world.emit('token.activated', { token });
}
