/** Who may leave, over HTTP: tonight's list of whom to contact, and a payer's own scores with their reasons. Read only. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import { churnList, churnOfPayer } from '../../models/churn-store.js';
import { idSchema } from '../request.js';

const tags = ['churn'];
const MOST_LISTED = 1000;
/** Nights of a payer's subscriptions. */
const MOST_NIGHTS = 366;

const Probability = Type.Number({ minimum: 0, maximum: 1 });
const Instant = Type.String({ format: 'date-time' });

const Score = Type.Object({
  subscriptionId: Type.String(),
  payerId: Type.String(),
  planId: Type.String(),
  scoredAt: Instant,
  dueAt: Type.String({ format: 'date-time', description: 'When the paid period expires.' }),
  churnProbability: Probability,
  voluntary: Probability,
  involuntary: Probability,
  currency: Type.String(),
  valuePaise: Type.Integer({ description: 'Discounted margin of the renewals to come if the next happens.' }),
  priorityPaise: Type.Integer({ description: 'Value times what a treatment should prevent.' }),
  heldOut: Type.Boolean({ description: 'In the permanent hold-out: leave alone.' }),
  reasons: Type.Array(Type.String()),
  modelVersion: Type.String(),
});

const limit = (most: number, usual: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: usual }));

export function churnRoutes({ pool }: { readonly pool: Pool }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/v1/payers/:payerId/churn',
      {
        schema: {
          tags,
          summary: 'How likely a payer leaves, and why; newest night first',
          params: Type.Object({ payerId: idSchema('Of the payer.') }),
          querystring: Type.Object({ limit: limit(MOST_NIGHTS, 30) }),
          response: { 200: Type.Object({ scores: Type.Array(Score) }) },
        },
      },
      async ({ params, query }) => ({ scores: await churnOfPayer(pool, params.payerId, query.limit ?? 30) }),
    );
    app.get(
      '/v1/reports/churn',
      {
        schema: {
          tags,
          summary: 'Whom to contact: the newest night by priority, without the hold-out',
          querystring: Type.Object({ limit: limit(MOST_LISTED, 100) }),
          response: { 200: Type.Object({ scores: Type.Array(Score) }) },
        },
      },
      async ({ query }) => ({ scores: await churnList(pool, query.limit ?? 100) }),
    );
  };
}
