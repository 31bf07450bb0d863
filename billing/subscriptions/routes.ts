/**
 * Subscriptions over HTTP. What makes or moves one takes an `Idempotency-Key`: the same request again is answered with the subscription as
 * it stands. A step that its status does not take is 409.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import { formatDay } from '../../core/days.js';
import { inTransaction } from '../../core/transaction.js';
import { idSchema, nullable } from '../../scoring/request.js';
import { PAGE } from '../page.js';
import type { CatalogueDeps } from '../catalogue/plan.js';
import { readTerms } from '../catalogue/terms.js';
import { CreateBody, createSubscription } from './create.js';
import { carryOut, ORDER_BODIES } from './orders.js';
import type { OrderName } from './orders.js';
import { upcomingInvoice } from './preview.js';
import { SUBSCRIPTION_STATUSES } from './states.js';
import { readSubscription } from './subscription.js';
import { listSubscriptions, readWithEvents, SubscriptionView, SubscriptionWithEvents } from './view.js';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['subscriptions'];
const headers = Type.Object({
  'idempotency-key': idSchema('Repeating a request with its key changes nothing more.'),
});
const params = Type.Object({ subscriptionId: Type.String({ maxLength: 64 }) });

export function subscriptionRoutes(deps: CatalogueDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    createRoute(app, deps);
    readRoutes(app, deps);
    upcomingRoute(app, deps);
    orderRoutes(app, deps);
  };
}

function createRoute(app: App, deps: CatalogueDeps): void {
  app.post(
    '/v1/subscriptions',
    {
      schema: {
        tags,
        summary: 'Subscribe a payer to a plan; the next billing run invoices the first period',
        headers,
        body: CreateBody,
        response: { 201: SubscriptionView },
      },
    },
    async ({ body, headers: { 'idempotency-key': key } }, reply) =>
      reply.code(201).send(await createSubscription(deps, body, key)),
  );
}

function readRoutes(app: App, { pool }: CatalogueDeps): void {
  app.get(
    '/v1/subscriptions',
    {
      schema: {
        tags,
        summary: 'Subscriptions, newest first',
        querystring: Type.Object(
          {
            payerId: Type.Optional(idSchema('Of this payer only.')),
            planId: Type.Optional(idSchema('To this plan only.')),
            status: Type.Optional(Type.Enum(SUBSCRIPTION_STATUSES)),
            ...PAGE,
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ subscriptions: Type.Array(SubscriptionView) }) },
      },
    },
    async ({ query }) => ({ subscriptions: await listSubscriptions(pool, query) }),
  );
  app.get(
    '/v1/subscriptions/:subscriptionId',
    {
      schema: {
        tags,
        summary: 'One subscription and what happened to it',
        params,
        response: { 200: SubscriptionWithEvents },
      },
    },
    async ({ params: { subscriptionId } }) => readWithEvents(pool, subscriptionId),
  );
}

const Upcoming = Type.Object({
  at: Type.String({ format: 'date-time', description: 'When it is made.' }),
  startOn: Type.String({ format: 'date' }),
  endOn: Type.String({ format: 'date', description: 'The first day that is no longer part of it.' }),
  currency: Type.String(),
  lines: Type.Array(
    Type.Object({
      kind: Type.String(),
      description: Type.String(),
      quantity: Type.Integer(),
      unitPaise: Type.Integer(),
      amountPaise: Type.Integer(),
    }),
  ),
  creditPaise: Type.Integer({ description: 'Used from what is in the payer’s favour.' }),
  totalPaise: Type.Integer(),
});

function upcomingRoute(app: App, { pool }: CatalogueDeps): void {
  app.get(
    '/v1/subscriptions/:subscriptionId/upcoming-invoice',
    {
      schema: {
        tags,
        summary: 'The next invoice if nothing else happens; null when none is to come',
        params,
        response: { 200: Type.Object({ invoice: nullable(Upcoming) }) },
      },
    },
    async ({ params: { subscriptionId } }) => ({ invoice: await preview(pool, subscriptionId) }),
  );
}

function preview(pool: Pool, subscriptionId: string) {
  return inTransaction(pool, async (client) => {
    const subscription = await readSubscription(client, subscriptionId);
    const { pendingChange, counterpartyId, terms } = subscription;
    const pending = pendingChange === null ? null : await readTerms(client, pendingChange, counterpartyId);
    const upcoming = upcomingInvoice(subscription, pending);
    if (upcoming === null) return null;
    const { at, startDay, endDay, lines, creditPaise, totalPaise } = upcoming;
    return {
      at: new Date(at).toISOString(),
      startOn: formatDay(startDay),
      endOn: formatDay(endDay),
      currency: terms.currency,
      lines: lines.map(({ kind, description, quantity, unitPaise, amountPaise }) => {
        return {
          kind,
          description,
          quantity,
          unitPaise: Number(unitPaise),
          amountPaise: Number(amountPaise),
        };
      }),
      creditPaise: Number(creditPaise),
      totalPaise: Number(totalPaise),
    };
  });
}

const SUMMARIES: Readonly<Record<OrderName, string>> = {
  pause: 'Pause from today or a later day: what is paid and not served becomes credit',
  resume: 'Go on today or on a later day: the rest of that period is charged',
  cancel: 'End now, or with the period that is paid',
  change: 'Another plan, version, quantity or add-ons: now and prorated, or from the next period on',
  collection: 'Debit a mandate from now on, or have the payer pay by hand',
  undo: 'Take back a pause, cancellation or change that is only scheduled',
};

function orderRoutes(app: App, deps: CatalogueDeps): void {
  for (const name of Object.keys(ORDER_BODIES) as OrderName[]) orderRoute(app, deps, name);
}

function orderRoute<Name extends OrderName>(app: App, deps: CatalogueDeps, name: Name): void {
  app.post(
    `/v1/subscriptions/:subscriptionId/${name}`,
    {
      schema: {
        tags,
        summary: SUMMARIES[name],
        headers,
        params,
        body: ORDER_BODIES[name],
        response: { 200: SubscriptionView },
      },
    },
    async (request) =>
      carryOut(deps, {
        subscriptionId: request.params.subscriptionId,
        name,
        // Checked against the order's own schema.
        body: request.body as Parameters<typeof carryOut<Name>>[1]['body'],
        key: (request.headers as { 'idempotency-key': string })['idempotency-key'],
      }),
  );
}
