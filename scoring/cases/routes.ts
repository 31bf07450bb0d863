/** The review queue over HTTP: what waits, one case with its evidence, and what people do with it. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Static } from 'typebox';
import { LoggedDecision } from '../decisions.js';
import type { PayerPayment } from '../decisions.js';
import { ACTIONS, idSchema, KeyHeader, nullable } from '../request.js';
import { Assignment, Closing, NewCase, Note } from './admin.js';
import type { CaseAdmin } from './admin.js';
import { CASE_EVENTS, CASE_STATUSES, VERDICTS } from './case.js';
import type { Case, CaseStep } from './case.js';
import { inspectCase } from './inspect.js';
import { findCases, requireCase } from './store.js';

export interface CaseRoutesDeps {
  readonly pool: Pool;
  readonly caseAdmin: CaseAdmin;
}

const tags = ['cases'];
const LIST_LIMIT = 100;
const instant = Type.String({ format: 'date-time' });
const closed = { additionalProperties: false } as const;

const ShownCase = Type.Object({
  caseId: Type.String(),
  decisionId: Type.String(),
  paymentId: Type.String(),
  status: Type.Enum(CASE_STATUSES),
  assignee: nullable(Type.String()),
  verdict: nullable(Type.Enum(VERDICTS)),
  openedAt: instant,
  changedAt: instant,
});

const ShownStep = Type.Object({
  event: Type.Enum(CASE_EVENTS),
  actor: Type.String(),
  assignee: nullable(Type.String()),
  verdict: nullable(Type.Enum(VERDICTS)),
  note: nullable(Type.String()),
  at: instant,
});

const ShownPayment = Type.Object({
  decisionId: Type.String(),
  paymentId: Type.String(),
  decidedAt: instant,
  action: Type.Enum(ACTIONS),
  fraudProbability: nullable(Type.Number()),
  amountPaise: Type.Integer({ description: 'Minor units of `currency`.' }),
  currency: Type.String(),
  outcomes: Type.Array(Type.String(), { description: 'What was reported of it, in that order.' }),
});

const InspectedCase = Type.Object({
  ...ShownCase.properties,
  decision: LoggedDecision,
  steps: Type.Array(ShownStep, { description: 'What was done, oldest first.' }),
  payerPayments: Type.Array(ShownPayment, { description: 'Of the same payer, newest first.' }),
});

type App = Parameters<FastifyPluginAsyncTypebox>[0];

export function caseRoutes(deps: CaseRoutesDeps): FastifyPluginAsyncTypebox {
  return async (app) => {
    readRoutes(app, deps);
    openRoute(app, deps);
    actRoutes(app, deps);
  };
}

const CaseId = Type.Object({ caseId: idSchema('As in the list.') });

function readRoutes(app: App, { pool }: CaseRoutesDeps): void {
  app.get(
    '/v1/cases',
    {
      schema: {
        tags,
        summary: 'Cases, newest first',
        querystring: Type.Object(
          {
            status: Type.Optional(Type.Enum(CASE_STATUSES)),
            assignee: Type.Optional(idSchema('Only of this person.')),
            before: Type.Optional(idSchema('Last case id of the page before.')),
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIST_LIMIT, default: 20 })),
          },
          closed,
        ),
        response: { 200: Type.Object({ cases: Type.Array(ShownCase) }) },
      },
    },
    async ({ query }) => {
      const { status = null, assignee = null, before = null, limit = 20 } = query;
      return { cases: (await findCases(pool, { status, assignee, before, limit })).map(show) };
    },
  );
  app.get(
    '/v1/cases/:caseId',
    {
      schema: {
        tags,
        summary: 'One case with its decision, what was done and what the payer paid before',
        params: CaseId,
        response: { 200: InspectedCase },
      },
    },
    async ({ params }) => {
      const { decision, steps, payerPayments, ...found } = requireCase(
        await inspectCase(pool, params.caseId),
      );
      return {
        ...show(found),
        decision,
        steps: steps.map(showStep),
        payerPayments: payerPayments.map(showPayment),
      };
    },
  );
}

function openRoute(app: App, { caseAdmin }: CaseRoutesDeps): void {
  app.post(
    '/v1/cases',
    {
      schema: {
        tags,
        summary: 'Open a case for a decision that opened none, for instance a block that is disputed',
        headers: KeyHeader,
        body: NewCase,
        response: { 200: ShownCase },
      },
    },
    async ({ body, headers }) => show(await caseAdmin.open(body, headers['idempotency-key'] ?? null)),
  );
}

function actRoutes(app: App, { caseAdmin }: CaseRoutesDeps): void {
  const schema = { tags, headers: KeyHeader, params: CaseId, response: { 200: ShownCase } };
  app.post(
    '/v1/cases/:caseId/assign',
    { schema: { ...schema, summary: 'Give it to somebody', body: Assignment } },
    async ({ params, body, headers }) =>
      show(await caseAdmin.assign(params.caseId, body, headers['idempotency-key'] ?? null)),
  );
  app.post(
    '/v1/cases/:caseId/notes',
    { schema: { ...schema, summary: 'Add a note', body: Note } },
    async ({ params, body, headers }) =>
      show(await caseAdmin.note(params.caseId, body, headers['idempotency-key'] ?? null)),
  );
  app.post(
    '/v1/cases/:caseId/close',
    { schema: { ...schema, summary: 'Say whether it was fraud: becomes a label', body: Closing } },
    async ({ params, body, headers }) =>
      show(await caseAdmin.close(params.caseId, body, headers['idempotency-key'] ?? null)),
  );
  app.post(
    '/v1/cases/:caseId/reopen',
    { schema: { ...schema, summary: 'Look at it again', body: Note } },
    async ({ params, body, headers }) =>
      show(await caseAdmin.reopen(params.caseId, body, headers['idempotency-key'] ?? null)),
  );
}

function show({ openedAt, changedAt, ...rest }: Case): Static<typeof ShownCase> {
  return { ...rest, openedAt: iso(openedAt), changedAt: iso(changedAt) };
}

function showStep({ at, ...rest }: CaseStep): Static<typeof ShownStep> {
  return { ...rest, at: iso(at) };
}

/** A request's amount is a safe integer. */
function showPayment({ payment, ...rest }: PayerPayment): Static<typeof ShownPayment> {
  const { paymentId, amountPaise, currency } = payment;
  return { ...rest, outcomes: [...rest.outcomes], paymentId, amountPaise: Number(amountPaise), currency };
}

function iso(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
