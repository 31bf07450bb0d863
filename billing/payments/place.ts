/**
 * Puts a payment before the payer: an order, or a payment link, at the gateway, keyed by our payment id (receipt, reference). The row
 * is there before the call, so an answer that is lost leaves a payment without an order; it is then asked for by its key, and
 * only made when the gateway does not have it. Payments that came before the answer move to the row (attempts.ts).
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { GatewayOrder, PaymentLink } from '../../core/ports/gateway-entities.js';
import type { Gateway, Outcome } from '../../core/ports/gateway.js';
import { inTransaction } from '../../core/transaction.js';
import { applySightings } from './apply.js';
import { requireOk } from './gateway-answer.js';

export interface PaymentDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly gateway: Gateway;
}

/** What is to be put before the payer. */
export interface Placement {
  readonly paymentId: string;
  readonly amountPaise: bigint;
  readonly currency: string;
  readonly description: string | null;
  readonly capture: 'automatic' | 'manual';
  /** Notes on the order, for people at the gateway's dashboard. */
  readonly notes: Readonly<Record<string, string>>;
  /** Whom the link goes to; null: an order for our own checkout page. */
  readonly link: {
    readonly name?: string;
    readonly email?: string;
    readonly contact?: string;
  } | null;
}

/** @param mayExist nobody knows whether an earlier call made it: ask first. @throws AppError as `requireOk`. */
export async function place(deps: PaymentDeps, placement: Placement, mayExist: boolean): Promise<void> {
  if (mayExist && (await findPlaced(deps, placement.paymentId))) return;
  if (placement.link === null) {
    const { paymentId: receipt, amountPaise, currency, capture, notes } = placement;
    const made = await deps.gateway.orders.create({ receipt, amountPaise, currency, capture, notes });
    await adoptOrder(deps, requireOk(made, 'the order'));
    return;
  }
  const { paymentId: reference, amountPaise, currency, link: customer, notes } = placement;
  const description = placement.description ?? 'Payment';
  const told = { notifyBySms: customer.contact !== undefined, notifyByEmail: customer.email !== undefined };
  const link = { reference, amountPaise, currency, description, customer, ...told, notes };
  await adoptLink(deps, reference, requireOk(await deps.gateway.links.create(link), 'the payment link'));
}

/** Asks the gateway whether it has the payment's order or link, and takes it over. @throws AppError when it does not answer. */
export async function findPlaced(deps: PaymentDeps, paymentId: string): Promise<boolean> {
  const order = answered(await deps.gateway.orders.findByReceipt(paymentId));
  if (order !== null) {
    await adoptOrder(deps, order);
    return true;
  }
  const link = answered(await deps.gateway.links.findByReference(paymentId));
  if (link !== null) await adoptLink(deps, paymentId, link);
  return link !== null;
}

function answered<T>(outcome: Outcome<T>): T {
  if (outcome.kind === 'ok') return outcome.value;
  const message = 'the payment gateway does not say what it has: repeat the request with the same key';
  throw new AppError('unavailable', 'gateway-outcome-unknown', message, {
    details: { retryAfterSeconds: 5 },
  });
}

/** Binds an order to the payment that its receipt names, with what payers have done on it already. */
export async function adoptOrder(deps: PaymentDeps, order: GatewayOrder): Promise<void> {
  const { pool, clock } = deps;
  const now = clock.now();
  const { id, receipt } = order;
  await inTransaction(pool, (client) =>
    applySightings(client, [{ occurredAt: now, order: { id, receipt } }], now),
  );
  if (order.attempts > 0) await readAttempts(deps, id);
}

async function adoptLink(deps: PaymentDeps, paymentId: string, link: PaymentLink): Promise<void> {
  const { pool, clock } = deps;
  const now = clock.now();
  const orders =
    link.orderId === null ? [] : [{ occurredAt: now, order: { id: link.orderId, receipt: paymentId } }];
  await inTransaction(pool, async (client) => {
    await client.query('UPDATE payments SET link_id = $2, link_url = $3 WHERE payment_id = $1', [
      paymentId,
      link.id,
      link.url,
    ]);
    await applySightings(client, orders, now);
  });
  if (link.orderId !== null && link.paymentIds.length > 0) await readAttempts(deps, link.orderId);
}

/** What payers did before we knew the order. Not knowing is no harm: webhooks and the sweep tell the same. */
async function readAttempts({ pool, clock, gateway }: PaymentDeps, orderId: string): Promise<void> {
  const payments = await gateway.orders.payments(orderId);
  if (payments.kind !== 'ok') return;
  const now = clock.now();
  const sightings = payments.value.map((payment) => ({ occurredAt: now, payment }));
  await inTransaction(pool, (client) => applySightings(client, sightings, now));
}
