/**
 * The life of a meal plan: started, renewed by mandate or by hand, price changed, paused over the summer and resumed,
 * cancelled by the family or lapsed for want of payment. States: active, ending (a cancellation is decided), ended.
 */
import type { Collected } from './mandates.js';
import type { Instrument } from './instruments.js';
import type { Payer } from './payers.js';
import type { Plan } from './schools.js';
import type { SubscriptionEvent } from '../facts.js';
import type { World } from './world.js';
import { addMonths, civil, dayOf, HOUR_MS, startOfDay } from '../../core/days.js';
import { attendedAt, checkOut } from './checkout.js';
import { between, chance, clamp, mintId, pickWeighted } from './chance.js';
import { collect } from './mandates.js';
import { createInstrument } from './instruments.js';
import { CURRENCY } from './world.js';
import { driftSatisfaction, monthlyHazard } from './churn.js';
import { planPricePaise, PLANS } from './schools.js';
import { refundMeals } from './refunds.js';

export interface Subscription {
  readonly id: string;
  readonly payer: Payer;
  readonly plan: Plan;
  /** Day of the month on which cycles begin. */
  anchor: number;
  /** Debited unattended; null when the family pays each cycle by hand. */
  mandate: Instrument | null;
  pricePaise: number;
  /** What the running cycle cost, and by which payment. */
  paidPaise: number;
  lastPaymentId: string;
  cycles: number;
  priceRaisedOn: number | null;
  state: 'active' | 'ending' | 'ended';
}

/** UPI Autopay and card e-mandates need no second factor up to 15,000 rupees a debit (RBI e-mandate framework). */
const MANDATE_LIMIT_PAISE = 1_500_000;
const MANDATE_SHARE = { upi: 0.68, card: 0.6, netbanking: 0, wallet: 0 } as const;
const MOST_START_TRIES = 4;
const WINBACK_SHARE = 0.3;

function emit(world: World, subscription: Subscription, event: SubscriptionEvent, atMs: number): void {
  world.journal.fact({
    fact: 'subscription',
    subscriptionId: subscription.id,
    payerId: subscription.payer.id,
    counterpartyId: subscription.payer.school.id,
    planId: subscription.plan.id,
    event,
    amountPaise: BigInt(subscription.pricePaise),
    currency: CURRENCY,
    occurredAt: atMs,
    knownAt: atMs,
  });
}

function choosePlan(world: World): Plan {
  return pickWeighted<Plan>(world.random.subscriptions, [
    [PLANS[0], 72],
    [PLANS[1], 12],
    [PLANS[2], 5],
    [PLANS[3], 11],
  ]);
}

function chooseMandate(world: World, instrument: Instrument, pricePaise: number): Instrument | null {
  if (pricePaise > MANDATE_LIMIT_PAISE) return null;
  return chance(world.random.subscriptions, MANDATE_SHARE[instrument.method]) ? instrument : null;
}

/** The next day, from `day` on, on which the payer's school serves. */
function nextServed(world: World, payer: Payer, day: number): number {
  let on = day;
  while (!world.calendar.isServed(payer.school, on)) on++;
  return on;
}

/** Puts a first purchase on the agenda, at the next day of lessons. */
export function planStart(world: World, payer: Payer, day: number, tries = 1): void {
  const served = nextServed(world, payer, day);
  const on = served === day ? day : served + between(world.random.subscriptions, 0, 8);
  world.agenda.on(on, (today) => start(world, payer, today, tries));
}

function start(world: World, payer: Payer, day: number, tries: number): void {
  if (day >= payer.activeUntil || payer.subscription !== null) return;
  const plan = choosePlan(world);
  const pricePaise = planPricePaise(payer.school, plan, day);
  const receipt = payByHand(world, { payer, plan, pricePaise }, day, 'payment');
  if (receipt === null) {
    if (tries < MOST_START_TRIES)
      planStart(world, payer, day + between(world.random.subscriptions, 1, 5), tries + 1);
    return;
  }
  const subscription: Subscription = {
    id: mintId(world.random.ids, 'sub'),
    payer,
    plan,
    anchor: Math.min(28, civil(day).dayOfMonth),
    mandate: chooseMandate(world, receipt.instrument, pricePaise),
    pricePaise,
    paidPaise: pricePaise,
    lastPaymentId: receipt.paymentId,
    cycles: 1,
    priceRaisedOn: null,
    state: 'active',
  };
  payer.subscription = subscription;
  emit(world, subscription, 'started', receipt.capturedAt);
  beginCycle(world, subscription, day, day);
}

function payByHand(
  world: World,
  { payer, plan, pricePaise }: Pick<Subscription, 'payer' | 'plan' | 'pricePaise'>,
  day: number,
  kind: 'payment' | 'dunning',
  retryOf?: string,
) {
  return checkOut(world, {
    payer,
    counterpartyId: payer.school.id,
    counter: null,
    category: plan.category,
    amountPaise: pricePaise,
    atMs: attendedAt(world, payer, day),
    kind,
    ...(retryOf === undefined ? {} : { retryOf }),
  });
}

/** The cycle due on `cycleOn` was paid by `day`: draw the family's decision and put the next renewal on the agenda. */
function beginCycle(world: World, subscription: Subscription, cycleOn: number, day: number): void {
  const random = world.random.churn;
  const { plan } = subscription;
  driftSatisfaction(world, subscription);
  const hazard = monthlyHazard(world, subscription, day);
  world.truth?.subscription(subscription.id, day, hazard);
  const dueOn = Math.max(day + 5, addMonths(cycleOn, plan.intervalMonths, subscription.anchor));
  if (chance(random, 1 - (1 - hazard) ** plan.intervalMonths)) {
    subscription.state = 'ending';
    const on = clamp(dueOn - Math.floor((dueOn - day) * random.unit() ** 2), day + 1, dueOn - 1);
    world.agenda.on(on, (today) => cancel(world, subscription, today));
    return;
  }
  if (chance(world.random.refunds, 0.012))
    refundMeals(world, subscription, between(world.random.refunds, 1, 3), day);
  world.agenda.on(dueOn, (today) => renew(world, subscription, today));
}

function cancel(world: World, subscription: Subscription, day: number): void {
  if (subscription.state === 'ended') return;
  end(world, subscription, 'cancelled', attendedAt(world, subscription.payer, day));
  if (chance(world.random.refunds, 0.25))
    refundMeals(world, subscription, between(world.random.refunds, 2, 9), day);
}

function end(world: World, subscription: Subscription, event: 'cancelled' | 'lapsed', atMs: number): void {
  const { payer } = subscription;
  const random = world.random.subscriptions;
  const day = dayOf(atMs);
  subscription.state = 'ended';
  payer.subscription = null;
  emit(world, subscription, event, atMs);
  if (chance(random, event === 'lapsed' ? WINBACK_SHARE : 0.5 * WINBACK_SHARE)) {
    planStart(world, payer, day + between(random, 10, 60));
  } else if (payer.canteen === null || chance(random, 0.35)) payer.activeUntil = day;
}

/** A monthly plan is not charged for a month that is mostly summer: it sleeps until lessons begin again. */
function pauseForSummer(world: World, subscription: Subscription, day: number): boolean {
  const { payer, plan } = subscription;
  const summer = world.calendar.summer(payer.school, civil(day).year);
  if (plan.intervalMonths !== 1 || day < summer.firstDay - 10 || day > summer.lastDay - 5) return false;
  emit(world, subscription, 'paused', startOfDay(day) + 9 * HOUR_MS);
  world.agenda.on(summer.lastDay + between(world.random.subscriptions, 1, 6), (today) => {
    if (subscription.state !== 'active') return;
    emit(world, subscription, 'resumed', startOfDay(today) + 5 * HOUR_MS);
    subscription.anchor = Math.min(28, civil(today).dayOfMonth);
    charge(world, subscription, today);
  });
  return true;
}

function renew(world: World, subscription: Subscription, day: number): void {
  if (subscription.state === 'ended' || pauseForSummer(world, subscription, day)) return;
  charge(world, subscription, day);
}

function charge(world: World, subscription: Subscription, day: number): void {
  const { payer, plan, mandate } = subscription;
  const pricePaise = planPricePaise(payer.school, plan, day);
  if (pricePaise !== subscription.pricePaise) {
    subscription.pricePaise = pricePaise;
    subscription.priceRaisedOn = day;
    emit(world, subscription, 'price_changed', startOfDay(day));
  }
  if (mandate === null) return chargeByHand(world, subscription, day);
  const collection = { payer, instrument: mandate, category: plan.category, amountPaise: pricePaise };
  collect(world, collection, day, (result) => settle(world, subscription, day, result));
}

function settle(world: World, subscription: Subscription, dueOn: number, result: Collected): void {
  if (result.captured) return renewed(world, subscription, dueOn, result.paymentId, result.knownAt);
  const random = world.random.subscriptions;
  const on = dayOf(result.knownAt) + between(random, 1, 3);
  world.agenda.on(on, (today) => dun(world, subscription, { dueOn, today, result }));
}

/** A payment link after the last retry: some pay by hand and renew their mandate, the rest lapse. */
function dun(
  world: World,
  subscription: Subscription,
  at: { dueOn: number; today: number; result: Collected },
): void {
  const random = world.random.subscriptions;
  const { payer } = subscription;
  const { dueOn, today, result } = at;
  const willing = clamp(0.62 + 0.12 * payer.satisfaction, 0.2, 0.9);
  const receipt = chance(random, willing)
    ? payByHand(world, subscription, today, 'dunning', result.originalId)
    : null;
  if (receipt === null) {
    const atMs = startOfDay(today + between(random, 2, 5)) + 6 * HOUR_MS;
    world.agenda.on(dayOf(atMs), () => end(world, subscription, 'lapsed', atMs));
    return;
  }
  const renewable = MANDATE_SHARE[receipt.instrument.method] > 0;
  subscription.mandate = renewable
    ? receipt.instrument
    : renewedMandate(world, subscription, receipt.capturedAt);
  renewed(world, subscription, dueOn, receipt.paymentId, receipt.capturedAt);
}

function renewedMandate(world: World, { mandate }: Subscription, atMs: number): Instrument | null {
  if (mandate === null || mandate.expiresAt > atMs) return mandate;
  return createInstrument(world.random, mandate.method, atMs);
}

/** By hand: a few days early or late, one reminder, then it lapses. */
function chargeByHand(world: World, subscription: Subscription, day: number, reminded = false): void {
  const random = world.random.subscriptions;
  const on = day + (chance(random, 0.6) ? 0 : between(random, 1, 4));
  world.agenda.on(on, (today) => {
    const receipt = payByHand(world, subscription, today, 'payment');
    if (receipt !== null) return renewed(world, subscription, day, receipt.paymentId, receipt.capturedAt);
    if (!reminded) return chargeByHand(world, subscription, today + 3, true);
    const atMs = startOfDay(today + 2) + 6 * HOUR_MS;
    world.agenda.on(dayOf(atMs), () => end(world, subscription, 'lapsed', atMs));
  });
}

function renewed(
  world: World,
  subscription: Subscription,
  dueOn: number,
  paymentId: string,
  atMs: number,
): void {
  if (subscription.state === 'ended') return;
  subscription.cycles++;
  subscription.lastPaymentId = paymentId;
  subscription.paidPaise = subscription.pricePaise;
  // A late authorisation may lie days ahead: the cycle begins when the money is there.
  world.agenda.on(dayOf(atMs), (today) => {
    emit(world, subscription, 'renewed', atMs);
    beginCycle(world, subscription, dueOn, today);
  });
}
