/** What the billing run has set aside, over HTTP. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { nullable } from '../../scoring/request.js';
import { listParked, unpark } from './failures.js';

interface BillingRunRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

const tags = ['billing'];
const LIST_LIMIT = 200;

export function billingRunRoutes({ pool, clock }: BillingRunRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/billing/parked',
      {
        schema: {
          tags,
          summary: 'Subscriptions whose turn of the billing run failed again and again, and why',
          response: {
            200: Type.Object({
              parked: Type.Array(
                Type.Object({
                  subscriptionId: Type.String(),
                  payerId: Type.String(),
                  reason: Type.String(),
                  dueAt: nullable(Type.String({ format: 'date-time' })),
                }),
              ),
            }),
          },
        },
      },
      async () => {
        const parked = await listParked(pool, LIST_LIMIT);
        return {
          parked: parked.map(({ dueAt, ...one }) => ({
            ...one,
            dueAt: dueAt === null ? null : new Date(dueAt).toISOString(),
          })),
        };
      },
    );
    app.post(
      '/v1/billing/parked/:subscriptionId/resume',
      {
        schema: {
          tags,
          summary: 'Let it be billed again, with all that it has missed; repeating it changes nothing',
          params: Type.Object({ subscriptionId: Type.String({ maxLength: 64 }) }),
          response: { 200: Type.Object({ subscriptionId: Type.String() }) },
        },
      },
      async ({ params: { subscriptionId } }) => {
        await unpark(pool, subscriptionId, clock.now());
        return { subscriptionId };
      },
    );
  };
}
