/**
 * Payments over HTTP. What makes something takes an `Idempotency-Key` and cannot be asked for without one; capture and cancel are guarded
 * by the payment's state. A refusal by the gate is 403 with its reasons, one by the gateway 409; not knowing is 503, and the same
 * request again finds out.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../../core/errors.js';
import { idSchema } from '../../scoring/request.js';
import { PAGE } from '../page.js';
import { askInstalment } from '../instalments/ask.js';
import { createPlan } from '../instalments/create.js';
import { ScheduleBody } from '../instalments/schedule.js';
import { cancelPayment } from './cancel.js';
import { capturePayment } from './capture.js';
import { createPayment, NewPaymentBody } from './create.js';
import type { CreateDeps } from './create.js';
import { listPayments, PaymentView, readPayment } from './payment.js';
import { refundPayment, RefundBody } from './refund.js';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['payments'];

const RequiredKey = Type.Object({
  'idempotency-key': idSchema('Repeating a request with its key goes on with what the first one began.'),
});
/** A payment, or the first of several that together pay the amount. */
const AskedBody = Type.Object(
  { ...NewPaymentBody.properties, instalments: Type.Optional(ScheduleBody) },
  { additionalProperties: false },
);
type AskedBody = Static<typeof AskedBody>;

const PaymentParams = Type.Object({ paymentId: Type.String({ maxLength: 64 }) });

export function paymentRoutes(deps: CreateDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    createRoute(app, deps);
    readRoutes(app, deps);
    refundRoute(app, deps);
    stepRoutes(app, deps);
  };
}

function createRoute(app: App, deps: CreateDeps): void {
  app.post(
    '/v1/payments',
    {
      schema: {
        tags,
        summary: 'Ask for a payment: the gate decides, then the payer gets a checkout page or a link',
        headers: RequiredKey,
        body: AskedBody,
        response: { 201: PaymentView },
      },
    },
    async ({ body, headers }, reply) =>
      reply.code(201).send(await ask(deps, body, headers['idempotency-key'])),
  );
}

async function ask(
  deps: CreateDeps,
  { instalments: schedule, ...body }: AskedBody,
  key: string,
): Promise<PaymentView> {
  if (schedule === undefined) return createPayment(deps, body, key);
  const { reference, capture, collect, customer, context, ...debt } = body;
  if (reference === undefined || capture === 'manual') {
    const message = 'instalments need a reference, the name of what is owed, and are captured by themselves';
    throw new AppError('bad-input', 'invalid-request', message);
  }
  const { planId } = await createPlan(deps, { ...debt, reference, schedule }, key);
  const told = {
    ...(collect === undefined ? {} : { collect }),
    ...(customer === undefined ? {} : { customer }),
    ...(context === undefined ? {} : { context }),
  };
  return askInstalment(deps, planId, 1, told);
}

function readRoutes(app: App, { pool }: CreateDeps): void {
  app.get(
    '/v1/payments',
    {
      schema: {
        tags,
        summary: 'Payments, newest first',
        querystring: Type.Object(
          {
            payerId: Type.Optional(idSchema('Of this payer only.')),
            reference: Type.Optional(idSchema('For this reference only.')),
            ...PAGE,
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ payments: Type.Array(PaymentView) }) },
      },
    },
    async ({ query }) => ({ payments: await listPayments(pool, query) }),
  );
  app.get(
    '/v1/payments/:paymentId',
    { schema: { tags, summary: 'One payment', params: PaymentParams, response: { 200: PaymentView } } },
    async ({ params }) => readPayment(pool, params.paymentId),
  );
}

function refundRoute(app: App, deps: CreateDeps): void {
  app.post(
    '/v1/payments/:paymentId/refunds',
    {
      schema: {
        tags,
        summary: 'Give money back, all of it or a part',
        headers: RequiredKey,
        params: PaymentParams,
        body: RefundBody,
        response: { 201: PaymentView },
      },
    },
    async ({ params, body, headers }, reply) =>
      reply.code(201).send(await refundPayment(deps, params.paymentId, body, headers['idempotency-key'])),
  );
}

const STEPS = {
  capture: { run: capturePayment, summary: 'Take the money of an authorised payment' },
  cancel: { run: cancelPayment, summary: 'No longer want a payment; money that still comes goes back' },
} as const;

function stepRoutes(app: App, deps: CreateDeps): void {
  for (const [step, { run, summary }] of Object.entries(STEPS)) {
    app.post(
      `/v1/payments/:paymentId/${step}`,
      { schema: { tags, summary, params: PaymentParams, response: { 200: PaymentView } } },
      async ({ params }) => run(deps, params.paymentId),
    );
  }
}
