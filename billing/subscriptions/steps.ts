/**
 * What the calendar does to subscriptions (next-billing.ts), done: start, end of the trial, the beginning of a period, pause, resumption and
 * end. Each belongs to its own instant, however late it is done. A period that begins takes a change that waited for it; its
 * invoice is the billing run's.
 */
import type { PoolClient } from 'pg';
import { readTerms } from '../catalogue/terms.js';
import { begin, sameInterval } from './change.js';
import { moveSubscription, moveSubscriptions } from './move.js';
import { nextStep } from './next-billing.js';
import type { Step } from './next-billing.js';
import { pauseFrom, resumeFrom } from './pause.js';
import { periodOf } from './periods.js';
import type { Period } from './periods.js';
import type { Subscription } from './subscription.js';

const ACTOR = 'calendar';

/** The step is the next one of the subscription, which the caller has locked. */
export async function takeStep(
  client: PoolClient,
  subscription: Subscription,
  step: Step,
  now: number,
): Promise<Subscription> {
  const on = { day: step.day, actor: ACTOR, occurredAt: step.at };
  switch (step.kind) {
    case 'bill':
      return (await takeBillSteps(client, [subscription], now))[0] ?? subscription;
    case 'pause':
      return pauseFrom(client, subscription, on, subscription.resumeDay, now);
    case 'resume':
      return resumeFrom(client, subscription, on, now);
    case 'start': {
      const event = subscription.trialEndDay === null ? 'start' : 'begin-trial';
      return moveSubscription(client, subscription, { event, ...on }, now);
    }
    default:
      return moveSubscription(client, subscription, { event: step.kind, ...on }, now);
  }
}

/** The period after the current one begins for each; they are answered in the order given. */
export async function takeBillSteps(
  client: PoolClient,
  subscriptions: readonly Subscription[],
  now: number,
): Promise<Subscription[]> {
  const ready: Subscription[] = [];
  for (const subscription of subscriptions) ready.push(await applyPending(client, subscription, now));
  const moves = ready.map((subscription) => {
    const { number: period, startDay, endDay } = nextPeriod(subscription);
    const set = { period, periodStartDay: startDay, periodEndDay: endDay };
    const occurredAt = nextStep(subscription)?.at ?? now;
    return { subscription, event: 'bill', actor: ACTOR, occurredAt, set } as const;
  });
  return moveSubscriptions(client, moves, now);
}

/** Which is not billed yet. */
export function nextPeriod({ anchorDay, terms, period }: Subscription): Period {
  return periodOf(anchorDay, terms.interval, period === null ? 0 : period + 1);
}

async function applyPending(
  client: PoolClient,
  subscription: Subscription,
  now: number,
): Promise<Subscription> {
  const { pendingChange, counterpartyId, terms: before, periodEndDay, anchorDay } = subscription;
  if (pendingChange === null) return subscription;
  const terms = await readTerms(client, pendingChange, counterpartyId);
  const isRhythm = periodEndDay === null || sameInterval(before.interval, terms.interval);
  const set = { terms, pendingChange: null, ...(isRhythm ? {} : begin(null, periodEndDay ?? anchorDay)) };
  const occurredAt = nextStep(subscription)?.at ?? now;
  return moveSubscription(client, subscription, { event: 'change', actor: ACTOR, occurredAt, set }, now);
}
