/**
 * Payment links of the double (razorpay.com/docs/api/payments/payment-links). A link has an order of its own; its short URL opens
 * the double's checkout page. `reference_id` is unique.
 */
import type { Endpoints } from './endpoint.js';
import { makeOrder } from './orders.js';
import { checkFields, invalid, known, page, wholeAmount } from './refuse.js';
import { newLink } from './wire.js';
import type { Json, WireLink } from './wire.js';
import type { Outcomes, World } from './world.js';

const FIELDS =
  'amount* currency accept_partial first_min_partial_amount reference_id description customer expire_by notify reminder_enable ' +
  'callback_url callback_method notes options upi_link';
const LEAST_EXPIRY_SECONDS = 15 * 60;

export const linkEndpoints: Endpoints = {
  'POST /v1/payment_links': (world, { body }) => makeLink(world, body),
  'GET /v1/payment_links': (world, { query }) => {
    const reference = query.get('reference_id');
    const found = [...world.links.values()].filter(
      (link) => reference === null || link.reference_id === reference,
    );
    return { payment_links: page(found.reverse(), query) };
  },
  'GET /v1/payment_links/*': (world, { ids: [id] }) => known(world.links, id),
  'POST /v1/payment_links/*/cancel': (world, { ids: [id] }) => cancelLink(world, known(world.links, id)),
  'POST /v1/payment_links/*/notify_by/*': (world, { ids: [id] }) => {
    known(world.links, id);
    return { success: true };
  },
};

function makeLink(world: World, body: Json): WireLink {
  checkFields(body, FIELDS);
  const amount = wholeAmount(body['amount']);
  const reference = body['reference_id'];
  if (reference !== undefined && String(reference).length > 40)
    throw invalid('The reference id may not be greater than 40 characters.', 'reference_id');
  if (reference !== undefined && [...world.links.values()].some((link) => link.reference_id === reference))
    throw invalid(
      `payment link with given reference_id (${String(reference)}) already exists`,
      'reference_id',
    );
  const expireBy = body['expire_by'] as number | undefined;
  if (expireBy !== undefined && expireBy < world.seconds() + LEAST_EXPIRY_SECONDS)
    throw invalid('expire_by should be at least 15 minutes after current time', 'expire_by');
  const order = makeOrder(world, { amount, notes: body['notes'] }, null);
  const link = newLink(
    world.stamp('plink'),
    order.id,
    `${world.baseUrl}/double/checkout?order_id=${order.id}`,
    body,
  );
  world.links.set(link.id, link);
  const plan = world.plans.get(order.id);
  if (plan !== undefined) world.plans.set(order.id, { ...plan, linkId: link.id });
  if (expireBy !== undefined) world.later(expireBy * 1000 - world.agenda.now(), 'link-expiry', link.id);
  return link;
}

export const linkOutcomes = {
  'link-expiry': (world, id) => {
    const link = known(world.links, id);
    if (link.status !== 'created') return;
    Object.assign(link, { status: 'expired', expired_at: world.seconds() });
    world.emit('payment_link.expired', { payment_link: link });
  },
} satisfies Partial<Outcomes>;

function cancelLink(world: World, link: WireLink): WireLink {
  if (link.status !== 'created') throw invalid(`Payment Link cannot be cancelled in ${link.status} state`);
  Object.assign(link, { status: 'cancelled', cancelled_at: world.seconds(), updated_at: world.seconds() });
  world.emit('payment_link.cancelled', { payment_link: link });
  return link;
}
