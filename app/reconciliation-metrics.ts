/** What Prometheus reads of reconciliation: the cases that wait for a person, by reason, and the money at stake in them. */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Waiting } from '../billing/reconciliation/report.js';

export interface ReconciliationMetricsDeps {
  readonly openExceptions: () => Promise<readonly Waiting[]>;
}

/** Without the database they have no value and the rest is still told. */
export function registerReconciliationMetrics(
  registry: Registry,
  { openExceptions }: ReconciliationMetricsDeps,
): void {
  const gauge = (name: string, help: string, valueOf: (waiting: Waiting) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['reason'],
      registers: [registry],
      async collect() {
        this.reset();
        for (const waiting of await openExceptions().catch(() => []))
          this.set({ reason: waiting.reason }, valueOf(waiting));
      },
    });
  };
  gauge(
    'reconciliation_open_cases',
    'Differences that wait for a person: GET /v1/reconciliation/exceptions.',
    ({ count }) => Number(count),
  );
  gauge(
    'reconciliation_open_stake_paise',
    'The sum of those differences without their signs.',
    ({ stakePaise }) => Number(stakePaise),
  );
}
