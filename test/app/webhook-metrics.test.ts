import { expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { registerWebhookMetrics } from '../../app/webhook-metrics.js';
import { manualClock } from '../../core/clock.js';
import { createWebhookTally } from '../../ingest/webhooks/tally.js';

it('says how long events waited, and how long the oldest waits; without a database only the latter is unknown', async () => {
  const tally = createWebhookTally();
  const clock = manualClock(100_000);
  let backlog = async () => ({ waiting: 3, oldestAt: 60_000 });
  const registry = new Registry();
  registerWebhookMetrics(registry, { webhooks: tally, webhookBacklog: () => backlog(), clock });
  tally.count('payment.captured', 'applied');
  tally.delayed(1_500);
  tally.delayed(500);
  const text = await registry.metrics();
  expect(text).toContain('webhook_events_total{event="payment.captured",outcome="applied"} 1');
  expect(text).toContain('webhook_apply_lag_seconds_total 2');
  expect(text).toContain('webhook_events_waiting 3');
  expect(text).toContain('webhook_oldest_waiting_seconds 40');
  backlog = () => Promise.reject(new Error('no database'));
  const later = await registry.metrics();
  expect(later).toContain('webhook_oldest_waiting_seconds Nan');
  expect(later).toContain('webhook_apply_lag_seconds_total 2');
});
