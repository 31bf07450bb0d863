/**
 * Disputes: every chargeback of a fraud opens one, and a few honest payers dispute a meal that was not served. A dispute
 * is settled 15 to 45 days after it was opened; merchants lose most of those that claim fraud.
 */
import type { Attempt } from './journal.js';
import type { World } from './world.js';
import { between, chance, mintId } from './chance.js';
import { DAY_MS } from '../../core/days.js';

const HONEST_SHARE = 0.00025;

function openDispute(
  world: World,
  { request, occurredAt }: Attempt,
  delayMs: number,
  reason: string,
  lostShare: number,
): void {
  const random = world.random.disputes;
  const disputeId = mintId(world.random.ids, 'disp');
  const { paymentId, amountPaise, currency } = request;
  const dispute = { fact: 'dispute', disputeId, paymentId, amountPaise, currency, reason } as const;
  const openedAt = occurredAt + delayMs;
  world.journal.fact({ ...dispute, status: 'open', occurredAt: openedAt, knownAt: openedAt });
  const settledAt = openedAt + between(random, 15, 45) * DAY_MS;
  const status = chance(random, lostShare) ? 'lost' : 'won';
  world.journal.fact({ ...dispute, status, occurredAt: settledAt, knownAt: settledAt });
}

export function disputeFraud(world: World, attempt: Attempt, delayMs: number): void {
  openDispute(world, attempt, delayMs, 'unauthorised_transaction', 0.82);
}

/** An honest payer's complaint: a dispute, never a fraud label. */
export function maybeComplain(world: World, attempt: Attempt): void {
  const random = world.random.disputes;
  if (!chance(random, HONEST_SHARE)) return;
  const reason = chance(random, 0.75) ? 'service_not_received' : 'duplicate_charge';
  openDispute(world, attempt, between(random, 4, 40) * DAY_MS, reason, 0.4);
}
