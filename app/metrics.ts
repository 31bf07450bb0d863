/**
 * What Prometheus reads at `/metrics`: decisions and how long callers waited for them, refused requests, the size of the
 * live state, and the program itself.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Fold } from '../features/fold.js';
import type { Answer } from '../scoring/request.js';

export interface Metrics {
  decided(answer: Answer, elapsedMs: number): void;
  failed(status: number, code: string): void;
  text(): Promise<string>;
  readonly contentType: string;
}

/** Finest where the gate is expected to be: a few milliseconds. */
const LATENCY_BUCKETS_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** @param fold the serving fold, or null while there is none. */
export function createMetrics(fold: () => Fold | null): Metrics {
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
    help: 'Decisions answered without a fraud model, by reason.',
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
