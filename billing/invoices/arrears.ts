/**
 * Whether a subscription is past due, as a function of its invoices: it is, while one of them is open, overdue and not held. Recomputed
 * whenever an invoice changes and cleared in one hop when nothing is overdue any more, however many steps dunning had
 * taken. What does not take the step (a trial, what has ended) is left alone.
 */
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../core/transaction.js';
import { moveSubscription } from '../subscriptions/move.js';
import { canMove } from '../subscriptions/states.js';
import { lockSubscriptions } from '../subscriptions/subscription.js';

/** Who is written down as having done it. */
const ACTOR = 'billing';

/** In the caller's transaction; locks the subscriptions by id. */
export async function followArrears(
  client: PoolClient,
  subscriptionIds: readonly string[],
  now: number,
): Promise<void> {
  if (subscriptionIds.length === 0) return;
  const subscriptions = await lockSubscriptions(client, [...new Set(subscriptionIds)]);
  const since = await readArrears(client, subscriptionIds);
  for (const subscription of subscriptions) {
    const pastDueAt = since.get(subscription.subscriptionId) ?? null;
    if ((pastDueAt === null) === (subscription.pastDueAt === null)) continue;
    const event = pastDueAt === null ? 'recover' : 'fall-due';
    if (!canMove(subscription, event)) continue;
    const step = { event, actor: ACTOR, detail: {}, occurredAt: now, set: { pastDueAt } } as const;
    await moveSubscription(client, subscription, step, now);
  }
}

/** Since when something has been unpaid, by subscription; absent: nothing is. */
async function readArrears(client: PoolClient, ids: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await client.query<{ subscription_id: string; since: number }>(
    `SELECT subscription_id, min(due_at) AS since FROM invoices
     WHERE subscription_id = ANY($1) AND status = 'open' AND overdue_at IS NOT NULL AND held_reason IS NULL
     GROUP BY subscription_id`,
    [ids],
  );
  return new Map(rows.map(({ subscription_id, since }) => [subscription_id, since]));
}

/** Invoices of one transaction. */
const BATCH = 500;

/**
 * Marks what was due by now and is not paid, except where the first debit is not decided yet: until the bank has answered nobody is late
 * (India rules, U13). Answers how many invoices fell due.
 */
export async function markOverdue(pool: Pool, now: number): Promise<number> {
  for (let marked = 0; ;) {
    const count = await inTransaction(pool, (client) => markBatch(client, now));
    marked += count;
    if (count < BATCH) return marked;
  }
}

/** Subscriptions are locked before invoices, as everywhere. */
async function markBatch(client: PoolClient, now: number): Promise<number> {
  const { rows } = await client.query<{ invoice_id: string; subscription_id: string | null }>(
    `SELECT invoice_id, subscription_id FROM invoices i
     WHERE status = 'open' AND overdue_at IS NULL AND held_reason IS NULL AND due_at <= to_timestamp($1 / 1000.0)
       AND NOT EXISTS (SELECT FROM debits d WHERE d.invoice_id = i.invoice_id AND d.attempt = 1
         AND d.status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved'))
     ORDER BY due_at, invoice_id LIMIT $2`,
    [now, BATCH],
  );
  const owners = rows.flatMap(({ subscription_id: id }) => id ?? []);
  await lockSubscriptions(client, [...new Set(owners)]);
  await client.query(
    `UPDATE invoices SET overdue_at = at, changed_at = at FROM to_timestamp($2 / 1000.0) AS at
     WHERE invoice_id = ANY($1) AND status = 'open' AND held_reason IS NULL`,
    [rows.map(({ invoice_id }) => invoice_id), now],
  );
  await followArrears(client, owners, now);
  return rows.length;
}
