/**
 * Who may leave, over HTTP: tonight's list of whom to contact, a payer's own scores with their reasons, what was done about them, and
 * which kinds of treatment are dealt out.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Clock } from '../../core/clock.js';
import { churnList, churnOfPayer, latestEffects, TREATED_DAYS } from '../../models/churn-store.js';
import { idSchema, KeyHeader, nullable } from '../request.js';
import { AssignmentBody, assignedKinds, assignKinds } from './assignment.js';
import {
  recordTreatment,
  Treatment,
  TreatmentBody,
  treatments,
  WithdrawalBody,
  withdrawTreatment,
} from './treatments.js';

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
  listed: Type.Boolean({ description: 'In the top tenth of the night, which is whom treatments are for.' }),
  assignedKind: nullable(
    Type.String({ description: 'How to treat the payer, so that kinds can be compared.' }),
  ),
  segment: nullable(Type.String()),
  treatedAt: nullable(Type.String({ format: 'date-time', description: 'Newest treatment that counts.' })),
  reasons: Type.Array(Type.String()),
  modelVersion: Type.String(),
});

const limit = (most: number, usual: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: usual }));

const Share = Type.Number({ minimum: 0, maximum: 1 });
const Effect = Type.Object({
  prevented: Type.Number({ minimum: 0, maximum: 1, description: 'Share of ends, as ranking uses it.' }),
  assumed: Share,
  measured: nullable(Type.Number({ description: 'By the trial against the hold-out alone.' })),
  standardError: nullable(Type.Number()),
  weight: Type.Number({ minimum: 0, maximum: 1, description: 'Of the measurement; 0 is assumed only.' }),
});
const Effects = Type.Object({ voluntary: Effect, involuntary: Effect });

interface ChurnRoutesDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

type App = Parameters<FastifyPluginAsyncTypebox>[0];

export function churnRoutes(deps: ChurnRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    scoreRoutes(app, deps);
    treatmentRoutes(app, deps);
    assignmentRoutes(app, deps);
  };
}

function scoreRoutes(app: App, { pool, clock }: ChurnRoutesDeps): void {
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
        summary:
          'Whom to contact: the newest night by priority, without the hold-out and who was treated lately',
        querystring: Type.Object({
          limit: limit(MOST_LISTED, 100),
          withTreated: Type.Optional(
            Type.Boolean({
              default: false,
              description: `Also who was treated within ${TREATED_DAYS} days, marked by \`treatedAt\`.`,
            }),
          ),
        }),
        response: {
          200: Type.Object({
            scores: Type.Array(Score),
            effects: nullable(Effects),
          }),
        },
      },
    },
    async ({ query: { limit: most = 100, withTreated = false } }) => ({
      scores: await churnList(pool, { limit: most, withTreated }, clock.now()),
      effects: await latestEffects(pool),
    }),
  );
}

function treatmentRoutes(app: App, deps: ChurnRoutesDeps): void {
  app.post(
    '/v1/churn/treatments',
    {
      schema: {
        tags,
        summary: 'What was done to keep a payer; refused for the hold-out',
        headers: KeyHeader,
        body: TreatmentBody,
        response: { 201: Treatment },
      },
    },
    async ({ body, headers }, reply) =>
      reply.code(201).send(await recordTreatment(deps, body, headers['idempotency-key'] ?? null)),
  );
  app.post(
    '/v1/churn/treatments/:treatmentId/withdrawal',
    {
      schema: {
        tags,
        summary: 'Recorded by mistake: it stays on record and counts no longer',
        headers: KeyHeader,
        params: Type.Object({ treatmentId: idSchema('Of the treatment.') }),
        body: WithdrawalBody,
        response: { 200: Treatment },
      },
    },
    ({ body, params, headers }) =>
      withdrawTreatment(deps, { ...params, ...body }, headers['idempotency-key'] ?? null),
  );
  app.get(
    '/v1/churn/treatments',
    {
      schema: {
        tags,
        summary: 'What was done, newest first',
        querystring: Type.Object(
          {
            payerId: Type.Optional(idSchema('Of one payer.')),
            before: Type.Optional(idSchema('Last treatment of the page before.')),
            limit: limit(MOST_LISTED, 100),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ treatments: Type.Array(Treatment) }) },
      },
    },
    async ({ query: { payerId = null, before = null, limit: most = 100 } }) => ({
      treatments: await treatments(deps.pool, { payerId, before, limit: most }),
    }),
  );
}

const Kinds = Type.Object({ kinds: Type.Array(Type.String()) });

function assignmentRoutes(app: App, deps: ChurnRoutesDeps): void {
  app.put(
    '/v1/churn/assignment',
    {
      schema: {
        tags,
        summary: 'Deal out kinds of treatment among listed payers from the next night on, to compare them',
        headers: KeyHeader,
        body: AssignmentBody,
        response: { 200: Kinds },
      },
    },
    ({ body, headers }) => assignKinds(deps, body, headers['idempotency-key'] ?? null),
  );
  app.get(
    '/v1/churn/assignment',
    { schema: { tags, summary: 'Which kinds are dealt out', response: { 200: Kinds } } },
    async () => ({ kinds: await assignedKinds(deps.pool) }),
  );
}
