/**
 * Money given back: duplicates, meals that were not served, closures, and the unused part of a cancelled plan. A refund
 * is known when it is made and never exceeds its payment.
 */
import type { Payer } from './payers.js';
import type { Subscription } from './subscriptions.js';
import type { World } from './world.js';
import { between, chance, mintId } from './chance.js';
import { CURRENCY } from './world.js';
import { DAY_MS, HOUR_MS, startOfDay } from '../../core/days.js';

/** Meals in a month, the divisor of a day's price. */
const MEALS_A_MONTH = 22;

interface Refundable {
  readonly paymentId: string;
  readonly counterpartyId: string;
  readonly amountPaise: number;
}

function refund(world: World, payer: Payer, paid: Refundable, atMs: number): void {
  world.journal.fact({
    fact: 'refund',
    refundId: mintId(world.random.ids, 'rfnd'),
    paymentId: paid.paymentId,
    payerId: payer.id,
    counterpartyId: paid.counterpartyId,
    amountPaise: BigInt(Math.round(paid.amountPaise)),
    currency: CURRENCY,
    occurredAt: atMs,
    knownAt: atMs,
  });
}

/** One to five days later, in office hours. */
function officeHour(world: World, day: number): number {
  const random = world.random.refunds;
  return startOfDay(day + between(random, 1, 5)) + Math.floor((10 + 7 * random.unit()) * HOUR_MS);
}

export function refundDuplicate(world: World, payer: Payer, paid: Refundable, atMs: number): void {
  refund(world, payer, paid, atMs + Math.floor((1 + 4 * world.random.refunds.unit()) * DAY_MS));
}

/** Gives back the price of some meals of the running cycle. */
export function refundMeals(world: World, subscription: Subscription, meals: number, day: number): void {
  const { payer, plan, lastPaymentId, paidPaise } = subscription;
  const aMeal = paidPaise / (MEALS_A_MONTH * plan.intervalMonths);
  const amountPaise = Math.min(paidPaise, Math.max(100, Math.round((aMeal * meals) / 100) * 100));
  const paid = { paymentId: lastPaymentId, counterpartyId: payer.school.id, amountPaise };
  refund(world, payer, paid, officeHour(world, day));
}

/** After an unplanned closure every sixth family asks for the day's price. */
export function refundClosure(world: World, schoolId: string, day: number): void {
  for (const { school, subscription } of world.payers) {
    if (school.id !== schoolId || subscription === null || subscription.state !== 'active') continue;
    if (chance(world.random.refunds, 1 / 6)) refundMeals(world, subscription, 1, day);
  }
}
