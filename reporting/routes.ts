/**
 * The dashboard's pages, its static files and the JSON reports. Pages need nothing that a content
 * security policy of `default-src 'self'` forbids. Amounts in JSON are integers in minor units.
 */
// Adds `hide` to route schemas: pages are not part of the API's description.
import type {} from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Type from 'typebox';
import { AppError } from '../core/errors.js';
import { CASE_STATUSES } from '../scoring/cases/case.js';
import { ACTIONS } from '../scoring/request.js';
import { findAsset } from './assets.js';
import { registerChurn } from './churn/routes.js';
import { ComparisonReport } from './comparison-report.js';
import { DailyReport, readDaily, readSummary, SummaryReport } from './daily-report.js';
import type { ReportingDeps } from './deps.js';
import { ForecastReport } from './forecast-report.js';
import { readOverview } from './overview.js';
import { casePage } from './pages/case.js';
import { casesPage } from './pages/cases.js';
import { decisionPage } from './pages/decision.js';
import { comparisonPage } from './pages/comparison.js';
import { decisionsPage } from './pages/decisions.js';
import { dunningPage } from './pages/dunning.js';
import { forecastPage } from './pages/forecast.js';
import { missingPage } from './pages/layout.js';
import { modelsPage } from './pages/models.js';
import { overviewPage } from './pages/overview.js';
import { rulesOnly } from './pages/parts.js';
import { paymentsPage } from './pages/payments.js';
import { subscriptionsPage } from './pages/subscriptions.js';
import { SubscriptionReport } from './subscription-report.js';
import { reconciliationPage } from './pages/reconciliation.js';
import { watchPage } from './pages/watch.js';
import { PaymentsReport, readPayments } from './payment-report.js';
import { readPaymentsOverview } from './payments-overview.js';
import { DEFAULT_PERIOD, PERIOD_CHOICES } from './period.js';
import { readCoverage } from './queries.js';
import { openWarehouseReader } from './reader.js';
import type { WarehouseReader } from './reader.js';
import { DriftReport } from './watch-report.js';

const NO_DECISION = { what: 'decision', section: '/decisions', all: 'All decisions' } as const;
const NO_CASE = { what: 'case', section: '/cases', all: 'All cases' } as const;
const PAGE_ROWS = 50;
const LATEST_ROWS = 8;
const CURRENCY = Type.String({
  pattern: '^[A-Z]{3}$',
  description: 'ISO 4217; the most used one if absent.',
});
const DAY = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}$',
  description: 'A day in IST, for instance 2026-01-31.',
});

export function registerReportingRoutes(app: FastifyInstance, deps: ReportingDeps): void {
  const reader = openWarehouseReader(deps.warehousePath);
  app.addHook('onClose', () => {
    reader.close();
  });
  registerAssets(app);
  registerOverview(app, deps, reader);
  registerDecisions(app, deps, reader);
  registerCases(app, deps);
  registerModels(app, deps, reader);
  registerWatch(app, deps);
  registerSubscriptions(app, deps);
  registerChurn(app, deps);
  registerReconciliation(app, deps);
  registerForecast(app, deps);
  app.get('/dunning', { schema: { hide: true } }, async (_request, reply) =>
    sendPage(reply, dunningPage(await deps.dunning())),
  );
  registerReports(app, reader);
}

function registerAssets(app: FastifyInstance): void {
  typed(app).get(
    '/assets/:name',
    { schema: { hide: true, params: Type.Object({ name: Type.String({ maxLength: 40 }) }) } },
    async (request, reply) => {
      const asset = findAsset(request.params.name);
      if (asset === null)
        throw new AppError('not-found', 'no-such-asset', `there is no asset ${request.params.name}`);
      return reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .type(asset.contentType)
        .send(asset.body);
    },
  );
}

const OverviewQuerystring = Type.Object({
  days: Type.Optional(Type.Enum(PERIOD_CHOICES)),
  currency: Type.Optional(CURRENCY),
});

function registerOverview(app: FastifyInstance, deps: ReportingDeps, reader: WarehouseReader): void {
  typed(app).get(
    '/',
    { schema: { hide: true, querystring: OverviewQuerystring } },
    async (request, reply) => {
      const query = { choice: request.query.days ?? DEFAULT_PERIOD, currency: request.query.currency };
      const [overview, decisions, model] = await Promise.all([
        reader.read((db) => readOverview(db, query)),
        deps.latestDecisions({ limit: LATEST_ROWS, action: null, before: null }),
        deps.productionModel(),
      ]);
      return sendPage(reply, overviewPage({ overview, decisions, model }));
    },
  );
  typed(app).get(
    '/payments',
    { schema: { hide: true, querystring: OverviewQuerystring } },
    async (request, reply) => {
      const query = { choice: request.query.days ?? DEFAULT_PERIOD, currency: request.query.currency };
      return sendPage(reply, paymentsPage(await reader.read((db) => readPaymentsOverview(db, query))));
    },
  );
}

const DecisionsQuerystring = Type.Object({
  action: Type.Optional(Type.Enum(ACTIONS)),
  before: Type.Optional(Type.String({ maxLength: 80 })),
});

function registerDecisions(app: FastifyInstance, deps: ReportingDeps, reader: WarehouseReader): void {
  typed(app).get(
    '/decisions',
    { schema: { hide: true, querystring: DecisionsQuerystring } },
    async (request, reply) => {
      const action = request.query.action ?? null;
      const query = { limit: PAGE_ROWS + 1, action, before: request.query.before ?? null };
      const [found, model, coverage] = await Promise.all([
        deps.latestDecisions(query),
        deps.productionModel(),
        reader.read(readCoverage),
      ]);
      const decisions = found.slice(0, PAGE_ROWS);
      const before = found.length > PAGE_ROWS ? (decisions.at(-1)?.decisionId ?? null) : null;
      const missing = rulesOnly(model !== null, coverage);
      return sendPage(reply, decisionsPage({ action, decisions, before, rulesOnly: missing }));
    },
  );
  typed(app).get(
    '/decisions/:id',
    { schema: { hide: true, params: Type.Object({ id: Type.String({ maxLength: 80 }) }) } },
    async (request, reply) => {
      const decision = await deps.decision(request.params.id);
      if (decision === null) return sendPage(reply.code(404), missingPage(NO_DECISION));
      return sendPage(reply, decisionPage(decision, deps.featureSetHash));
    },
  );
}

const CasesQuerystring = Type.Object({
  status: Type.Optional(Type.Enum(CASE_STATUSES)),
  before: Type.Optional(Type.String({ maxLength: 80 })),
});

function registerCases(app: FastifyInstance, deps: ReportingDeps): void {
  typed(app).get(
    '/cases',
    { schema: { hide: true, querystring: CasesQuerystring } },
    async (request, reply) => {
      const { status = null, before = null } = request.query;
      const found = await deps.cases({ status, assignee: null, before, limit: PAGE_ROWS + 1 });
      const cases = found.slice(0, PAGE_ROWS);
      const next = found.length > PAGE_ROWS ? (cases.at(-1)?.caseId ?? null) : null;
      return sendPage(reply, casesPage({ status, cases, before: next }));
    },
  );
  typed(app).get(
    '/cases/:id',
    { schema: { hide: true, params: Type.Object({ id: Type.String({ maxLength: 80 }) }) } },
    async (request, reply) => {
      const found = await deps.case(request.params.id);
      if (found === null) return sendPage(reply.code(404), missingPage(NO_CASE));
      return sendPage(reply, casePage(found));
    },
  );
}

function registerModels(app: FastifyInstance, deps: ReportingDeps, reader: WarehouseReader): void {
  app.get('/models', { schema: { hide: true } }, async (_request, reply) => {
    const [model, changes, coverage, challenge, guardrails] = await Promise.all([
      deps.productionModel(),
      deps.modelHistory(),
      reader.read(readCoverage),
      deps.challenge(),
      deps.guardrails(),
    ]);
    return sendPage(reply, modelsPage({ model, changes, coverage, challenge, guardrails }));
  });
  app.get('/models/comparison', { schema: { hide: true } }, async (_request, reply) =>
    sendPage(reply, comparisonPage(await deps.latestComparison())),
  );
  const summary = 'Champion and challenger on the live payments that both scored';
  typed(app).get(
    '/v1/reports/challenger',
    { schema: { tags: ['reports'], summary, response: { 200: ComparisonReport } } },
    async () => {
      const report = await deps.latestComparison();
      if (report !== null) return report;
      const remedy = 'name a challenger, then run `hasivu jobs run compare-models`';
      throw new AppError('unavailable', 'not-compared-yet', `nothing has been compared yet: ${remedy}`);
    },
  );
}

function registerWatch(app: FastifyInstance, deps: ReportingDeps): void {
  app.get('/watch', { schema: { hide: true } }, async (_request, reply) => {
    const [report, days] = await Promise.all([deps.latestWatch(), deps.watchedDays()]);
    return sendPage(reply, watchPage({ report, days }));
  });
  const summary = 'How far the served features are from those that trained, and what labels say';
  typed(app).get(
    '/v1/reports/drift',
    { schema: { tags: ['reports'], summary, response: { 200: DriftReport } } },
    async () => {
      const report = await deps.latestWatch();
      if (report !== null) return report;
      throw new AppError(
        'unavailable',
        'not-watched-yet',
        'nothing has been watched yet: run `hasivu jobs run watch`',
      );
    },
  );
}

function registerSubscriptions(app: FastifyInstance, deps: ReportingDeps): void {
  const querystring = Type.Object({ currency: Type.Optional(CURRENCY) });
  typed(app).get(
    '/subscriptions',
    { schema: { hide: true, querystring } },
    async ({ query: { currency = null } }, reply) =>
      sendPage(reply, subscriptionsPage(await deps.subscriptions(currency))),
  );
  const summary = 'Monthly recurring revenue, churn, cohorts and lifetime value of subscriptions';
  typed(app).get(
    '/v1/reports/subscriptions',
    { schema: { tags: ['reports'], summary, querystring, response: { 200: SubscriptionReport } } },
    async ({ query: { currency = null } }) => {
      const report = await deps.subscriptions(currency);
      if (report !== null) return report;
      const message = 'nothing was reported of subscriptions yet: run `hasivu jobs run report-subscriptions`';
      throw new AppError('unavailable', 'no-subscription-report', message);
    },
  );
}

function registerReconciliation(app: FastifyInstance, deps: ReportingDeps): void {
  app.get('/reconciliation', { schema: { hide: true } }, async (_request, reply) =>
    sendPage(reply, reconciliationPage(await deps.reconciliation())),
  );
}

function registerForecast(app: FastifyInstance, deps: ReportingDeps): void {
  app.get('/forecast', { schema: { hide: true } }, async (_request, reply) =>
    sendPage(reply, forecastPage(await deps.latestForecast())),
  );
  const summary =
    'Revenue of the next thirteen weeks and of the open quarter, and what past forecasts became';
  typed(app).get(
    '/v1/reports/forecast',
    { schema: { tags: ['reports'], summary, response: { 200: ForecastReport } } },
    async () => {
      const report = await deps.latestForecast();
      if (report !== null) return report;
      const remedy = 'run `hasivu jobs run forecast-revenue`; 26 weeks of revenue are the least';
      throw new AppError('unavailable', 'not-forecast-yet', `nothing has been forecast yet: ${remedy}`);
    },
  );
}

const ReportQuerystring = Type.Object({
  from: Type.Optional(DAY),
  to: Type.Optional(DAY),
  currency: Type.Optional(CURRENCY),
});

function registerReports(app: FastifyInstance, reader: WarehouseReader): void {
  const tags = ['reports'];
  typed(app).get(
    '/v1/reports/daily',
    {
      schema: {
        tags,
        summary: 'Payments, revenue and refunds per day',
        querystring: ReportQuerystring,
        response: { 200: DailyReport },
      },
    },
    async (request) => built(await reader.read((db) => readDaily(db, request.query))),
  );
  typed(app).get(
    '/v1/reports/summary',
    {
      schema: {
        tags,
        summary: 'Totals of a period',
        querystring: ReportQuerystring,
        response: { 200: SummaryReport },
      },
    },
    async (request) => built(await reader.read((db) => readSummary(db, request.query))),
  );
  typed(app).get(
    '/v1/reports/payments',
    {
      schema: {
        tags,
        summary: 'What succeeded and failed, why, what retries won back, and what it cost',
        querystring: ReportQuerystring,
        response: { 200: PaymentsReport },
      },
    },
    async (request) => built(await reader.read((db) => readPayments(db, request.query))),
  );
}

function built<T>(report: T | null): T {
  if (report !== null) return report;
  throw new AppError(
    'unavailable',
    'warehouse-not-built',
    'the warehouse is not built yet: run `hasivu report`',
  );
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(page);
}

function typed(app: FastifyInstance) {
  return app.withTypeProvider<TypeBoxTypeProvider>();
}
