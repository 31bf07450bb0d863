/** A subscription as people and programs see it: what it is sold at, where it stands, what the calendar will do, and its history. */
import type { Pool, PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { formatDay } from '../../core/days.js';
import { nullable } from '../../scoring/request.js';
import { pageOf } from '../page.js';
import type { Page } from '../page.js';
import { INTERVAL_UNITS, periodPaise } from '../catalogue/terms.js';
import { readEvents } from './events.js';
import type { EventRow } from './events.js';
import { SUBSCRIPTION_STATUSES } from './states.js';
import type { SubscriptionStatus } from './states.js';
import { readSubscription, readSubscriptions } from './subscription.js';
import type { Subscription } from './subscription.js';

const Instant = Type.String({ format: 'date-time' });
const Day = Type.String({ format: 'date' });
const Paise = Type.Integer({ description: 'Minor units of `currency`, tax included.' });

const EventView = Type.Object({
  event: Type.String(),
  fromStatus: nullable(Type.Enum(SUBSCRIPTION_STATUSES)),
  toStatus: Type.Enum(SUBSCRIPTION_STATUSES),
  planId: Type.String(),
  planVersion: Type.Integer(),
  quantity: Type.Integer(),
  periodPaise: Paise,
  mrrPaise: Type.Integer({ description: 'What it comes to in a month; 0 while nothing is paid.' }),
  actor: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
  occurredAt: Instant,
});

export const SubscriptionView = Type.Object({
  subscriptionId: Type.String(),
  payerId: Type.String(),
  counterpartyId: nullable(Type.String()),
  beneficiary: nullable(Type.String()),
  status: Type.Enum(SUBSCRIPTION_STATUSES),
  planId: Type.String(),
  planVersion: Type.Integer(),
  quantity: Type.Integer(),
  addOns: Type.Array(Type.Object({ addOnId: Type.String(), quantity: Type.Integer() })),
  interval: Type.Object({ unit: Type.Enum(INTERVAL_UNITS), count: Type.Integer() }),
  periodPaise: Paise,
  currency: Type.String(),
  anchorOn: Day,
  period: nullable(Type.Object({ number: Type.Integer(), startOn: Day, endOn: Day })),
  trialEndOn: nullable(Day),
  endsOn: nullable(Day),
  cancelAtPeriodEnd: Type.Boolean(),
  pendingChange: nullable(
    Type.Object({
      planId: Type.String(),
      planVersion: Type.Integer(),
      quantity: Type.Integer(),
      addOns: Type.Array(Type.Object({ addOnId: Type.String(), quantity: Type.Integer() })),
    }),
  ),
  pausedOn: nullable(Day),
  resumeOn: nullable(Day),
  collection: Type.Enum(['mandate', 'manual']),
  mandateId: nullable(Type.String()),
  creditPaise: Type.Integer({ description: 'In the payer’s favour; the next invoices use it.' }),
  pastDueAt: nullable(Instant),
  endedBy: nullable(Type.Enum(['voluntary', 'involuntary', 'plan'])),
  endedAt: nullable(Instant),
  nextStepAt: nullable(Type.String({ format: 'date-time', description: 'When the calendar moves it next.' })),
  parkedReason: nullable(Type.String({ description: 'Why billing left it for a person.' })),
  createdAt: Instant,
});
export type SubscriptionView = Static<typeof SubscriptionView>;

export const SubscriptionWithEvents = Type.Object({
  ...SubscriptionView.properties,
  events: Type.Array(EventView, { description: 'The newest, oldest of them first.' }),
});
type SubscriptionWithEvents = Static<typeof SubscriptionWithEvents>;

/** @throws AppError `subscription-not-found`. */
export async function readView(db: Pool | PoolClient, subscriptionId: string): Promise<SubscriptionView> {
  const subscription = await readSubscription(db, subscriptionId);
  return toView(subscription, (await readBeneficiaries(db, [subscriptionId])).get(subscriptionId) ?? null);
}

/** @throws AppError `subscription-not-found`. */
export async function readWithEvents(pool: Pool, subscriptionId: string): Promise<SubscriptionWithEvents> {
  const view = await readView(pool, subscriptionId);
  return { ...view, events: (await readEvents(pool, subscriptionId)).map(toEventView) };
}

interface SubscriptionQuery extends Page {
  readonly payerId?: string;
  readonly planId?: string;
  readonly status?: SubscriptionStatus;
}

/** Newest first. */
export async function listSubscriptions(pool: Pool, query: SubscriptionQuery): Promise<SubscriptionView[]> {
  const equal = { payer_id: query.payerId, plan_id: query.planId, status: query.status };
  const { clause, values } = pageOf(query, 'subscription_id', equal);
  const { rows } = await pool.query<{ subscription_id: string }>(
    `SELECT subscription_id FROM subscriptions WHERE ${clause}`,
    values,
  );
  const ids = rows.map(({ subscription_id: id }) => id);
  const beneficiaries = await readBeneficiaries(pool, ids);
  const subscriptions = await readSubscriptions(pool, ids);
  return subscriptions.reverse().map((one) => toView(one, beneficiaries.get(one.subscriptionId) ?? null));
}

/** Read here alone: nothing else may know (India rules, D3). */
async function readBeneficiaries(
  db: Pool | PoolClient,
  ids: readonly string[],
): Promise<Map<string, string | null>> {
  const { rows } = await db.query<{ subscription_id: string; beneficiary: string | null }>(
    'SELECT subscription_id, beneficiary FROM subscriptions WHERE subscription_id = ANY($1)',
    [ids],
  );
  return new Map(rows.map(({ subscription_id: id, beneficiary }) => [id, beneficiary]));
}

function toView(subscription: Subscription, beneficiary: string | null): SubscriptionView {
  const { terms, period, periodStartDay, periodEndDay, pendingChange } = subscription;
  return {
    subscriptionId: subscription.subscriptionId,
    payerId: subscription.payerId,
    counterpartyId: subscription.counterpartyId,
    beneficiary,
    status: subscription.status,
    planId: terms.planId,
    planVersion: terms.planVersion,
    quantity: terms.quantity,
    addOns: terms.addOns.map(({ addOnId, quantity }) => ({ addOnId, quantity })),
    interval: terms.interval,
    periodPaise: Number(periodPaise(terms)),
    currency: terms.currency,
    anchorOn: formatDay(subscription.anchorDay),
    period:
      period === null || periodStartDay === null || periodEndDay === null
        ? null
        : { number: period, startOn: formatDay(periodStartDay), endOn: formatDay(periodEndDay) },
    trialEndOn: date(subscription.trialEndDay),
    endsOn: date(subscription.endsDay),
    cancelAtPeriodEnd: subscription.cancelAtPeriodEnd,
    pendingChange: pendingChange === null ? null : { ...pendingChange, addOns: [...pendingChange.addOns] },
    pausedOn: date(subscription.pausedDay),
    resumeOn: date(subscription.resumeDay),
    collection: subscription.collection,
    mandateId: subscription.mandateId,
    creditPaise: Number(subscription.creditPaise),
    pastDueAt: iso(subscription.pastDueAt),
    endedBy: subscription.endedBy,
    endedAt: iso(subscription.endedAt),
    nextStepAt: iso(subscription.nextBillingAt),
    parkedReason: subscription.parkedReason,
    createdAt: new Date(subscription.createdAt).toISOString(),
  };
}

function toEventView(row: EventRow): Static<typeof EventView> {
  return {
    event: row.event,
    fromStatus: row.from_status,
    toStatus: row.to_status,
    planId: row.plan_id,
    planVersion: row.plan_version,
    quantity: row.quantity,
    periodPaise: Number(row.period_paise),
    mrrPaise: Number(row.mrr_paise),
    actor: row.actor,
    detail: row.detail,
    occurredAt: new Date(row.occurred_at).toISOString(),
  };
}

function date(day: number | null): string | null {
  return day === null ? null : formatDay(day);
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
