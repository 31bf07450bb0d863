/** The pages over a real warehouse, with a decision log and a registry of fixed answers. */
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../core/errors.js';
import { FEATURES } from '../../features/definitions.js';
import type { ModelChange, ProductionModel, ReportingDeps } from '../../reporting/deps.js';
import { registerReportingRoutes } from '../../reporting/routes.js';
import type { GateDecision } from '../../reporting/warehouse.js';
import type { Case } from '../../scoring/cases/case.js';
import type { InspectedCase } from '../../scoring/cases/inspect.js';
import type { InspectedDecision } from '../../scoring/decisions.js';
import type { Reason } from '../../scoring/request.js';
import { dunningOverview } from './dunning-overview.js';

export const FEATURE_SET = 'abcdef0123456789';
const PROMOTED_AT = Date.UTC(2026, 2, 1, 4, 30);

export const MODEL: ProductionModel = {
  version: '8d2f6c01b7aa45e2',
  promotedAt: PROMOTED_AT,
  metrics: [
    { name: 'Average precision', value: 0.742, low: 0.701, high: 0.779, baseline: 0.02 },
    { name: 'AUC ROC', value: 0.941, low: 0.92, high: 0.957, baseline: 0.5 },
    { name: 'Recall at 0.5 % false positives', value: 0.71, low: 0.655, high: 0.763, baseline: 0.005 },
    { name: 'Card precision at 100', value: 0.36, low: 0.29, high: 0.43, baseline: 0.02 },
  ],
};

export const MODEL_HISTORY: readonly ModelChange[] = [
  {
    task: 'fraud',
    version: MODEL.version,
    kind: 'force',
    changedAt: PROMOTED_AT,
    actor: 'train',
    reason: 'beats the champion and the baseline on the newest mature week',
    inProduction: true,
  },
  {
    task: 'fraud',
    version: '41b09e77c3d81a6f',
    kind: 'promote',
    changedAt: PROMOTED_AT - 30 * 86_400_000,
    actor: 'train',
    reason: 'first model',
    inProduction: false,
  },
];

/** As the decision log would show it; `sequence` orders them. */
export function inspected(decision: GateDecision, amountPaise: bigint): InspectedDecision {
  const { decisionId, paymentId, fraudProbability } = decision;
  const action = decision.action ?? 'allow';
  return {
    decisionId,
    action,
    paymentId,
    fraudProbability,
    reasons: action === 'allow' ? [] : REASONS,
    modelVersion: MODEL.version,
    featureSetHash: FEATURE_SET,
    decidedAt: new Date(decision.decidedAt).toISOString(),
    latencyMs: 0.8,
    vector: Float32Array.from(FEATURES, (_, index) => (index % 7 === 0 ? Number.NaN : index / 3)),
    payment: {
      paymentId,
      kind: 'payment',
      retryOf: null,
      payerId: 'payer_17',
      counterpartyId: 'school_3',
      instrumentId: null,
      deviceId: null,
      ip: '203.0.113.9',
      method: 'upi',
      category: 'meal-plan',
      country: 'IN',
      latitude: null,
      longitude: null,
      amountPaise,
      currency: 'INR',
      occurredAt: decision.decidedAt,
    },
  };
}

const REASONS: Reason[] = [
  { code: 'feature-device-payers-7d', text: 'Payers seen on the device within 7 days', contribution: 1.84 },
  {
    code: 'feature-amount-ratio-p90',
    text: 'Amount against the 90th percentile of the payer',
    contribution: 0.92,
  },
];

interface Site extends Partial<
  Omit<ReportingDeps, 'warehousePath' | 'latestDecisions' | 'decision' | 'cases' | 'case'>
> {
  readonly warehousePath: string;
  /** Newest first. */
  readonly decisions?: readonly InspectedDecision[];
  /** Newest first. */
  readonly cases?: readonly InspectedCase[];
}

/** Of a decision, taken by somebody and discussed. */
export function inspectedCase(decision: InspectedDecision, fields: Partial<Case> = {}): InspectedCase {
  const { decisionId, paymentId, decidedAt, action, fraudProbability, payment } = decision;
  const openedAt = Date.parse(decidedAt);
  const nothing = { assignee: null, verdict: null, note: null };
  return {
    caseId: decisionId.replace('dec_', 'case_'),
    decisionId,
    paymentId,
    status: 'assigned',
    assignee: 'ravi',
    verdict: null,
    openedAt,
    changedAt: openedAt + 60_000,
    decision,
    steps: [
      { ...nothing, event: 'assign', actor: 'asha', assignee: 'ravi', at: openedAt + 30_000 },
      { ...nothing, event: 'note', actor: 'ravi', note: '<b>called</b> the payer', at: openedAt + 60_000 },
    ],
    payerPayments: [{ decisionId, payment, decidedAt, action, fraudProbability, outcomes: ['captured'] }],
    ...fields,
  };
}

/** Errors are answered as their code; every answer has the strictest content security policy. */
export function reportingSite({ decisions = [], cases = [], ...given }: Site): FastifyInstance {
  const app: FastifyInstance = Fastify();
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.setErrorHandler((error, _request, reply) => {
    const status =
      error instanceof AppError ? { 'not-found': 404, unavailable: 503 }[error.kind as string] : undefined;
    return reply
      .code(status ?? 400)
      .send({ code: error instanceof AppError ? error.code : 'invalid-request' });
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', "default-src 'self'; base-uri 'none'; object-src 'none'");
  });
  registerReportingRoutes(app, {
    featureSetHash: FEATURE_SET,
    productionModel: () => Promise.resolve(MODEL),
    modelHistory: () => Promise.resolve(MODEL_HISTORY),
    challenge: () => Promise.resolve(null),
    latestComparison: () => Promise.resolve(null),
    guardrails: () => Promise.resolve(null),
    latestWatch: () => Promise.resolve(null),
    latestForecast: () => Promise.resolve(null),
    dunning: () => Promise.resolve(dunningOverview()),
    watchedDays: () => Promise.resolve([]),
    subscriptions: () => Promise.resolve(null),
    churn: () => Promise.resolve(null),
    churnUplift: () => Promise.resolve(null),
    reconciliation: () => Promise.resolve({ days: [], waiting: [], cases: [], today: '2026-01-31' }),
    latestDecisions: ({ limit, action, before }) => {
      const start = before === null ? 0 : decisions.findIndex(({ decisionId }) => decisionId === before) + 1;
      const matching = decisions
        .slice(start)
        .filter((decision) => action === null || decision.action === action);
      return Promise.resolve(matching.slice(0, limit));
    },
    cases: ({ limit, status, before }) => {
      const start = before === null ? 0 : cases.findIndex(({ caseId }) => caseId === before) + 1;
      const matching = cases.slice(start).filter((found) => status === null || found.status === status);
      return Promise.resolve(matching.slice(0, limit));
    },
    case: (id) => Promise.resolve(cases.find(({ caseId }) => caseId === id) ?? null),
    decision: (id) => Promise.resolve(decisions.find(({ decisionId }) => decisionId === id) ?? null),
    ...given,
  });
  return app;
}
