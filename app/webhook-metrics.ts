/** What Prometheus reads of the webhook inbox: every request's and every event's end, how long events wait, and what was given up for a person. */
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Clock } from '../core/clock.js';
import type { Backlog } from '../ingest/webhooks/inbox.js';
import type { WebhookTally } from '../ingest/webhooks/tally.js';

export interface WebhookMetricsDeps {
  readonly webhooks: Pick<WebhookTally, 'counts' | 'delayMs'>;
  readonly webhookBacklog: () => Promise<Backlog>;
  readonly clock: Clock;
}

export function registerWebhookMetrics(registry: Registry, deps: WebhookMetricsDeps): void {
  const tally = deps.webhooks;
  const registers = [registry];
  new Counter({
    name: 'webhook_events_total',
    help: 'Webhooks by event and outcome: stored, duplicate or the code of a refusal; then applied, unknown, retry or parked.',
    labelNames: ['event', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const { event, outcome, count } of tally.counts()) this.inc({ event, outcome }, count);
    },
  });
  new Counter({
    name: 'webhook_events_parked_total',
    help: 'Events given up after their tries, for a person to look at: GET /v1/webhooks.',
    registers,
    collect() {
      this.reset();
      const parked = tally.counts().filter(({ outcome }) => outcome === 'parked');
      this.inc(parked.reduce((sum, { count }) => sum + count, 0));
    },
  });
  new Counter({
    name: 'webhook_apply_lag_seconds_total',
    help: 'From the arrival of each applied event until it was applied, added up: divide by the applied events for the mean.',
    registers,
    collect() {
      this.reset();
      this.inc(tally.delayMs() / 1000);
    },
  });
  registerBacklog(registry, deps);
}

/** Without the database they have no value and the rest is still told. */
function registerBacklog(
  registry: Registry,
  { webhookBacklog, clock }: Pick<WebhookMetricsDeps, 'webhookBacklog' | 'clock'>,
): void {
  const gauge = (name: string, help: string, valueOf: (backlog: Backlog) => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const backlog = await webhookBacklog().catch(() => null);
        this.set(backlog === null ? Number.NaN : valueOf(backlog));
      },
    });
  };
  gauge('webhook_events_waiting', 'Events stored and not applied yet.', ({ waiting }) => waiting);
  gauge('webhook_oldest_waiting_seconds', 'Since the oldest of them arrived.', ({ oldestAt }) =>
    oldestAt === null ? 0 : Math.max(0, clock.now() - oldestAt) / 1000,
  );
}
