/**
 * What the lake is told of a subscription (ingest/facts.ts): it starts when a period of it was paid first, is renewed by each later
 * payment of a period, and is cancelled or lapses by who ended it; one that nobody ever paid is not told at all. So churn models see a
 * real subscription as they see an imported one. The beneficiary is not known here (India rules, D3).
 */
import type { PoolClient } from 'pg';
import type { SubscriptionEvent as ToldEvent } from '../../ingest/facts.js';
import { periodPaise } from '../catalogue/terms.js';
import { queueStated } from '../payments/facts.js';
import type { SubscriptionEvent } from './states.js';
import type { Subscription } from './subscription.js';

/** What moved from `before` to `after`. */
interface Moved {
  readonly before: Subscription;
  readonly after: Subscription;
  readonly event: SubscriptionEvent;
  readonly occurredAt: number;
}

/** Queued in the transaction that moves them; a subscription's revision names the fact. */
export async function tellLake(client: PoolClient, moved: readonly Moved[], now: number): Promise<void> {
  const facts = moved.flatMap((one) => {
    const told = toldOf(one);
    return told === null ? [] : [{ key: keyOf(one.after), body: bodyOf(one, told, now) }];
  });
  await queueStated(client, facts, now);
}

function keyOf({ subscriptionId, revision }: Subscription): string {
  return `subscription:${subscriptionId}:${revision}`;
}

function bodyOf({ after, occurredAt }: Moved, event: ToldEvent, now: number): Record<string, unknown> {
  const { subscriptionId, payerId, counterpartyId, terms } = after;
  return {
    fact: 'subscription',
    subscriptionId,
    payerId,
    counterpartyId,
    planId: terms.planId,
    event,
    amountPaise: periodPaise(terms).toString(),
    currency: terms.currency,
    occurredAt: Math.min(occurredAt, now),
  };
}

function toldOf({ before, after, event }: Moved): ToldEvent | null {
  if (before.startedAt === null) return event === 'renew' ? 'started' : null;
  switch (event) {
    case 'renew':
      // Arrears that are paid during a pause are no new period.
      return before.status === 'paused' ? null : 'renewed';
    case 'change':
      return periodPaise(before.terms) === periodPaise(after.terms) ? null : 'price_changed';
    case 'pause':
      return 'paused';
    case 'resume':
      return 'resumed';
    case 'cancel':
    case 'end':
    case 'expire':
      return 'cancelled';
    case 'lapse':
      return 'lapsed';
    default:
      return null;
  }
}
