/** Instalment plans over HTTP: agree, read, pay a part or all that is left, give up. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { idSchema, printable } from '../../scoring/request.js';
import { PAGE } from '../page.js';
import type { CreateDeps } from '../payments/create.js';
import { PaymentView } from '../payments/payment.js';
import { askInstalment, offerSettlement } from './ask.js';
import { createPlan, NewPlanBody } from './create.js';
import { endPlan } from './follow.js';
import { listPlans, PlanView, readPlan } from './plan.js';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['payments'];

const PlanParams = Type.Object({ planId: Type.String({ maxLength: 64 }) });

export function instalmentRoutes(deps: CreateDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    planRoutes(app, deps);
    paymentRoutes(app, deps);
  };
}

function planRoutes(app: App, deps: CreateDeps): void {
  app.post(
    '/v1/instalment-plans',
    {
      schema: {
        tags,
        summary: 'Agree that a debt is paid in parts; an invoice is held meanwhile',
        headers: Type.Object({
          'idempotency-key': idSchema('Repeating a request with its key returns the plan that it made.'),
        }),
        body: NewPlanBody,
        response: { 201: PlanView },
      },
    },
    async ({ body, headers }, reply) =>
      reply.code(201).send(await createPlan(deps, body, headers['idempotency-key'])),
  );
  app.get(
    '/v1/instalment-plans',
    {
      schema: {
        tags,
        summary: 'Instalment plans, newest first',
        querystring: Type.Object(
          {
            payerId: Type.Optional(idSchema('Of this payer only.')),
            reference: Type.Optional(idSchema('For this debt only.')),
            ...PAGE,
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ plans: Type.Array(PlanView) }) },
      },
    },
    async ({ query }) => ({ plans: await listPlans(deps.pool, query) }),
  );
  app.get(
    '/v1/instalment-plans/:planId',
    { schema: { tags, summary: 'One instalment plan', params: PlanParams, response: { 200: PlanView } } },
    async ({ params }) => readPlan(deps.pool, params.planId),
  );
}

function paymentRoutes(app: App, deps: CreateDeps): void {
  app.post(
    '/v1/instalment-plans/:planId/instalments/:number/payment',
    {
      schema: {
        tags,
        summary: 'The payment of one part, also before its day; repeating it answers the same payment',
        params: Type.Object({
          planId: Type.String({ maxLength: 64 }),
          number: Type.Integer({ minimum: 1, maximum: 36 }),
        }),
        response: { 200: PaymentView },
      },
    },
    async ({ params }) => askInstalment(deps, params.planId, params.number),
  );
  app.post(
    '/v1/instalment-plans/:planId/settlement',
    {
      schema: {
        tags,
        summary: 'Pay all that is left at once: open parts are withdrawn while it is offered',
        params: PlanParams,
        response: { 200: PaymentView },
      },
    },
    async ({ params }) => offerSettlement(deps, params.planId),
  );
  app.post(
    '/v1/instalment-plans/:planId/cancel',
    {
      schema: {
        tags,
        summary: 'Give the plan up: what is left is owed at once',
        params: PlanParams,
        body: Type.Object(
          { reason: printable(200, 'Why, for whoever looks at it later.') },
          { additionalProperties: false },
        ),
        response: { 200: PlanView },
      },
    },
    async ({ params, body }) => {
      await endPlan(deps, params.planId, 'cancel', body.reason);
      return readPlan(deps.pool, params.planId);
    },
  );
}
