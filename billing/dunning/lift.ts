/**
 * Gives back what dunning withheld as soon as its cause is gone, in one hop from wherever the payer stood: the debt that it was for and
 * all others of that subscription are paid, void or agreed on. Giving back needs no permission and no message first.
 */
import type { PoolClient } from 'pg';
import { lockSubscription } from '../subscriptions/subscription.js';
import { canMove } from '../subscriptions/states.js';
import { moveSubscription } from '../subscriptions/move.js';

/** Of these payers, whose locks the caller holds. Answers how many were lifted. */
export async function liftSettled(
  client: PoolClient,
  payerIds: readonly string[],
  now: number,
): Promise<number> {
  const { rows } = await client.query<{ subscriptionId: string }>(
    `UPDATE dunning_effects f SET lifted_at = to_timestamp($2 / 1000.0)
     WHERE payer_id = ANY($1) AND lifted_at IS NULL AND NOT EXISTS (
       SELECT FROM invoices i, dunning_steps s
       WHERE s.step_id = f.step_id AND (i.subscription_id = f.subscription_id OR i.invoice_id = s.invoice_id)
         AND i.status = 'open' AND i.due_at <= to_timestamp($2 / 1000.0) AND i.held_reason IS NULL)
     RETURNING subscription_id AS "subscriptionId"`,
    [payerIds, now],
  );
  for (const { subscriptionId } of rows) {
    const subscription = await lockSubscription(client, subscriptionId);
    // Whoever applied the payment may have been faster, or it has ended meanwhile.
    if (subscription.status !== 'suspended' || !canMove(subscription, 'recover')) continue;
    const step = {
      event: 'recover',
      actor: 'dunning',
      detail: { because: 'its debts are settled' },
      occurredAt: now,
    } as const;
    await moveSubscription(client, subscription, step, now);
  }
  return rows.length;
}
