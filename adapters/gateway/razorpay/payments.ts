/**
 * Payments and refunds at Razorpay. Capture is guarded by the payment's state, refunds by `X-Refund-Idempotency`; the key is
 * also written into the refund's notes, so that an unknown outcome can be asked about instead of being sent again.
 */
import type { GatewayPayment, GatewayRefund } from '../../../core/ports/gateway-entities.js';
import type { NewRefund } from '../../../core/ports/gateway-requests.js';
import type { Gateway } from '../../../core/ports/gateway.js';
import { mapOutcome, settle } from './call.js';
import type { Caller } from './call.js';
import { withRefundKey } from './client.js';
import type { Sdk } from './client.js';
import { between, ONE_PAGE, pages } from './pages.js';
import { readPayment, readPayments, readRefund, readRefunds } from './read-payments.js';
import { refusal } from './refusals.js';

/** Lists name cards by id only unless asked. */
const WITH_CARD = { 'expand[]': 'card' };

export function payments(sdk: Sdk, caller: Caller): Gateway['payments'] {
  const fetch = (paymentId: string) =>
    caller.read(() => sdk.api.get({ url: `/payments/${paymentId}`, data: WITH_CARD }), readPayment);
  return {
    fetch,
    list: (range) =>
      pages(
        (query) =>
          caller.read(
            () => sdk.api.get({ url: '/payments', data: { ...query, ...WITH_CARD } }),
            readPayments,
          ),
        between(range),
      ),
    capture: async ({ paymentId, amountPaise, currency = 'INR' }) => {
      const captured = await caller.write(
        () => sdk.payments.capture(paymentId, Number(amountPaise), currency),
        readPayment,
      );
      const isOurs = (payment: GatewayPayment): GatewayPayment | null =>
        payment.isCaptured && payment.amountPaise === amountPaise ? payment : null;
      return settle(captured, async () => mapOutcome(await fetch(paymentId), isOurs), CAPTURED_BEFORE);
    },
  };
}

/** The second says the same of a payment that a repeated request finds captured. */
const CAPTURED_BEFORE = ['receipt_reused', 'already_captured', 'invalid_state', 'input_validation_failed'];

const REFUND_KEY = /^[\w-]{10,64}$/;
const KEY_NOTE = 'refund_key';

export function refunds(sdk: Sdk, caller: Caller): Gateway['refunds'] {
  const ofPayment = (paymentId: string) =>
    caller.read(() => sdk.payments.fetchMultipleRefund(paymentId, ONE_PAGE), readRefunds);
  return {
    create: async (refund) => {
      const { paymentId, idempotencyKey: key } = refund;
      if (!REFUND_KEY.test(key))
        return refusal('input_validation_failed', `${JSON.stringify(key)} is no refund key`);
      const created = await caller.write(
        () => withRefundKey(key, () => sdk.payments.refund(paymentId, refundBody(refund))),
        readRefund,
      );
      return settle(
        created,
        async () => mapOutcome(await ofPayment(paymentId), (list) => sameRefund(list, refund)),
        ['receipt_reused'],
      );
    },
    fetch: (refundId) => caller.read(() => sdk.refunds.fetch(refundId), readRefund),
    ofPayment,
    list: (range) =>
      pages(
        (query) => caller.read(() => sdk.api.get({ url: '/refunds', data: query }), readRefunds),
        between(range),
      ),
  };
}

function refundBody({ amountPaise, speed = 'normal', receipt, notes, idempotencyKey }: NewRefund) {
  return { amount: Number(amountPaise), speed, receipt, notes: { ...notes, [KEY_NOTE]: idempotencyKey } };
}

function sameRefund(list: readonly GatewayRefund[], refund: NewRefund): GatewayRefund | null {
  const found = list.find(({ notes }) => notes[KEY_NOTE] === refund.idempotencyKey);
  return found?.amountPaise === refund.amountPaise ? found : null;
}
