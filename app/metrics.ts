/**
 * What Prometheus reads at `/metrics`: decisions and how long callers waited for them, refused requests, the size of the
 * live state, and the program itself.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../core/clock.js';
import type { Fold } from '../features/fold.js';
import type { Waiting } from '../scoring/cases/store.js';
import type { Answer } from '../scoring/request.js';
import { registerForecastMetrics } from './forecast-metrics.js';
import type { ReadForecastAccuracy } from './forecast-metrics.js';
import { registerGatewayMetrics } from './gateway-metrics.js';
import type { GatewayCalls } from './gateway-metrics.js';
import { registerModelMetrics } from './model-metrics.js';
import type { ModelMetricsDeps } from './model-metrics.js';
import { registerJobMetrics } from './schedule/metrics.js';
import type { JobMetricsDeps } from './schedule/metrics.js';
import { registerReconciliationMetrics } from './reconciliation-metrics.js';
import type { ReconciliationMetricsDeps } from './reconciliation-metrics.js';
import { registerNoticeMetrics } from './notice-metrics.js';
import type { NoticeMetricsDeps } from './notice-metrics.js';
import { registerWatchMetrics } from './watch-metrics.js';
import type { ReadWatchHeadline } from './watch-metrics.js';
import { registerWebhookMetrics } from './webhook-metrics.js';
import type { WebhookMetricsDeps } from './webhook-metrics.js';

export interface Metrics {
  decided(answer: Answer, elapsedMs: number): void;
  failed(status: number, code: string): void;
  text(): Promise<string>;
  readonly contentType: string;
}

/** Finest where the gate is expected to be: a few milliseconds. */
const LATENCY_BUCKETS_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

interface MetricsDeps
  extends ModelMetricsDeps, WebhookMetricsDeps, JobMetricsDeps, ReconciliationMetricsDeps, NoticeMetricsDeps {
  readonly gatewayCalls: GatewayCalls;
  /** The serving fold, or null while there is none. */
  readonly fold: () => Fold | null;
  readonly waitingCases: () => Promise<readonly Waiting[]>;
  readonly inFlight: () => number;
  readonly isBlockCapOpen: () => boolean;
  readonly watchHeadline: ReadWatchHeadline;
  readonly forecastAccuracy: ReadForecastAccuracy;
  readonly clock: Clock;
}

export function createMetrics(deps: MetricsDeps): Metrics {
  const { fold, waitingCases, clock, inFlight, isBlockCapOpen } = deps;
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const decisions = new Counter({
    name: 'decisions_total',
    help: 'Decisions answered, by action.',
    labelNames: ['action'],
    registers,
  });
  const degraded = new Counter({
    name: 'decisions_degraded_total',
    help: 'Decisions answered without a fraud model, or with blocks held back, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const latency = new Histogram({
    name: 'decision_latency_seconds',
    help: 'From the request to its durable answer.',
    buckets: LATENCY_BUCKETS_SECONDS,
    registers,
  });
  const errors = new Counter({
    name: 'http_errors_total',
    help: 'Problem documents answered, by status and code.',
    labelNames: ['status', 'code'],
    registers,
  });
  const entities = new Gauge({
    name: 'fold_entities',
    help: 'Entities that the live state knows, by kind.',
    labelNames: ['entity'],
    registers,
    collect() {
      this.reset();
      for (const [entity, count] of Object.entries(fold()?.sizes() ?? {})) this.set({ entity }, count);
    },
  });
  entities.reset();
  watch(registry, 'decisions_in_flight', 'Decisions let in and not yet answered.', inFlight);
  watch(registry, 'block_cap_open', 'Whether blocks are held back as reviews (1) or not (0).', () =>
    Number(isBlockCapOpen()),
  );
  registerCases(registry, { waitingCases, clock });
  registerWatchMetrics(registry, deps.watchHeadline);
  registerForecastMetrics(registry, deps.forecastAccuracy);
  registerModelMetrics(registry, deps);
  registerWebhookMetrics(registry, deps);
  registerGatewayMetrics(registry, deps.gatewayCalls);
  registerJobMetrics(registry, deps);
  registerNoticeMetrics(registry, deps);
  registerReconciliationMetrics(registry, deps);
  return {
    decided: (answer, elapsedMs) => {
      decisions.inc({ action: answer.action });
      if (answer.degraded !== undefined) degraded.inc({ reason: answer.degraded });
      latency.observe(elapsedMs / 1000);
    },
    failed: (status, code) => {
      errors.inc({ status: String(status), code });
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

/** Cases that wait for a person. Without the database they have no value and the rest is still told. */
function registerCases(
  registry: Registry,
  { waitingCases, clock }: Pick<MetricsDeps, 'waitingCases' | 'clock'>,
): void {
  const gauge = (name: string, help: string, valueOf: (group: Waiting) => number): void => {
    const registered = new Gauge({
      name,
      help,
      labelNames: ['status'],
      registers: [registry],
      async collect() {
        const found = await waitingCases().catch(() => null);
        for (const status of ['open', 'assigned'] as const) {
          const group = found?.find((one) => one.status === status);
          const none = found === null ? Number.NaN : 0;
          this.set({ status }, group === undefined ? none : valueOf(group));
        }
      },
    });
    registered.reset();
  };
  gauge(
    'cases_waiting',
    'Cases that nobody has closed: open (nobody has it) or assigned.',
    ({ count }) => count,
  );
  gauge(
    'cases_oldest_age_seconds',
    'Since the oldest waiting case was opened.',
    ({ oldestAt }) => Math.max(0, clock.now() - oldestAt) / 1000,
  );
}

/** A gauge that is read when it is asked for. */
function watch(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
