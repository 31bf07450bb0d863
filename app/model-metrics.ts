/**
 * The models in production and in shadow for Prometheus: what the challenger scored and what it could not get to in this process,
 * and, from the database, what the guardrails last found. Without the database those have no value.
 */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { GUARDRAILS } from '../reporting/guardrails.js';
import type { GuardrailCheck } from '../reporting/guardrails.js';
import type { ShadowTally } from '../scoring/shadow.js';

export interface ModelMetricsDeps {
  readonly shadow: { tally(): ShadowTally };
  /** The newest look; null before the first. */
  readonly guardrails: () => Promise<GuardrailCheck | null>;
  readonly automaticRollbacks: () => Promise<number>;
}

export function registerModelMetrics(
  registry: Registry,
  { shadow, guardrails, automaticRollbacks }: ModelMetricsDeps,
): void {
  const registers = [registry];
  new Counter({
    name: 'challenger_scores_total',
    help: 'Live decisions that the challenger scored in shadow.',
    registers,
    collect() {
      this.reset();
      this.inc(shadow.tally().scored);
    },
  });
  new Counter({
    name: 'challenger_dropped_total',
    help: 'Live decisions that the challenger did not get to, by reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(shadow.tally().dropped)) this.inc({ reason }, count);
    },
  });
  new Gauge({
    name: 'guardrail_breached',
    help: 'Whether the last look found the limit breached (1) or not (0).',
    labelNames: ['guardrail'],
    registers,
    async collect() {
      const check = await guardrails().catch(() => null);
      for (const guardrail of GUARDRAILS) {
        const rail = check?.rails.find((one) => one.guardrail === guardrail);
        this.set({ guardrail }, rail === undefined ? Number.NaN : Number(rail.breached));
      }
    },
  });
  new Gauge({
    name: 'model_automatic_rollbacks',
    help: 'Champions that a guardrail has taken out of production, ever.',
    registers,
    async collect() {
      this.set(await automaticRollbacks().catch(() => Number.NaN));
    },
  });
}
