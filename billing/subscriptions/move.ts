/**
 * The only place that assigns a subscription's status. A step moves the row along the table of states, computes when the calendar moves
 * it next, appends its event and queues the lake's fact: one transaction, a few statements for however many. The caller
 * holds the locks; a row that is not as it was read is refused.
 */
import type { PoolClient } from 'pg';
import { dayOf, formatDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { jsonRows } from '../../core/json-rows.js';
import { advance } from '../../core/state.js';
import { publishEvents } from '../notices/publish.js';
import type { NewEvent } from '../notices/publish.js';
import { appendEvents } from './events.js';
import { tellLake } from './lake-facts.js';
import { nextBillingAt } from './next-billing.js';
import { refusalOf, SUBSCRIPTION } from './states.js';
import type { SubscriptionEvent, SubscriptionStatus } from './states.js';
import type { Subscription } from './subscription.js';

/** What a step may set beside the status and what follows from it. */
type Settable = Pick<
  Subscription,
  | 'terms'
  | 'anchorDay'
  | 'period'
  | 'periodStartDay'
  | 'periodEndDay'
  | 'cancelAtPeriodEnd'
  | 'pendingChange'
  | 'pausedDay'
  | 'resumeDay'
  | 'collection'
  | 'mandateId'
  | 'pastDueAt'
  | 'billingErrors'
  | 'parkedReason'
>;

export interface Move {
  readonly event: SubscriptionEvent;
  /** A person, `calendar`, or the part of billing that does it. */
  readonly actor: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** UTC epoch ms. */
  readonly occurredAt: number;
  readonly set?: Partial<Settable>;
}

/** @throws AppError `subscription-state` when the status does not take the event, `subscription-changed`. */
export async function moveSubscription(
  client: PoolClient,
  subscription: Subscription,
  move: Move,
  now: number,
): Promise<Subscription> {
  const [moved] = await moveSubscriptions(client, [{ ...move, subscription }], now);
  return moved ?? subscription;
}

/** In the order given; each subscription once. @throws as `moveSubscription`. */
export async function moveSubscriptions(
  client: PoolClient,
  moves: readonly (Move & { readonly subscription: Subscription })[],
  now: number,
): Promise<Subscription[]> {
  if (moves.length === 0) return [];
  const moved = moves.map((move) => ({ ...move, before: move.subscription, after: stepped(move) }));
  await writeRows(client, moved, now);
  await writeAddOns(
    client,
    moved.filter(({ before, after }) => before.terms !== after.terms).map(({ after }) => after),
  );
  await appendEvents(
    client,
    moved.map(({ before, after, event, actor, detail = {}, occurredAt }) => {
      return { subscription: after, event, fromStatus: before.status, actor, detail, occurredAt };
    }),
    now,
  );
  await tellLake(client, moved, now);
  await publishEvents(client, moved.flatMap(toEvent), now);
  return moved.map(({ after }) => after);
}

/** What others want to know is where it stands, not each of its steps. */
function toEvent({ before, after, event }: Stepped): NewEvent[] {
  const { subscriptionId, payerId, status, revision } = after;
  if (status === before.status) return [];
  const payload = { subscriptionId, payerId, status, fromStatus: before.status, event };
  const key = `subscription.changed:${subscriptionId}:${revision}`;
  return [{ key, topic: 'subscription.changed', payload }];
}

interface Stepped {
  readonly before: Subscription;
  readonly after: Subscription;
  readonly event: SubscriptionEvent;
}

/** Who ended it, by the event that did. */
const ENDED_BY = { cancel: 'voluntary', end: 'voluntary', lapse: 'involuntary', expire: 'plan' } as const;

function stepped({
  subscription,
  event,
  occurredAt,
  set = {},
}: Move & { subscription: Subscription }): Subscription {
  const status = advance<SubscriptionStatus, SubscriptionEvent>(SUBSCRIPTION, subscription.status, event);
  if (status === null) throw refusalOf(subscription, event);
  const endedBy = event in ENDED_BY ? ENDED_BY[event as keyof typeof ENDED_BY] : null;
  const isFirstPaid = event === 'renew' && subscription.startedAt === null;
  const next: Subscription = {
    ...subscription,
    ...(event === 'recover' ? { pastDueAt: null, ...restart(subscription, occurredAt) } : {}),
    ...set,
    ...(endedBy === null ? {} : { endedBy, endedAt: occurredAt }),
    ...(isFirstPaid ? { startedAt: occurredAt } : {}),
    status,
    revision: subscription.revision + 1,
  };
  return { ...next, nextBillingAt: nextBillingAt(next) };
}

/** Nothing was served while it was suspended: when its period is over by then, a new one begins with a new anchor. */
function restart({ status, periodEndDay }: Subscription, occurredAt: number): Partial<Settable> {
  const day = dayOf(occurredAt);
  if (status !== 'suspended' || (periodEndDay !== null && day < periodEndDay)) return {};
  return { anchorDay: day, period: null, periodStartDay: null, periodEndDay: null };
}

async function writeRows(
  client: PoolClient,
  moved: readonly { readonly before: Subscription; readonly after: Subscription }[],
  now: number,
): Promise<void> {
  const { rowCount } = await client.query({
    name: 'move-subscriptions',
    text: `UPDATE subscriptions s SET status = r.status, plan_id = r.plan_id, plan_version = r.plan_version,
        quantity = r.quantity, anchor_on = r.anchor_on, period = r.period, period_start_on = r.period_start_on,
        period_end_on = r.period_end_on, next_billing_at = to_timestamp(r.next_at / 1000.0),
        cancel_at_period_end = r.cancel_at_period_end, pending_change = r.pending_change, paused_on = r.paused_on,
        resume_on = r.resume_on, collection = r.collection, mandate_id = r.mandate_id,
        past_due_at = to_timestamp(r.due_at / 1000.0), started_at = to_timestamp(r.started / 1000.0), ended_by = r.ended_by,
        ended_at = to_timestamp(r.ended / 1000.0), billing_errors = r.billing_errors, parked_reason = r.parked_reason,
        revision = s.revision + 1, changed_at = to_timestamp($2 / 1000.0)
      FROM json_to_recordset($1) AS r(subscription_id text, revision integer, status text, plan_id text, plan_version integer,
        quantity integer, anchor_on date, period integer, period_start_on date, period_end_on date, next_at float8,
        cancel_at_period_end boolean, pending_change jsonb, paused_on date, resume_on date, collection text, mandate_id text,
        due_at float8, started float8, ended_by text, ended float8, billing_errors integer, parked_reason text)
      WHERE s.subscription_id = r.subscription_id AND s.revision = r.revision`,
    values: [
      jsonRows(moved.map(({ before, after }) => ({ ...toRow(after), revision: before.revision }))),
      now,
    ],
  });
  if (rowCount === moved.length) return;
  const message = 'a subscription has changed since it was read: read it again';
  throw new AppError('conflict', 'subscription-changed', message, { retryable: true });
}

function toRow(subscription: Subscription): object {
  const { terms } = subscription;
  const dateOf = (day: number | null): string | null => (day === null ? null : formatDay(day));
  return {
    subscription_id: subscription.subscriptionId,
    status: subscription.status,
    plan_id: terms.planId,
    plan_version: terms.planVersion,
    quantity: terms.quantity,
    anchor_on: dateOf(subscription.anchorDay),
    period: subscription.period,
    period_start_on: dateOf(subscription.periodStartDay),
    period_end_on: dateOf(subscription.periodEndDay),
    next_at: subscription.nextBillingAt,
    cancel_at_period_end: subscription.cancelAtPeriodEnd,
    pending_change: subscription.pendingChange,
    paused_on: dateOf(subscription.pausedDay),
    resume_on: dateOf(subscription.resumeDay),
    collection: subscription.collection,
    mandate_id: subscription.mandateId,
    due_at: subscription.pastDueAt,
    started: subscription.startedAt,
    ended_by: subscription.endedBy,
    ended: subscription.endedAt,
    billing_errors: subscription.billingErrors,
    parked_reason: subscription.parkedReason,
  };
}

/** In place of what was bought before. */
async function writeAddOns(client: PoolClient, subscriptions: readonly Subscription[]): Promise<void> {
  if (subscriptions.length === 0) return;
  const ids = subscriptions.map(({ subscriptionId }) => subscriptionId);
  await client.query('DELETE FROM subscription_add_ons WHERE subscription_id = ANY($1)', [ids]);
  await insertAddOns(client, subscriptions);
}

export async function insertAddOns(
  client: PoolClient,
  subscriptions: readonly Pick<Subscription, 'subscriptionId' | 'terms'>[],
): Promise<void> {
  const rows = subscriptions.flatMap(({ subscriptionId, terms }) =>
    terms.addOns.map(({ addOnId, quantity }) => ({
      subscription_id: subscriptionId,
      add_on_id: addOnId,
      quantity,
    })),
  );
  if (rows.length === 0) return;
  await client.query(
    `INSERT INTO subscription_add_ons
     SELECT * FROM json_to_recordset($1) AS row(subscription_id text, add_on_id text, quantity integer)`,
    [JSON.stringify(rows)],
  );
}
