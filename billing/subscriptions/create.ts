/**
 * A new subscription: of a version of a plan, from today or a later day on, with the plan's trial or another. Its first period begins
 * when the trial ends, and that day is the anchor. Nothing is charged here: the next billing run invoices it. A payer has a
 * plan once for each beneficiary.
 */
import type { PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { dayOf, formatDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { inTransaction } from '../../core/transaction.js';
import { bodyHash, idSchema } from '../../scoring/request.js';
import type { CatalogueDeps } from '../catalogue/plan.js';
import { Day, dayIn } from '../catalogue/calendars.js';
import { readTerms } from '../catalogue/terms.js';
import type { Terms } from '../catalogue/terms.js';
import { claimCommand } from '../payments/commands.js';
import { appendEvents } from './events.js';
import { insertAddOns } from './move.js';
import { nextBillingAt } from './next-billing.js';
import type { Planned } from './next-billing.js';
import { periodOf } from './periods.js';
import { readView } from './view.js';
import type { SubscriptionView } from './view.js';

const closed = { additionalProperties: false } as const;

export const AddOns = Type.Array(
  Type.Object(
    {
      addOnId: idSchema('Of the plan.'),
      quantity: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1 })),
    },
    closed,
  ),
  { maxItems: 20 },
);
export const Quantity = Type.Integer({ minimum: 1, maximum: 1000 });
export const Actor = Type.Optional(idSchema('Who asks, for the history.'));

export const CreateBody = Type.Object(
  {
    payerId: idSchema('Who pays, an opaque id.'),
    planId: idSchema('What is subscribed to.'),
    planVersion: Type.Optional(Type.Integer({ minimum: 1, description: 'The newest when absent.' })),
    quantity: Type.Optional(Quantity),
    addOns: Type.Optional(AddOns),
    counterpartyId: Type.Optional(idSchema('Where it is served: decides price and calendar of its own.')),
    beneficiary: Type.Optional(idSchema('Whom it is for, an opaque name of yours; nothing scores it.')),
    startOn: Type.Optional(Day),
    trialDays: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 730, description: 'In place of the plan’s.' }),
    ),
    periods: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1200, description: 'It ends after so many.' }),
    ),
    collection: Type.Optional(Type.Enum(['mandate', 'manual'], { default: 'manual' })),
    mandateId: Type.Optional(idSchema('What is debited.')),
    actor: Actor,
  },
  closed,
);
type CreateBody = Static<typeof CreateBody>;

/** @throws AppError as the catalogue refuses, `already-subscribed`, `start-in-the-past`, `mandate-not-found`, `idempotency-key-reused`. */
export function createSubscription(
  { pool, clock }: CatalogueDeps,
  body: CreateBody,
  key: string,
): Promise<SubscriptionView> {
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const claim = {
      kind: 'subscription',
      key,
      bodyHash: bodyHash(body),
      subject: newId('sub', clock),
    } as const;
    const { subject: subscriptionId, isNew } = await claimCommand(client, claim, now);
    if (isNew) await open(client, subscriptionId, body, now);
    return readView(client, subscriptionId);
  });
}

async function open(
  client: PoolClient,
  subscriptionId: string,
  body: CreateBody,
  now: number,
): Promise<void> {
  const planVersion = await openVersion(client, body.planId, body.planVersion ?? null);
  const addOns = boughtOf(body.addOns ?? []);
  const choice = { planId: body.planId, planVersion, quantity: body.quantity ?? 1, addOns };
  const terms = await readTerms(client, choice, body.counterpartyId ?? null);
  const collection = body.collection ?? 'manual';
  await requireMandate(client, { payerId: body.payerId, collection, mandateId: body.mandateId ?? null });
  const planned = plan(body, terms, dayOf(now));
  const date = (day: number | null): string | null => (day === null ? null : formatDay(day));
  const { rowCount } = await client.query(
    `INSERT INTO subscriptions (subscription_id, payer_id, counterparty_id, beneficiary, plan_id, plan_version, quantity, currency,
       status, starts_on, anchor_on, trial_end_on, ends_on, next_billing_at, collection, mandate_id, created_at, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, to_timestamp($14 / 1000.0), $15, $16,
       to_timestamp($17 / 1000.0), to_timestamp($17 / 1000.0))
     ON CONFLICT (payer_id, plan_id, beneficiary) WHERE beneficiary IS NOT NULL AND ended_at IS NULL DO NOTHING`,
    [
      subscriptionId,
      body.payerId,
      body.counterpartyId ?? null,
      body.beneficiary ?? null,
      body.planId,
      planVersion,
      terms.quantity,
      terms.currency,
      planned.status,
      date(planned.startsDay),
      date(planned.anchorDay),
      date(planned.trialEndDay),
      date(planned.endsDay),
      nextBillingAt(planned),
      collection,
      body.mandateId ?? null,
      now,
    ],
  );
  if (rowCount === 0) {
    const message = `${body.payerId} has ${body.planId} for this beneficiary already: change its quantity, or end it first`;
    throw new AppError('conflict', 'already-subscribed', message);
  }
  const subscription = { subscriptionId, status: planned.status, terms };
  await insertAddOns(client, [subscription]);
  const event = { subscription, event: 'create', fromStatus: null, detail: {}, occurredAt: now } as const;
  await appendEvents(client, [{ ...event, actor: body.actor ?? 'api' }], now);
}

/** @throws AppError `start-in-the-past`. */
function plan(body: CreateBody, { interval, trialDays: usual }: Terms, today: number): Planned {
  const startsDay = body.startOn === undefined ? today : dayIn(body.startOn, 'startOn');
  if (startsDay < today) {
    const message = `startOn: ${formatDay(startsDay)} is past; a subscription starts today or later`;
    throw new AppError('bad-input', 'start-in-the-past', message);
  }
  const trialDays = body.trialDays ?? usual;
  const anchorDay = startsDay + trialDays;
  const running = trialDays > 0 ? 'trialing' : 'active';
  return {
    status: startsDay > today ? 'scheduled' : running,
    startsDay,
    anchorDay,
    trialEndDay: trialDays > 0 ? anchorDay : null,
    periodEndDay: null,
    endsDay: body.periods === undefined ? null : periodOf(anchorDay, interval, body.periods).startDay - 1,
    cancelAtPeriodEnd: false,
    pausedDay: null,
    resumeDay: null,
  };
}

/** The version that may be subscribed to. @throws AppError `plan-not-found` or `plan-archived`. */
export async function openVersion(
  client: PoolClient,
  planId: string,
  version: number | null,
): Promise<number> {
  const { rows } = await client.query<{ archived_at: number | null; version: number }>(
    `SELECT p.archived_at, v.version FROM plans p JOIN plan_versions v USING (plan_id)
     WHERE plan_id = $1 AND ($2::integer IS NULL OR v.version = $2) ORDER BY v.version DESC LIMIT 1 FOR SHARE OF p`,
    [planId, version],
  );
  const [row] = rows;
  if (row === undefined) {
    const which = version === null ? planId : `${planId} in version ${version}`;
    throw new AppError('not-found', 'plan-not-found', `there is no plan ${which}`);
  }
  if (row.archived_at === null) return row.version;
  throw new AppError(
    'conflict',
    'plan-archived',
    `${planId} is archived: nobody new may have it, choose another plan`,
  );
}

export function boughtOf(addOns: Static<typeof AddOns>): { addOnId: string; quantity: number }[] {
  const bought = new Map<string, number>();
  for (const { addOnId, quantity = 1 } of addOns) bought.set(addOnId, (bought.get(addOnId) ?? 0) + quantity);
  return [...bought].map(([addOnId, quantity]) => ({ addOnId, quantity }));
}

interface Collection {
  readonly payerId: string;
  readonly collection: 'mandate' | 'manual';
  readonly mandateId: string | null;
}

/** @throws AppError `mandate-not-found`, also for another payer's. */
export async function requireMandate(
  client: PoolClient,
  { payerId, collection, mandateId }: Collection,
): Promise<void> {
  if (collection === 'manual' && mandateId === null) return;
  const { rowCount } = await client.query('SELECT 1 FROM mandates WHERE mandate_id = $1 AND payer_id = $2', [
    mandateId,
    payerId,
  ]);
  if (rowCount === 1) return;
  const message = `mandateId: ${payerId} has no such mandate; register one with POST /v1/mandates`;
  throw new AppError('bad-input', 'mandate-not-found', message);
}
