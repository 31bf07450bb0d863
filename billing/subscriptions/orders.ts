/**
 * What may be asked of a subscription: pause, resume, cancel, change, collect otherwise, and take back what was only scheduled. Each
 * order is done once for its key, with the subscription locked, and answers it as it stands. What is for today is done at once, what
 * is for later waits for the calendar.
 */
import type { PoolClient } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { dayOf, formatDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { inTransaction } from '../../core/transaction.js';
import { bodyHash, idSchema, printable } from '../../scoring/request.js';
import { Day, dayIn } from '../catalogue/calendars.js';
import type { CatalogueDeps } from '../catalogue/plan.js';
import { readTerms } from '../catalogue/terms.js';
import type { Choice } from '../catalogue/terms.js';
import { claimCommand } from '../payments/commands.js';
import { changeNow } from './change.js';
import { invoiceChanges } from './change-invoice.js';
import { Actor, AddOns, boughtOf, openVersion, Quantity, requireMandate } from './create.js';
import { moveSubscription } from './move.js';
import { currentPeriod, pauseFrom, resumeFrom, unusedLines } from './pause.js';
import { isPaying, refusalOf } from './states.js';
import { lockSubscription } from './subscription.js';
import type { Subscription } from './subscription.js';
import { readView } from './view.js';
import type { SubscriptionView } from './view.js';

const closed = { additionalProperties: false } as const;
const Reason = Type.Optional(printable(200, 'For the history.'));
const WHEN = ['now', 'period-end'] as const;

export const ORDER_BODIES = {
  pause: Type.Object(
    { from: Type.Optional(Day), resumeOn: Type.Optional(Day), reason: Reason, actor: Actor },
    closed,
  ),
  resume: Type.Object({ on: Type.Optional(Day), actor: Actor }, closed),
  cancel: Type.Object(
    {
      at: Type.Enum(WHEN),
      credit: Type.Optional(
        Type.Boolean({
          default: true,
          description: 'Now: credit what is paid and not served. A person refunds it.',
        }),
      ),
      reason: Reason,
      actor: Actor,
    },
    closed,
  ),
  change: Type.Object(
    {
      at: Type.Enum(WHEN),
      planId: Type.Optional(idSchema('Another plan.')),
      planVersion: Type.Optional(
        Type.Integer({ minimum: 1, description: 'The newest of another plan when absent.' }),
      ),
      quantity: Type.Optional(Quantity),
      addOns: Type.Optional(AddOns),
      actor: Actor,
    },
    closed,
  ),
  collection: Type.Object(
    {
      collection: Type.Enum(['mandate', 'manual']),
      mandateId: Type.Optional(idSchema('What is debited.')),
      actor: Actor,
    },
    closed,
  ),
  undo: Type.Object({ what: Type.Enum(['pause', 'cancel', 'change']), actor: Actor }, closed),
} as const;
type Bodies = { readonly [Name in keyof typeof ORDER_BODIES]: Static<(typeof ORDER_BODIES)[Name]> };
export type OrderName = keyof Bodies;

export interface Order<Name extends OrderName> {
  readonly subscriptionId: string;
  readonly name: Name;
  readonly body: Bodies[Name];
  /** The caller's idempotency key. */
  readonly key: string;
}

/** @throws AppError `subscription-not-found`, `subscription-state`, `idempotency-key-reused`, and as each order refuses. */
export function carryOut<Name extends OrderName>(
  { pool, clock }: CatalogueDeps,
  { subscriptionId, name, body, key }: Order<Name>,
): Promise<SubscriptionView> {
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const hash = bodyHash({ ...body, subscriptionId, order: name });
    const claim = { kind: 'subscription-order', key, bodyHash: hash, subject: subscriptionId } as const;
    const { isNew } = await claimCommand(client, claim, now);
    if (isNew) {
      const subscription = await lockSubscription(client, subscriptionId);
      await ORDERS[name]({ client, subscription, now, today: dayOf(now), actor: body.actor ?? 'api' }, body);
    }
    return readView(client, subscriptionId);
  });
}

interface Asked {
  readonly client: PoolClient;
  readonly subscription: Subscription;
  readonly now: number;
  readonly today: number;
  readonly actor: string;
}

const ORDERS: { readonly [Name in OrderName]: (asked: Asked, body: Bodies[Name]) => Promise<unknown> } = {
  pause,
  resume,
  cancel,
  change,
  collection,
  undo,
};

async function pause(
  { client, subscription, now, today, actor }: Asked,
  body: Bodies['pause'],
): Promise<void> {
  const { subscriptionId, cancelAtPeriodEnd, endsDay } = subscription;
  const day = body.from === undefined ? today : dayIn(body.from, 'from');
  const resumeDay = body.resumeOn === undefined ? null : dayIn(body.resumeOn, 'resumeOn');
  if (day < today) throw refused(`from: ${formatDay(day)} is past; a pause begins today or later`);
  if (resumeDay !== null && resumeDay <= day) throw refused('resumeOn: a pause has at least one day');
  if (cancelAtPeriodEnd || (endsDay !== null && day > endsDay))
    throw conflict('pause-after-end', `${subscriptionId} ends before: undo its cancellation first`);
  if (isPaying(subscription.status) && currentPeriod(subscription) === null) {
    const message = `the first period of ${subscriptionId} is not invoiced yet: pause it after the next billing run, or cancel it`;
    throw new AppError('conflict', 'not-billed-yet', message, { retryable: true });
  }
  const { reason } = body;
  if (day === today) {
    await pauseFrom(client, subscription, { day, actor, occurredAt: now, reason }, resumeDay, now);
    return;
  }
  if (!isPaying(subscription.status)) throw refusalOf(subscription, 'later pause');
  const detail = { pauseOn: formatDay(day), ...(reason === undefined ? {} : { reason }) };
  await schedule({ client, subscription, now, actor }, detail, { pausedDay: day, resumeDay });
}

async function resume(
  { client, subscription, now, today, actor }: Asked,
  body: Bodies['resume'],
): Promise<void> {
  const day = body.on === undefined ? today : dayIn(body.on, 'on');
  if (day < today) throw refused(`on: ${formatDay(day)} is past; it resumes today or later`);
  if (subscription.status !== 'paused') throw refusalOf(subscription, 'resume');
  if (day === today) await resumeFrom(client, subscription, { day, actor, occurredAt: now }, now);
  else await schedule({ client, subscription, now, actor }, { resumeOn: formatDay(day) }, { resumeDay: day });
}

/** What has not begun, or does not go on by itself, ends at once whenever it was asked to. */
async function cancel(
  { client, subscription, now, today, actor }: Asked,
  body: Bodies['cancel'],
): Promise<void> {
  const { status } = subscription;
  const detail = body.reason === undefined ? {} : { reason: body.reason };
  if (body.at === 'period-end' && (isPaying(status) || status === 'trialing')) {
    const set = { cancelAtPeriodEnd: true, pausedDay: null, resumeDay: null, pendingChange: null };
    await schedule({ client, subscription, now, actor }, { ...detail, cancelAt: 'period-end' }, set);
    return;
  }
  const isCredited = body.at === 'now' && (body.credit ?? true) && isPaying(status);
  const { lines } = isCredited ? await unusedLines(client, subscription, today) : { lines: [] };
  const changeId = newId('chg', { now: () => now });
  const move = { event: 'cancel', actor, detail: { ...detail, changeId }, occurredAt: now } as const;
  const cancelled = await moveSubscription(client, subscription, move, now);
  const period = currentPeriod(subscription);
  if (period !== null) await invoiceChanges(client, cancelled, [{ cause: changeId, period, lines }], now);
}

async function change(asked: Asked, body: Bodies['change']): Promise<void> {
  const { client, subscription, now, actor } = asked;
  const choice = await choose(client, subscription, body);
  const terms = await readTerms(client, choice, subscription.counterpartyId);
  if (terms.currency !== subscription.terms.currency) {
    const message = `${choice.planId} is in ${terms.currency}: a subscription keeps its currency, start another one`;
    throw conflict('currency-differs', message);
  }
  const period = currentPeriod(subscription);
  if (body.at === 'now' || period === null || !isPaying(subscription.status)) {
    await changeNow(client, subscription, terms, actor, now);
    return;
  }
  const { unit, count } = terms.interval;
  const { interval } = subscription.terms;
  if (subscription.endsDay !== null && (unit !== interval.unit || count !== interval.count)) {
    const message = `${subscription.subscriptionId} ends after a number of periods: a plan with another interval does not fit`;
    throw conflict('change-not-possible', message);
  }
  const detail = {
    changeOn: formatDay(period.endDay),
    planId: choice.planId,
    planVersion: choice.planVersion,
  };
  await schedule(asked, detail, { pendingChange: choice });
}

/** What is not said stays as it is; another plan comes without the add-ons of the old one. */
async function choose(
  client: PoolClient,
  { terms }: Subscription,
  { planVersion, quantity, addOns, ...body }: Bodies['change'],
): Promise<Choice> {
  const planId = body.planId ?? terms.planId;
  const isOther = planId !== terms.planId;
  const isSame = !isOther && (planVersion === undefined || planVersion === terms.planVersion);
  const kept = isOther ? [] : terms.addOns;
  return {
    planId,
    planVersion: isSame ? terms.planVersion : await openVersion(client, planId, planVersion ?? null),
    quantity: quantity ?? terms.quantity,
    addOns:
      addOns === undefined
        ? kept.map((one) => ({ addOnId: one.addOnId, quantity: one.quantity }))
        : boughtOf(addOns),
  };
}

async function collection(asked: Asked, body: Bodies['collection']): Promise<void> {
  const { client, subscription } = asked;
  const { collection: how } = body;
  const mandateId = body.mandateId ?? null;
  await requireMandate(client, { payerId: subscription.payerId, collection: how, mandateId });
  await schedule(asked, { collection: how }, { collection: how, mandateId });
}

const UNDONE = {
  pause: { pausedDay: null, resumeDay: null },
  cancel: { cancelAtPeriodEnd: false },
  change: { pendingChange: null },
} as const;

async function undo({ client, subscription, now, actor }: Asked, { what }: Bodies['undo']): Promise<void> {
  const { status, pausedDay, cancelAtPeriodEnd, pendingChange } = subscription;
  const isThere = {
    pause: pausedDay !== null && status !== 'paused',
    cancel: cancelAtPeriodEnd,
    change: pendingChange !== null,
  };
  if (!isThere[what])
    throw conflict('nothing-to-undo', `no ${what} of ${subscription.subscriptionId} is scheduled`);
  const move = { event: 'unschedule', actor, detail: { what }, occurredAt: now, set: UNDONE[what] } as const;
  await moveSubscription(client, subscription, move, now);
}

function schedule(
  { client, subscription, now, actor }: Omit<Asked, 'today'>,
  detail: Readonly<Record<string, unknown>>,
  set: NonNullable<Parameters<typeof moveSubscription>[2]['set']>,
): Promise<Subscription> {
  return moveSubscription(
    client,
    subscription,
    { event: 'schedule', actor, detail, occurredAt: now, set },
    now,
  );
}

function refused(message: string): AppError {
  return new AppError('bad-input', 'invalid-request', message);
}

function conflict(code: string, message: string): AppError {
  return new AppError('conflict', code, message);
}
