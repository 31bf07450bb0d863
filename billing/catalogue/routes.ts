/**
 * The catalogue over HTTP: plans, their versions, the prices and calendars of counterparties, serving calendars, and how plans do. What
 * makes something takes an `Idempotency-Key`; a calendar is put whole, so repeating it changes nothing.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { idSchema, instantSchema, nullable } from '../../scoring/request.js';
import { planMix, planMoves, priceEffect } from './analytics.js';
import { CalendarBody, CalendarView, putCalendar, readCalendar } from './calendars.js';
import {
  addVersion,
  archivePlan,
  createPlan,
  listPlans,
  OverrideBody,
  overridePlan,
  PlanBody,
  PlanView,
  readPlan,
  VersionBody,
} from './plan.js';
import type { CatalogueDeps } from './plan.js';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['plans'];
const closed = { additionalProperties: false } as const;
const headers = Type.Object({
  'idempotency-key': idSchema('Repeating a request with its key changes nothing more.'),
});
const PlanParams = Type.Object({ planId: Type.String({ maxLength: 128 }) });

export function catalogueRoutes(deps: CatalogueDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    planRoutes(app, deps);
    readRoutes(app, deps);
    overrideRoute(app, deps);
    calendarRoutes(app, deps);
    analyticsRoutes(app, deps);
    priceRoute(app, deps);
  };
}

function planRoutes(app: App, deps: CatalogueDeps): void {
  app.post(
    '/v1/plans',
    {
      schema: {
        tags,
        summary: 'A new plan with its first version',
        headers,
        body: PlanBody,
        response: { 201: PlanView },
      },
    },
    async ({ body, headers: { 'idempotency-key': key } }, reply) =>
      reply.code(201).send(await createPlan(deps, body, key)),
  );
  app.post(
    '/v1/plans/:planId/versions',
    {
      schema: {
        tags,
        summary: 'Another version: those who have the plan keep theirs until they are moved',
        headers,
        params: PlanParams,
        body: VersionBody,
        response: { 201: PlanView },
      },
    },
    async ({ params, body, headers: { 'idempotency-key': key } }, reply) =>
      reply.code(201).send(await addVersion(deps, params.planId, body, key)),
  );
  app.post(
    '/v1/plans/:planId/archive',
    {
      schema: {
        tags,
        summary: 'No new subscriptions; those that run go on',
        headers,
        params: PlanParams,
        response: { 200: PlanView },
      },
    },
    async ({ params, headers: { 'idempotency-key': key } }) => archivePlan(deps, params.planId, key),
  );
}

function readRoutes(app: App, { pool }: CatalogueDeps): void {
  app.get(
    '/v1/plans',
    {
      schema: {
        tags,
        summary: 'Plans by id',
        querystring: Type.Object(
          {
            after: Type.Optional(idSchema('Last plan id of the page before.')),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
          },
          closed,
        ),
        response: { 200: Type.Object({ plans: Type.Array(PlanView) }) },
      },
    },
    async ({ query: { after = null, limit = 50 } }) => ({ plans: await listPlans(pool, after, limit) }),
  );
  app.get(
    '/v1/plans/:planId',
    {
      schema: {
        tags,
        summary: 'One plan with its versions',
        params: PlanParams,
        response: { 200: PlanView },
      },
    },
    async ({ params }) => readPlan(pool, params.planId),
  );
}

function overrideRoute(app: App, deps: CatalogueDeps): void {
  app.put(
    '/v1/plans/:planId/versions/:version/overrides/:counterpartyId',
    {
      schema: {
        tags,
        summary: "A counterparty's own price or calendar, settled before anybody there subscribes",
        headers,
        params: Type.Object({
          planId: Type.String({ maxLength: 128 }),
          version: Type.Integer({ minimum: 1 }),
          counterpartyId: idSchema('Where it is served.'),
        }),
        body: OverrideBody,
        response: { 200: PlanView },
      },
    },
    async ({ params, body, headers: { 'idempotency-key': key } }) => overridePlan(deps, params, body, key),
  );
}

function calendarRoutes(app: App, deps: CatalogueDeps): void {
  const params = Type.Object({ calendarId: idSchema('Of the calendar.') });
  app.put(
    '/v1/serving-calendars/:calendarId',
    {
      schema: {
        tags,
        summary: 'On which days something is served, whole; repeating it changes nothing',
        params,
        body: CalendarBody,
        response: { 200: CalendarView },
      },
    },
    async ({ params: { calendarId }, body }) => putCalendar(deps, calendarId, body),
  );
  app.get(
    '/v1/serving-calendars/:calendarId',
    { schema: { tags, summary: 'One serving calendar', params, response: { 200: CalendarView } } },
    async ({ params: { calendarId } }) => readCalendar(deps.pool, calendarId),
  );
}

const Count = Type.Integer();
const Mix = Type.Object({
  planId: Type.String(),
  planVersion: Count,
  currency: Type.String(),
  status: Type.String(),
  subscriptions: Count,
  quantity: Count,
  mrrPaise: Count,
});
const Move = Type.Object({
  fromPlanId: Type.String(),
  fromVersion: Count,
  toPlanId: Type.String(),
  toVersion: Count,
  currency: Type.String(),
  upgrades: Count,
  downgrades: Count,
  sideways: Count,
  expansionPaise: Count,
  contractionPaise: Count,
});

function analyticsRoutes(app: App, { pool, clock }: CatalogueDeps): void {
  app.get(
    '/v1/plan-analytics/mix',
    {
      schema: {
        tags,
        summary: 'Running subscriptions by plan, version and status, now or at an instant',
        querystring: Type.Object({ at: Type.Optional(instantSchema('Now when absent.')) }, closed),
        response: { 200: Type.Object({ mix: Type.Array(Mix) }) },
      },
    },
    async ({ query: { at } }) => ({
      mix: await planMix(pool, at === undefined ? clock.now() : Date.parse(at)),
    }),
  );
  app.get(
    '/v1/plan-analytics/moves',
    {
      schema: {
        tags,
        summary: 'Upgrades and downgrades between plans and versions',
        querystring: Type.Object(
          {
            from: instantSchema('The first instant.'),
            until: Type.Optional(instantSchema('Exclusive; now when absent.')),
          },
          closed,
        ),
        response: { 200: Type.Object({ moves: Type.Array(Move) }) },
      },
    },
    async ({ query: { from, until } }) => ({
      moves: await planMoves(pool, Date.parse(from), until === undefined ? clock.now() : Date.parse(until)),
    }),
  );
}

const Share = Type.Object({
  subscriptions: Count,
  events: Count,
  share: nullable(Type.Number()),
  low: Type.Number(),
  high: Type.Number(),
});
const Compared = Type.Object({
  before: Share,
  after: Share,
  difference: nullable(Type.Object({ points: Type.Number(), low: Type.Number(), high: Type.Number() })),
});
const Effect = Type.Object({
  changedAt: Type.String({ format: 'date-time', description: 'When the version was first in use.' }),
  days: Type.Integer({ description: 'On each side; fewer while those after are not over.' }),
  churn: Compared,
  contraction: Compared,
});

function priceRoute(app: App, { pool, clock }: CatalogueDeps): void {
  app.get(
    '/v1/plans/:planId/versions/:version/effect',
    {
      schema: {
        tags,
        summary:
          'Churn and contraction among those who had the plan, before and after a version came into use',
        params: Type.Object({
          planId: Type.String({ maxLength: 128 }),
          version: Type.Integer({ minimum: 1 }),
        }),
        querystring: Type.Object(
          { days: Type.Optional(Type.Integer({ minimum: 1, maximum: 365, default: 30 })) },
          closed,
        ),
        response: { 200: Type.Object({ effect: nullable(Effect) }) },
      },
    },
    async ({ params, query: { days = 30 } }) => {
      const effect = await priceEffect(pool, { ...params, days }, clock.now());
      return {
        effect: effect === null ? null : { ...effect, changedAt: new Date(effect.changedAt).toISOString() },
      };
    },
  );
}
