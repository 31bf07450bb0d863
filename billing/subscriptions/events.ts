/**
 * What happened to subscriptions, append-only: every step with the terms and the worth that hold from then on. Analytics is
 * computed from these rows alone, so a row is never changed; it occurred no later than it was known.
 */
import type { Pool, PoolClient } from 'pg';
import { jsonRows } from '../../core/json-rows.js';
import { monthlyPaise, periodPaise } from '../catalogue/terms.js';
import { isPaying } from './states.js';
import type { SubscriptionEvent, SubscriptionStatus } from './states.js';
import type { Subscription } from './subscription.js';

export interface Happening {
  readonly subscription: Pick<Subscription, 'subscriptionId' | 'status' | 'terms'>;
  readonly event: SubscriptionEvent | 'create';
  readonly fromStatus: SubscriptionStatus | null;
  /** A person, `calendar`, or the part of billing that did it. */
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** UTC epoch ms. */
  readonly occurredAt: number;
}

export async function appendEvents(
  client: PoolClient,
  happenings: readonly Happening[],
  now: number,
): Promise<void> {
  await client.query({
    name: 'append-subscription-events',
    text: `INSERT INTO subscription_events (subscription_id, event, from_status, to_status, plan_id, plan_version, quantity,
        currency, period_paise, mrr_paise, actor, detail, occurred_at, known_at)
      SELECT subscription_id, event, from_status, to_status, plan_id, plan_version, quantity, currency, period_paise, mrr_paise,
        actor, detail, least(to_timestamp(occurred / 1000.0), known), known
      FROM json_to_recordset($1) AS row(subscription_id text, event text, from_status text, to_status text, plan_id text,
        plan_version integer, quantity integer, currency text, period_paise bigint, mrr_paise bigint, actor text,
        detail jsonb, occurred float8), to_timestamp($2 / 1000.0) AS known`,
    values: [jsonRows(happenings.map(toRow)), now],
  });
}

function toRow({ subscription, event, fromStatus, actor, detail, occurredAt }: Happening): object {
  const { subscriptionId, status, terms } = subscription;
  const isWorth = isPaying(status);
  return {
    subscription_id: subscriptionId,
    event,
    from_status: fromStatus,
    to_status: status,
    plan_id: terms.planId,
    plan_version: terms.planVersion,
    quantity: terms.quantity,
    currency: terms.currency,
    period_paise: isWorth ? periodPaise(terms) : 0n,
    mrr_paise: isWorth ? monthlyPaise(terms) : 0n,
    actor,
    detail,
    occurred: occurredAt,
  };
}

export interface EventRow {
  readonly event: string;
  readonly from_status: SubscriptionStatus | null;
  readonly to_status: SubscriptionStatus;
  readonly plan_id: string;
  readonly plan_version: number;
  readonly quantity: number;
  readonly period_paise: bigint;
  readonly mrr_paise: bigint;
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly occurred_at: number;
}

/** Of the newest so many, in the order in which they were recorded. */
const SHOWN = 200;

export async function readEvents(db: Pool | PoolClient, subscriptionId: string): Promise<EventRow[]> {
  const { rows } = await db.query<EventRow>(
    `SELECT event, from_status, to_status, plan_id, plan_version, quantity, period_paise, mrr_paise, actor, detail, occurred_at
     FROM (SELECT * FROM subscription_events WHERE subscription_id = $1 ORDER BY number DESC LIMIT $2) AS newest ORDER BY number`,
    [subscriptionId, SHOWN],
  );
  return rows;
}
