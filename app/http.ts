/**
 * The HTTP server, in reading order: limits, errors, headers, who may call, description, health, routes. Denies by
 * default: whatever is registered here needs a key when keys are configured, except `/healthz`, the webhooks, which are
 * signed, and the page on which a payer pays. Closing it waits for open requests and makes everything that waits durable.
 */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifyPluginAsyncTypebox as Router } from '@fastify/type-provider-typebox';
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import Type from 'typebox';
import type { Config } from '../core/config.js';
import type { Clock } from '../core/clock.js';
import { errorStack, errorText } from '../core/error-text.js';
import { newId } from '../core/ids.js';
import type { Log } from '../core/log.js';
import type { Gateway } from '../core/ports/gateway.js';
import { invoiceRoutes } from '../billing/invoices/routes.js';
import { billingRunRoutes } from '../billing/run/routes.js';
import { catalogueRoutes } from '../billing/catalogue/routes.js';
import { checkoutRoutes, PAY_PATH } from '../billing/checkout/routes.js';
import { PAY_SCRIPT_PATH } from '../billing/checkout/page.js';
import { beginInstalments } from '../billing/instalments/from-offer.js';
import { instalmentRoutes } from '../billing/instalments/routes.js';
import { debitRoutes } from '../billing/debits/routes.js';
import { mandateRoutes } from '../billing/mandates/routes.js';
import { dunningRoutes } from '../billing/dunning/routes.js';
import { methodRoutes } from '../billing/methods/routes.js';
import { endpointRoutes } from '../billing/notices/endpoints/routes.js';
import { noticeBacklog } from '../billing/notices/deliver-notices.js';
import { noticeRoutes } from '../billing/notices/routes.js';
import { paymentRoutes } from '../billing/payments/routes.js';
import { subscriptionRoutes } from '../billing/subscriptions/routes.js';
import { readBacklog } from '../ingest/webhooks/inbox.js';
import { WEBHOOK_PATH, webhookRoutes } from '../ingest/webhooks/routes.js';
import { waitingByReason } from '../billing/reconciliation/report.js';
import { reconciliationRoutes } from '../billing/reconciliation/routes.js';
import { retryRoutes } from '../billing/retry/routes.js';
import type { ReportingDeps } from '../reporting/deps.js';
import { registerReportingRoutes } from '../reporting/routes.js';
import { automaticRollbacks, latestCheck } from '../reporting/guardrail-store.js';
import { forecastAccuracy } from '../reporting/forecast-store.js';
import { watchHeadline } from '../reporting/watch-store.js';
import type { CaseAdmin } from '../scoring/cases/admin.js';
import { caseRoutes } from '../scoring/cases/routes.js';
import { waitingCases } from '../scoring/cases/store.js';
import type { Decide } from '../scoring/decide.js';
import type { ListAdmin } from '../scoring/lists/admin.js';
import { churnRoutes } from '../scoring/churn/routes.js';
import { listRoutes } from '../scoring/lists/routes.js';
import type { LiveLog } from '../scoring/live-log.js';
import type { LiveRules } from '../scoring/live-rules.js';
import type { Safeguards } from '../scoring/safeguards.js';
import type { Shadow } from '../scoring/shadow.js';
import type { ReportOutcome } from '../scoring/outcomes.js';
import { replayRoutes } from '../scoring/replay/routes.js';
import type { ReplayDecision } from '../scoring/replay/routes.js';
import { scoringRoutes } from '../scoring/routes.js';
import type { ScoringRoutesDeps } from '../scoring/routes.js';
import type { RuleAdmin } from '../scoring/rules/admin.js';
import { ruleRoutes } from '../scoring/rules/routes.js';
import { createKeyCheck, requireSafeHost } from './api-keys.js';
import { answerClientError } from './client-error.js';
import type { GatewayCalls } from './gateway-metrics.js';
import { LISTED_JOBS } from './jobs.js';
import { createMetrics } from './metrics.js';
import type { Metrics } from './metrics.js';
import { Problem, PROBLEM_TYPE, toFailure, toProblem } from './problem.js';
import type { Failure } from './problem.js';
import { jobRoutes } from './schedule/routes.js';
import { jobTotals } from './schedule/store.js';
import type { Webhooks } from './webhooks.js';

export interface HttpDeps {
  readonly config: Pick<Config, 'host' | 'apiKeys'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly pool: Pool;
  /** Closed with the server. */
  readonly liveLog: LiveLog;
  readonly decide: Decide;
  readonly reportOutcome: ReportOutcome;
  /** Null: payments cannot be asked for here. */
  readonly gateway: Gateway | null;
  readonly gatewayCalls: GatewayCalls;
  /** Stores all that it let in before the server is closed. */
  readonly webhooks: Omit<Webhooks, 'drain'>;
  readonly safeguards: Pick<Safeguards, 'admission' | 'breaker'>;
  readonly shadow: Pick<Shadow, 'tally'>;
  readonly caseAdmin: CaseAdmin;
  readonly replay: ReplayDecision;
  readonly rules: LiveRules;
  readonly ruleAdmin: RuleAdmin;
  readonly listAdmin: ListAdmin;
  readonly registry: ScoringRoutesDeps['registry'];
  readonly reporting: ReportingDeps;
}

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** Ready to listen or to inject into. @throws AppError `bad-input` for a host that others reach without keys. */
export async function buildHttp(deps: HttpDeps): Promise<FastifyInstance> {
  requireSafeHost(deps.config.host, deps.config.apiKeys);
  const loggerInstance: FastifyBaseLogger = deps.log;
  const app: FastifyInstance = Fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true }),
    // A child for each request would be redacted and written out whether it says something or not: lines name their request.
    childLoggerFactory: (logger) => logger,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => newId('req', deps.clock),
    clientErrorHandler: answerClientError,
  });
  const { admission, breaker } = deps.safeguards;
  const isBlockCapOpen = (): boolean => breaker.isOpen(deps.clock.now());
  const metrics = createMetrics({
    fold: () => deps.liveLog.fold(),
    waitingCases: () => waitingCases(deps.pool),
    inFlight: admission.inFlight,
    isBlockCapOpen,
    watchHeadline: () => watchHeadline(deps.pool),
    forecastAccuracy: () => forecastAccuracy(deps.pool),
    shadow: deps.shadow,
    guardrails: () => latestCheck(deps.pool),
    automaticRollbacks: () => automaticRollbacks(deps.pool),
    webhooks: deps.webhooks.tally,
    webhookBacklog: () => readBacklog(deps.pool),
    jobTotals: () => jobTotals(deps.pool),
    noticeBacklog: () => noticeBacklog(deps.pool),
    openExceptions: () => waitingByReason(deps.pool),
    gatewayCalls: deps.gatewayCalls,
    clock: deps.clock,
  });
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  registerErrors(app, deps.log, metrics);
  registerHeaders(app);
  registerAccess(app, deps.config.apiKeys);
  await registerDescription(app);
  registerHealth(app, deps, { metrics, isBlockCapOpen });
  const routers: Record<string, Router> = {
    scoring: scoringRoutes({
      ...deps,
      onDecided: (answer, elapsedMs) => metrics.decided(answer, elapsedMs),
    }),
    webhooks: webhookRoutes({ ...deps, ...deps.webhooks }),
    ...paymentRouters(deps, metrics),
    catalogue: catalogueRoutes(deps),
    subscriptions: subscriptionRoutes(deps),
    reconciliation: reconciliationRoutes(deps),
    retries: retryRoutes(deps),
    invoices: invoiceRoutes(deps),
    billingRuns: billingRunRoutes(deps),
    dunning: dunningRoutes({ ...deps, beginInstalments }),
    replays: replayRoutes(deps),
    rules: ruleRoutes(deps),
    lists: listRoutes(deps),
    churn: churnRoutes(deps),
    cases: caseRoutes(deps),
    notices: noticeRoutes(deps),
    endpoints: endpointRoutes(deps),
    jobs: jobRoutes({ pool: deps.pool, jobs: LISTED_JOBS }),
  };
  for (const [name, router] of Object.entries(routers)) await app.register(withName(name, router));
  registerReportingRoutes(app, deps.reporting);
  app.addHook('onClose', () => deps.webhooks.inbox.idle());
  app.addHook('onClose', () => deps.liveLog.close());
  await app.ready();
  return app;
}

/** Of whoever takes payments; their decisions are counted like all others. */
function paymentRouters(deps: HttpDeps, metrics: Metrics): Record<string, Router> {
  const { gateway } = deps;
  if (gateway === null) return {};
  const decide: Decide = async (body, key) => {
    const startedAt = performance.now();
    const answer = await deps.decide(body, key);
    metrics.decided(answer, performance.now() - startedAt);
    return answer;
  };
  return {
    payments: paymentRoutes({ ...deps, gateway, decide }),
    instalments: instalmentRoutes({ ...deps, gateway, decide }),
    checkout: checkoutRoutes({ ...deps, gateway }),
    methods: methodRoutes({ ...deps, gateway }),
    mandates: mandateRoutes({ ...deps, gateway, decide }),
    debits: debitRoutes(deps),
  };
}

/** Fastify's errors then say whose routes they are about, and it need not look for a name among all loaded modules. */
function withName(name: string, router: Router): Router {
  return Object.assign(router, { [Symbol.for('fastify.display-name')]: name });
}

function registerErrors(app: FastifyInstance, log: Log, metrics: Metrics): void {
  const methodsOf = collectRoutes(app);
  const send = (request: FastifyRequest, reply: FastifyReply, failure: Failure): FastifyReply => {
    metrics.failed(failure.status, failure.code);
    if (failure.retryAfterSeconds !== undefined) reply.header('retry-after', failure.retryAfterSeconds);
    return reply
      .code(failure.status)
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(toProblem(failure, request.id)));
  };

  app.setErrorHandler((error, request, reply) => {
    const failure = toFailure(error);
    const requestId = request.id;
    if (failure.status === 500) log.error({ event: 'request-failed', requestId, error: describe(error) });
    if (failure.status === 503)
      log.warn({ event: 'request-refused', requestId, code: failure.code, cause: causeOf(error) });
    if (failure.code === 'api-key-required') reply.header('www-authenticate', 'Bearer, Basic realm="hasivu"');
    return send(request, reply, failure);
  });

  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(request.url.split('?', 1)[0] ?? '');
    if (allowed.length === 0) {
      return send(request, reply, {
        status: 404,
        code: 'route-not-found',
        detail: 'there is nothing at this address',
      });
    }
    reply.header('allow', allowed.join(', '));
    const detail = `this address takes ${allowed.join(', ')}`;
    return send(request, reply, { status: 405, code: 'method-not-allowed', detail });
  });

  app.addHook('onResponse', (request, reply, done) => {
    if (log.isLevelEnabled('debug'))
      log.debug({
        event: 'request',
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        elapsedMs: reply.elapsedTime,
      });
    done();
  });
}

/** Only what never holds a caller's values: PostgreSQL's `detail` and `where` quote rows, its messages malformed values. */
function describe(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { message: errorText(error) };
  return {
    type: error.name,
    message: errorText(error),
    code: 'code' in error ? error.code : undefined,
    stack: errorStack(error),
  };
}

function causeOf(error: unknown): string | null {
  return error instanceof Error && error.cause instanceof Error ? errorText(error.cause) : null;
}

/** Answers the methods that a path takes, so that a wrong method is told from a wrong address. */
function collectRoutes(app: FastifyInstance): (path: string) => string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replace(/[.]/g, '\\.').replace(/:\w+/g, '[^/]+')}$`);
    routes.push({ pattern, methods: [method].flat() });
  });
  return (path) => {
    const matching = routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
    return [...new Set(matching)].sort();
  };
}

/** For pages made here: our own files and nothing inline (MDN, "Content Security Policy"). Set first: a route may set its own. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

function registerHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(HEADERS);
    done();
  });
}

const OPEN_ROUTES: ReadonlySet<string | undefined> = new Set([
  '/healthz',
  WEBHOOK_PATH,
  PAY_PATH,
  PAY_SCRIPT_PATH,
]);

function registerAccess(app: FastifyInstance, apiKeys: readonly string[]): void {
  const check = createKeyCheck(apiKeys);
  app.addHook('onRequest', (request, _reply, done) => {
    if (!OPEN_ROUTES.has(request.routeOptions.url)) {
      const apiKey = request.headers['x-api-key'];
      check({
        hostname: request.hostname,
        authorization: request.headers.authorization,
        apiKey: Array.isArray(apiKey) ? apiKey[0] : apiKey,
      });
    }
    done();
  });
}

/** Swagger UI styles its elements inline; its scripts are files. */
const DOCS_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'";

async function registerDescription(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'HASIVU Payment Intelligence', version: '1' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
    transform: ({ schema, url }) => ({ schema: withProblems(schema), url }),
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY });
}

/** Every described route may answer a problem document. */
function withProblems<S extends { response?: unknown; hide?: boolean }>(schema: S | undefined): S {
  if (schema === undefined) return { hide: true } as S;
  const response = { ...(schema.response ?? {}), '4xx': Problem, '5xx': Problem };
  return { ...schema, response };
}

const READY_TIMEOUT_MS = 2000;

interface Watched {
  readonly metrics: Metrics;
  readonly isBlockCapOpen: () => boolean;
}

function registerHealth(app: FastifyInstance, deps: HttpDeps, { metrics, isBlockCapOpen }: Watched): void {
  const tags = ['health'];
  const Alive = Type.Object({ status: Type.Literal('ok') });
  app.get('/healthz', { schema: { tags, summary: 'Is it alive?', response: { 200: Alive } } }, async () => ({
    status: 'ok',
  }));

  const Ready = Type.Object({
    ready: Type.Boolean(),
    liveState: Type.Boolean(),
    postgres: Type.Boolean(),
    blockCapOpen: Type.Boolean({
      description: 'Blocks of rules and model are held back as reviews: look at them.',
    }),
  });
  app.get(
    '/readyz',
    { schema: { tags, summary: 'Can it decide?', response: { 200: Ready, 503: Ready } } },
    async (_request, reply) => {
      const liveState = deps.liveLog.isReady();
      const postgres = await isReachable(deps.pool);
      const ready = liveState && postgres;
      return reply
        .code(ready ? 200 : 503)
        .send({ ready, liveState, postgres, blockCapOpen: isBlockCapOpen() });
    },
  );

  app.get(
    '/metrics',
    { schema: { tags, summary: 'For Prometheus', produces: ['text/plain'] } },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  );
}

async function isReachable(pool: Pool): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), READY_TIMEOUT_MS);
  });
  const query = pool.query('SELECT 1').then(
    () => true,
    () => false,
  );
  const reachable = await Promise.race([query, timeout]);
  clearTimeout(timer);
  return reachable;
}
