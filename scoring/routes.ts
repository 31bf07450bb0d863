/** The gate over HTTP: decisions, outcomes and the models that it can use. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { AppError } from '../core/errors.js';
import type { ModelRecord, Registry } from '../models/registry.js';
import type { Decide } from './decide.js';
import { findDecision, latestDecisions, LoggedDecision } from './decisions.js';
import { OutcomeAnswer, OutcomeBody } from './outcomes.js';
import type { ReportOutcome } from './outcomes.js';
import { Policy } from './policy-settings.js';
import { policyOfHash } from './policy-store.js';
import { ACTIONS, Answer, DecisionBody, idSchema, KeyHeader, printable } from './request.js';

const ListedModel = Type.Object({
  task: Type.String(),
  version: Type.String(),
  learner: Type.String(),
  trainedAt: Type.String({ format: 'date-time' }),
  inProduction: Type.Boolean(),
  metrics: Type.Record(Type.String(), Type.Number(), { description: 'As measured when it was trained.' }),
  baseline: Type.Record(Type.String(), Type.Number(), { description: 'The same of the naive rule.' }),
});
type ListedModel = Static<typeof ListedModel>;

const PromotionBody = Type.Object(
  {
    task: Type.String({ pattern: '^[a-z][a-z-]{0,39}$', description: 'For instance fraud.' }),
    step: Type.Enum(['propose', 'approve', 'force'], { description: 'Two people, or one who says why.' }),
    actor: idSchema('Who does it; an approval needs another person than the proposal.'),
    reason: printable(300, 'Why; kept in the history.'),
  },
  { additionalProperties: false },
);

const ChallengeBody = Type.Object(
  {
    ...PromotionBody.properties,
    step: Type.Enum(['start', 'stop'], { description: 'One person may do either: it decides nothing.' }),
    actor: idSchema('Who does it.'),
  },
  { additionalProperties: false },
);

const Challenger = Type.Object({
  version: Type.String(),
  actor: Type.String(),
  reason: Type.String(),
  since: Type.String({ format: 'date-time' }),
});

export interface ScoringRoutesDeps {
  readonly pool: Pool;
  readonly decide: Decide;
  readonly reportOutcome: ReportOutcome;
  readonly registry: Pick<
    Registry,
    'list' | 'propose' | 'approve' | 'force' | 'challenge' | 'endChallenge' | 'challenger'
  >;
  /** Told of every answer, with the whole time that the caller waited. */
  readonly onDecided: (answer: Answer, elapsedMs: number) => void;
}

const LIST_LIMIT = 100;

type App = Parameters<FastifyPluginAsyncTypebox>[0];

export function scoringRoutes(deps: ScoringRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    decisionRoutes(app, deps);
    policyRoutes(app, deps);
    outcomeRoutes(app, deps);
    modelRoutes(app, deps);
  };
}

function decisionRoutes(app: App, deps: Pick<ScoringRoutesDeps, 'pool' | 'decide' | 'onDecided'>): void {
  const tags = ['decisions'];

  app.post(
    '/v1/decisions',
    {
      schema: {
        tags,
        summary: 'Decide on a payment',
        headers: KeyHeader,
        body: DecisionBody,
        response: { 200: Answer },
      },
    },
    async (request, reply) => {
      const answer = await deps.decide(request.body, request.headers['idempotency-key'] ?? null);
      deps.onDecided(answer, reply.elapsedTime);
      return answer;
    },
  );

  app.get(
    '/v1/decisions',
    {
      schema: {
        tags,
        summary: 'Latest decisions, newest first',
        querystring: Type.Object(
          {
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIST_LIMIT, default: 20 })),
            action: Type.Optional(Type.Enum(ACTIONS)),
            before: Type.Optional(idSchema('Last decision id of the page before.')),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ decisions: Type.Array(LoggedDecision) }) },
      },
    },
    async (request) => {
      const { limit = 20, action = null, before = null } = request.query;
      return { decisions: await latestDecisions(deps.pool, { limit, action, before }) };
    },
  );

  app.get(
    '/v1/decisions/:decisionId',
    {
      schema: {
        tags,
        summary: 'One decision',
        params: Type.Object({ decisionId: idSchema('As in the answer.') }),
        response: { 200: LoggedDecision },
      },
    },
    async (request) => {
      const decision = await findDecision(deps.pool, request.params.decisionId);
      if (decision === null) throw new AppError('not-found', 'decision-not-found', 'no decision has this id');
      return decision;
    },
  );
}

function policyRoutes(app: App, { pool }: Pick<ScoringRoutesDeps, 'pool'>): void {
  app.get(
    '/v1/policies/:hash',
    {
      schema: {
        tags: ['decisions'],
        summary: 'The policy that a decision was made under',
        params: Type.Object({
          hash: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'As in the decision.' }),
        }),
        response: { 200: Policy },
      },
    },
    async (request) => {
      const policy = await policyOfHash(pool, request.params.hash);
      if (policy === null)
        throw new AppError('not-found', 'policy-not-found', 'no policy with this hash was ever in force');
      return policy;
    },
  );
}

function outcomeRoutes(app: App, { reportOutcome }: Pick<ScoringRoutesDeps, 'reportOutcome'>): void {
  app.post(
    '/v1/outcomes',
    {
      schema: {
        tags: ['outcomes'],
        summary: 'Report what became of a payment',
        headers: KeyHeader,
        body: OutcomeBody,
        response: { 200: OutcomeAnswer },
      },
    },
    (request) => reportOutcome(request.body, request.headers['idempotency-key'] ?? null),
  );
}

function modelRoutes(app: App, { registry }: Pick<ScoringRoutesDeps, 'registry'>): void {
  app.get(
    '/v1/models',
    {
      schema: {
        tags: ['models'],
        summary: 'Registered models, newest first',
        response: { 200: Type.Object({ models: Type.Array(ListedModel) }) },
      },
    },
    async () => ({ models: (await registry.list()).map(toListed) }),
  );
  app.post(
    '/v1/models/:version/promotions',
    {
      schema: {
        tags: ['models'],
        summary:
          'Propose for production, approve what another proposed, or force; repeating it changes nothing',
        params: Type.Object({ version: idSchema('Or its first digits.') }),
        body: PromotionBody,
        response: { 200: ListedModel },
      },
    },
    async ({ params: { version }, body: { task, step, actor, reason } }) =>
      toListed(await registry[step](task, version, { actor, reason })),
  );
  challengeRoutes(app, registry);
}

function challengeRoutes(app: App, registry: ScoringRoutesDeps['registry']): void {
  const tags = ['models'];
  app.post(
    '/v1/models/:version/challenges',
    {
      schema: {
        tags,
        summary: 'Score live payments in shadow beside the model in production, or end it',
        params: Type.Object({ version: idSchema('Or its first digits.') }),
        body: ChallengeBody,
        response: { 200: ListedModel },
      },
    },
    async ({ params: { version }, body: { task, step, ...change } }) =>
      toListed(await registry[step === 'start' ? 'challenge' : 'endChallenge'](task, version, change)),
  );
  app.get(
    '/v1/models/challenger',
    {
      schema: {
        tags,
        summary: 'The model that scores in shadow; null when none does',
        querystring: Type.Object({ task: PromotionBody.properties.task }, { additionalProperties: false }),
        response: { 200: Type.Object({ challenger: Type.Union([Challenger, Type.Null()]) }) },
      },
    },
    async ({ query: { task } }) => {
      const found = await registry.challenger(task);
      if (found === null) return { challenger: null };
      const { version, actor, reason, at } = found;
      return { challenger: { version, actor, reason, since: new Date(at).toISOString() } };
    },
  );
}

function toListed(record: ModelRecord): ListedModel {
  const { task, version, learner, savedAt, production, metrics, baseline } = record;
  const trainedAt = new Date(savedAt).toISOString();
  return { task, version, learner, trainedAt, inProduction: production, metrics, baseline };
}
