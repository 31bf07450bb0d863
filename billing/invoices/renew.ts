/** Tells subscriptions that a period of theirs is paid: once for each recurring invoice, in the transaction in which it becomes paid. */
import type { PoolClient } from 'pg';
import { moveSubscriptions } from '../subscriptions/move.js';
import { canMove } from '../subscriptions/states.js';
import type { Subscription } from '../subscriptions/subscription.js';

interface PaidPeriod {
  readonly invoiceId: string;
  readonly subscriptionId: string;
}

/** The caller has locked and read the subscriptions; answers them as they are then. What has ended is not renewed. */
export async function renew(
  client: PoolClient,
  subscriptions: readonly Subscription[],
  paid: readonly PaidPeriod[],
  now: number,
): Promise<Subscription[]> {
  const known = new Map(subscriptions.map((one) => [one.subscriptionId, one]));
  for (let waiting = paid; waiting.length > 0;) {
    // A subscription moves once in a statement: a second period that was paid waits for the first.
    const turn = new Map(waiting.toReversed().map((one) => [one.subscriptionId, one]));
    const moves = [...turn.values()].flatMap(({ invoiceId, subscriptionId }) => {
      const subscription = known.get(subscriptionId);
      if (subscription === undefined || !canMove(subscription, 'renew')) return [];
      const detail = { invoiceId };
      return [{ subscription, event: 'renew', actor: 'billing', detail, occurredAt: now } as const];
    });
    for (const moved of await moveSubscriptions(client, moves, now)) known.set(moved.subscriptionId, moved);
    waiting = waiting.filter((one) => turn.get(one.subscriptionId) !== one);
  }
  return subscriptions.map((one) => known.get(one.subscriptionId) ?? one);
}
