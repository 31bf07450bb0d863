/** Saved ways to pay over HTTP: enrol a payer, take over tokens, list with health, choose default and fallback, remove. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type from 'typebox';
import { idSchema, nullable, printable } from '../../scoring/request.js';
import { assignRole, listMethods, MethodView, readMethod, removeMethod, ROLES } from './methods.js';
import { enrolPayer, syncMethods } from './sync.js';
import type { MethodDeps } from './sync.js';

const tags = ['payment methods'];
const Methods = Type.Object({ methods: Type.Array(MethodView) });
const params = Type.Object({ methodId: Type.String({ maxLength: 64 }) });
const closed = { additionalProperties: false } as const;

const Enrolment = Type.Object(
  {
    payerId: idSchema('Who pays.'),
    customer: Type.Optional(
      Type.Object(
        {
          name: Type.String({ minLength: 3, maxLength: 50 }),
          email: Type.Optional(printable(64, 'Goes to the gateway and is not kept.')),
          contact: Type.String({ pattern: '^\\+?[0-9]{8,14}$' }),
        },
        { ...closed, description: 'Needed once: makes the payer a customer of the gateway.' },
      ),
    ),
  },
  closed,
);

export function methodRoutes(deps: MethodDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/v1/payment-methods',
      {
        schema: {
          tags,
          summary: "Take over the payer's saved methods from the gateway; repeating it changes nothing",
          body: Enrolment,
          response: { 200: Methods },
        },
      },
      async ({ body: { payerId, customer } }) => {
        if (customer !== undefined) await enrolPayer(deps, payerId, customer);
        await syncMethods(deps, payerId);
        return { methods: await listMethods(deps, payerId) };
      },
    );
    app.get(
      '/v1/payment-methods',
      {
        schema: {
          tags,
          summary: 'Saved methods of a payer: default, fallback, then by health',
          querystring: Type.Object({ payerId: idSchema('Who pays.') }, closed),
          response: { 200: Methods },
        },
      },
      async ({ query: { payerId } }) => ({ methods: await listMethods(deps, payerId) }),
    );
    app.get(
      '/v1/payment-methods/:methodId',
      { schema: { tags, summary: 'One saved method', params, response: { 200: MethodView } } },
      async ({ params: { methodId } }) => readMethod(deps, methodId),
    );
    app.patch(
      '/v1/payment-methods/:methodId',
      {
        schema: {
          tags,
          summary: 'Make a method the default, the fallback, or neither',
          params,
          body: Type.Object({ role: nullable(Type.Enum(ROLES)) }, closed),
          response: { 200: MethodView },
        },
      },
      async ({ params: { methodId }, body: { role } }) => assignRole(deps, methodId, role),
    );
    app.delete(
      '/v1/payment-methods/:methodId',
      {
        schema: {
          tags,
          summary: 'Forget a method, at the gateway too',
          params,
          response: { 204: Type.Null() },
        },
      },
      async ({ params: { methodId } }, reply) => {
        await removeMethod(deps, methodId);
        return reply.code(204).send(null);
      },
    );
  };
}
