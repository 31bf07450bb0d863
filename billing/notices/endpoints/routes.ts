/** Outgoing events over HTTP: endpoints, their secrets, and what became of each event. A secret is answered when it is made, and to
 * nobody but the repeat of that request. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../../core/clock.js';
import { idSchema, nullable } from '../../../scoring/request.js';
import { EVENT_TOPICS } from '../topics.js';
import {
  createEndpoint,
  listDeliveries,
  listEndpoints,
  replayDelivery,
  rotateSecret,
  setEndpointStatus,
} from './endpoints.js';

interface EndpointRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

type App = Parameters<FastifyPluginAsyncTypebox>[0];

const tags = ['events'];
const URL_PATH = '/v1/event-endpoints';
const headers = Type.Object({
  'idempotency-key': idSchema('Repeating a request with its key changes nothing more.'),
});
const Endpoint = Type.Object({ endpointId: idSchema('The endpoint.') });
const instant = () => Type.String({ format: 'date-time' });
const MOST = 500;
const LISTED = 50;
const DELIVERY_STATUSES = ['waiting', 'delivered', 'dead'] as const;
const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

export function endpointRoutes(deps: EndpointRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    makeRoutes(app, deps);
    changeRoutes(app, deps);
    deliveryRoutes(app, deps);
  };
}

function makeRoutes(app: App, deps: EndpointRoutesDeps): void {
  app.post(
    URL_PATH,
    {
      schema: {
        tags,
        summary: 'Be told of events',
        description: `Topics: ${EVENT_TOPICS.join(', ')}; or a family such as payment.*`,
        headers,
        body: Type.Object(
          {
            url: Type.String({ pattern: '^https?://[^\\s@]+$', maxLength: 2000 }),
            topics: Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 50 }),
          },
          { additionalProperties: false },
        ),
        response: {
          201: Type.Object({
            endpointId: Type.String(),
            secret: Type.String({ description: 'The key of the signature: no list shows it.' }),
          }),
        },
      },
    },
    async ({ body, headers: { 'idempotency-key': key } }, reply) =>
      reply.code(201).send(await createEndpoint(deps, body, key)),
  );
  app.get(
    URL_PATH,
    {
      schema: {
        tags,
        summary: 'Who is told',
        response: {
          200: Type.Array(
            Type.Object({
              endpointId: Type.String(),
              url: Type.String(),
              topics: Type.Array(Type.String()),
              status: Type.Enum(['active', 'disabled']),
              failures: Type.Integer({ description: 'Since the last success.' }),
              restingUntil: nullable(instant()),
              createdAt: instant(),
            }),
          ),
        },
      },
    },
    async () => {
      const endpoints = await listEndpoints(deps);
      return endpoints.map((one) => ({
        ...one,
        topics: [...one.topics],
        restingUntil: iso(one.restingUntil),
        createdAt: new Date(one.createdAt).toISOString(),
      }));
    },
  );
}

function changeRoutes(app: App, deps: EndpointRoutesDeps): void {
  app.post(
    `${URL_PATH}/:endpointId/rotate`,
    {
      schema: {
        tags,
        summary: 'A new secret; the former one signs too for a day',
        headers,
        params: Endpoint,
        response: { 200: Type.Object({ secret: Type.String() }) },
      },
    },
    async ({ params, headers: { 'idempotency-key': key } }) => ({
      secret: await rotateSecret(deps, params.endpointId, key),
    }),
  );
  for (const [verb, status] of [
    ['disable', 'disabled'],
    ['enable', 'active'],
  ] as const)
    app.post(
      `${URL_PATH}/:endpointId/${verb}`,
      { schema: { tags, summary: `${verb} an endpoint`, params: Endpoint, response: { 204: Type.Null() } } },
      async ({ params }, reply) => {
        await setEndpointStatus(deps, params.endpointId, status);
        return reply.code(204).send(null);
      },
    );
}

function deliveryRoutes(app: App, deps: EndpointRoutesDeps): void {
  app.get(
    `${URL_PATH}/:endpointId/deliveries`,
    {
      schema: {
        tags,
        summary: 'What became of events, newest first',
        params: Endpoint,
        querystring: Type.Object({
          status: Type.Optional(Type.Enum(DELIVERY_STATUSES)),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST, default: LISTED })),
        }),
        response: {
          200: Type.Array(
            Type.Object({
              eventId: Type.String(),
              sequence: Type.String(),
              topic: Type.String(),
              status: Type.Enum(DELIVERY_STATUSES),
              tries: Type.Integer(),
              dueAt: instant(),
              httpStatus: nullable(Type.Integer()),
              reason: nullable(Type.String()),
              deliveredAt: nullable(instant()),
            }),
          ),
        },
      },
    },
    async ({ params, query: { status = null, limit = LISTED } }) => {
      const deliveries = await listDeliveries(deps, { ...params, status, limit });
      return deliveries.map((one) => ({
        ...one,
        dueAt: new Date(one.dueAt).toISOString(),
        deliveredAt: iso(one.deliveredAt),
      }));
    },
  );
  app.post(
    `${URL_PATH}/:endpointId/deliveries/:eventId/replay`,
    {
      schema: {
        tags,
        summary: 'Send an event again',
        params: Type.Object({ ...Endpoint.properties, eventId: idSchema('The event.') }),
        response: { 202: Type.Null() },
      },
    },
    async ({ params }, reply) => {
      await replayDelivery(deps, params);
      return reply.code(202).send(null);
    },
  );
}
