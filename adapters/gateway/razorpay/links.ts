/**
 * Payment links at Razorpay, keyed by `reference_id`, which the API keeps unique: a repeat is refused and then looked up.
 */
import type { PaymentLink } from '../../../core/ports/gateway-entities.js';
import type { NewPaymentLink } from '../../../core/ports/gateway-requests.js';
import type { Gateway, Outcome } from '../../../core/ports/gateway.js';
import { mapOutcome, settle } from './call.js';
import type { Caller } from './call.js';
import type { Sdk } from './client.js';
import { ONE_PAGE } from './pages.js';
import { readDone, readPaymentLink, readPaymentLinks } from './read-mandates.js';
import { refusal } from './refusals.js';

export function links(sdk: Sdk, caller: Caller): Gateway['links'] {
  const fetch = (linkId: string) => caller.read(() => sdk.paymentLink.fetch(linkId), readPaymentLink);
  const findByReference = async (reference: string): Promise<Outcome<PaymentLink | null>> =>
    mapOutcome(
      await caller.read(
        () => sdk.api.get({ url: '/payment_links', data: { ...ONE_PAGE, reference_id: reference } }),
        readPaymentLinks,
      ),
      (found) => found.find((link) => link.reference === reference) ?? null,
    );
  return {
    create: async (link) => {
      const body = linkBody(link);
      const created = await caller.write(() => sdk.paymentLink.create(body), readPaymentLink);
      const settled = await settle(created, () => findByReference(link.reference), ['receipt_reused']);
      if (settled.kind !== 'ok' || settled.value.amountPaise === link.amountPaise) return settled;
      return refusal('receipt_reused', `reference ${link.reference} belongs to ${settled.value.id}`);
    },
    fetch,
    findByReference,
    cancel: async (linkId) => {
      const cancelled = await caller.write(() => sdk.paymentLink.cancel(linkId), readPaymentLink);
      const isDone = (link: PaymentLink) => (link.status === 'cancelled' ? link : null);
      return settle(cancelled, async () => mapOutcome(await fetch(linkId), isDone), [
        'invalid_state',
        'input_validation_failed',
      ]);
    },
    notify: (linkId, medium) => caller.write(() => sdk.paymentLink.notifyBy(linkId, medium), readDone),
  };
}

function linkBody(link: NewPaymentLink): Readonly<Record<string, unknown>> {
  return {
    amount: Number(link.amountPaise),
    currency: link.currency ?? 'INR',
    accept_partial: link.firstPartPaise !== undefined,
    first_min_partial_amount: link.firstPartPaise === undefined ? undefined : Number(link.firstPartPaise),
    reference_id: link.reference,
    description: link.description,
    customer: link.customer,
    expire_by: link.expiresAt === undefined ? undefined : Math.floor(link.expiresAt / 1000),
    notify: { sms: link.notifyBySms ?? false, email: link.notifyByEmail ?? false },
    reminder_enable: link.remind ?? false,
    callback_url: link.callbackUrl,
    callback_method: link.callbackUrl === undefined ? undefined : 'get',
    notes: link.notes,
  };
}
