/**
 * A subscription as the rest of billing sees it, with the terms that it is sold at. Whom it is for (the beneficiary, often a child) is
 * not among its fields: facts, features and models are made from here and must not know (India rules, D3). Read it locked before
 * anything is decided about it; locks are taken by id.
 */
import type { Pool, PoolClient } from 'pg';
import { parseDay } from '../../core/days.js';
import { AppError, assert } from '../../core/errors.js';
import { addOnsSql, TERMS_COLUMNS, toTerms } from '../catalogue/terms.js';
import type { Choice, Terms, TermsRow } from '../catalogue/terms.js';
import type { SubscriptionStatus } from './states.js';

/** Days as in core/days.ts, instants UTC epoch ms. */
export interface Subscription {
  readonly subscriptionId: string;
  readonly payerId: string;
  readonly counterpartyId: string | null;
  readonly terms: Terms;
  readonly status: SubscriptionStatus;
  /** First day, of the trial when there is one; null: the anchor. */
  readonly startsDay: number | null;
  readonly anchorDay: number;
  /** Number of the current period; null before the first is billed. */
  readonly period: number | null;
  readonly periodStartDay: number | null;
  /** Exclusive. */
  readonly periodEndDay: number | null;
  /** When the calendar moves it next (next-billing.ts). */
  readonly nextBillingAt: number | null;
  /** The first day that is no longer trial. */
  readonly trialEndDay: number | null;
  /** The last day. */
  readonly endsDay: number | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly pendingChange: Choice | null;
  readonly pausedDay: number | null;
  readonly resumeDay: number | null;
  readonly collection: 'mandate' | 'manual';
  readonly mandateId: string | null;
  /** In the payer's favour, when it was read: invoices use it up (billing/invoices). */
  readonly creditPaise: bigint;
  readonly pastDueAt: number | null;
  /** When a period was paid first. */
  readonly startedAt: number | null;
  readonly endedBy: 'voluntary' | 'involuntary' | 'plan' | null;
  readonly endedAt: number | null;
  readonly billingErrors: number;
  readonly parkedReason: string | null;
  readonly revision: number;
  readonly createdAt: number;
}

interface Row extends TermsRow {
  subscription_id: string;
  payer_id: string;
  counterparty_id: string | null;
  status: SubscriptionStatus;
  starts_on: string | null;
  anchor_on: string;
  period: number | null;
  period_start_on: string | null;
  period_end_on: string | null;
  next_billing_at: number | null;
  trial_end_on: string | null;
  ends_on: string | null;
  cancel_at_period_end: boolean;
  pending_change: Choice | null;
  paused_on: string | null;
  resume_on: string | null;
  collection: 'mandate' | 'manual';
  mandate_id: string | null;
  credit_paise: bigint;
  past_due_at: number | null;
  started_at: number | null;
  ended_by: Subscription['endedBy'];
  ended_at: number | null;
  billing_errors: number;
  parked_reason: string | null;
  revision: number;
  created_at: number;
}

const SELECT = `
  SELECT s.subscription_id, s.payer_id, s.counterparty_id, s.status, s.starts_on, s.anchor_on, s.period, s.period_start_on,
    s.period_end_on, s.next_billing_at, s.trial_end_on, s.ends_on, s.cancel_at_period_end, s.pending_change, s.paused_on,
    s.resume_on, s.collection, s.mandate_id, s.credit_paise, s.past_due_at, s.started_at, s.ended_by, s.ended_at,
    s.billing_errors, s.parked_reason, s.revision, s.created_at, s.quantity, ${TERMS_COLUMNS},
    ${addOnsSql('(SELECT * FROM subscription_add_ons o WHERE o.subscription_id = s.subscription_id) AS b')} AS add_ons
  FROM subscriptions s JOIN plans p USING (plan_id)
  JOIN plan_versions v ON v.plan_id = s.plan_id AND v.version = s.plan_version
  LEFT JOIN plan_overrides o ON o.plan_id = s.plan_id AND o.version = s.plan_version AND o.counterparty_id = s.counterparty_id
  WHERE s.subscription_id = ANY($1) ORDER BY s.subscription_id`;

/** @throws AppError `subscription-not-found`. */
export async function readSubscription(db: Pool | PoolClient, subscriptionId: string): Promise<Subscription> {
  return only(await readSubscriptions(db, [subscriptionId]), subscriptionId);
}

/** Nobody else moves it until the transaction ends. @throws AppError `subscription-not-found`. */
export async function lockSubscription(client: PoolClient, subscriptionId: string): Promise<Subscription> {
  return only(await lockSubscriptions(client, [subscriptionId]), subscriptionId);
}

/** By id; those that there are. */
export async function lockSubscriptions(
  client: PoolClient,
  subscriptionIds: readonly string[],
): Promise<Subscription[]> {
  // Locked first and read afterwards: a statement that waits for a lock would join the new row with the old plan.
  await client.query({
    name: 'lock-subscriptions',
    text: 'SELECT 1 FROM subscriptions WHERE subscription_id = ANY($1) ORDER BY subscription_id FOR UPDATE',
    values: [subscriptionIds],
  });
  return readSubscriptions(client, subscriptionIds);
}

/** By id; those that there are. */
export async function readSubscriptions(
  db: Pool | PoolClient,
  subscriptionIds: readonly string[],
): Promise<Subscription[]> {
  const { rows } = await db.query<Row>({
    name: 'read-subscriptions',
    text: SELECT,
    values: [subscriptionIds],
  });
  return rows.map(toSubscription);
}

function only([subscription]: readonly Subscription[], subscriptionId: string): Subscription {
  if (subscription !== undefined) return subscription;
  throw new AppError('not-found', 'subscription-not-found', `there is no subscription ${subscriptionId}`);
}

function toSubscription(row: Row): Subscription {
  return {
    subscriptionId: row.subscription_id,
    payerId: row.payer_id,
    counterpartyId: row.counterparty_id,
    terms: toTerms(row),
    status: row.status,
    startsDay: toDay(row.starts_on),
    anchorDay: required(toDay(row.anchor_on)),
    period: row.period,
    periodStartDay: toDay(row.period_start_on),
    periodEndDay: toDay(row.period_end_on),
    nextBillingAt: row.next_billing_at,
    trialEndDay: toDay(row.trial_end_on),
    endsDay: toDay(row.ends_on),
    cancelAtPeriodEnd: row.cancel_at_period_end,
    pendingChange: row.pending_change,
    pausedDay: toDay(row.paused_on),
    resumeDay: toDay(row.resume_on),
    collection: row.collection,
    mandateId: row.mandate_id,
    creditPaise: row.credit_paise,
    pastDueAt: row.past_due_at,
    startedAt: row.started_at,
    endedBy: row.ended_by,
    endedAt: row.ended_at,
    billingErrors: row.billing_errors,
    parkedReason: row.parked_reason,
    revision: row.revision,
    createdAt: row.created_at,
  };
}

function toDay(text: string | null): number | null {
  return text === null ? null : parseDay(text);
}

function required(day: number | null): number {
  assert(day !== null, 'a date of PostgreSQL is a day');
  return day;
}
