/**
 * Mandates over HTTP: register under an `Idempotency-Key`, look at them with their health, end them. There is no pause: on UPI only the
 * payer can pause, and what the payer paused only the payer resumes (India rules U8).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { idSchema } from '../../scoring/request.js';
import { PAGE } from '../page.js';
import { cancelMandate } from './cancel.js';
import { listMandates, MandateView, readMandate } from './mandate.js';
import { NewMandateBody, registerMandate } from './register.js';
import type { RegisterDeps } from './register.js';
import { MANDATE_STATUSES } from './states.js';

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['mandates'];
const closed = { additionalProperties: false } as const;
const params = Type.Object({ mandateId: Type.String({ pattern: '^mdt_[0-9a-f]{32}$' }) });
const RequiredKey = Type.Object({
  'idempotency-key': idSchema('Repeating a request with its key goes on with what the first one began.'),
});

export function mandateRoutes(deps: RegisterDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/v1/mandates',
      {
        schema: {
          tags,
          summary:
            'Ask a payer to allow debits: the gate decides, then the payer approves on our page or a link',
          headers: RequiredKey,
          body: NewMandateBody,
          response: { 201: MandateView },
        },
      },
      async ({ body, headers }, reply) =>
        reply.code(201).send(await registerMandate(deps, body, headers['idempotency-key'])),
    );
    readRoutes(app, deps);
    app.post(
      '/v1/mandates/:mandateId/cancel',
      {
        schema: {
          tags,
          summary: 'End a mandate, at the bank too; nothing is debited on it any more',
          params,
          response: { 200: MandateView },
        },
      },
      async ({ params: { mandateId } }) => cancelMandate(deps, mandateId),
    );
  };
}

function readRoutes(app: App, deps: RegisterDeps): void {
  app.get(
    '/v1/mandates',
    {
      schema: {
        tags,
        summary: 'Mandates, newest first',
        querystring: Type.Object(
          {
            payerId: Type.Optional(idSchema('Of this payer only.')),
            status: Type.Optional(Type.Enum(MANDATE_STATUSES)),
            ...PAGE,
          },
          closed,
        ),
        response: { 200: Type.Object({ mandates: Type.Array(MandateView) }) },
      },
    },
    async ({ query }) => ({ mandates: await listMandates(deps, query) }),
  );
  app.get(
    '/v1/mandates/:mandateId',
    { schema: { tags, summary: 'One mandate and its health', params, response: { 200: MandateView } } },
    async ({ params: { mandateId } }) => readMandate(deps, mandateId),
  );
}
