/** The webhook inbox put together: what lets events in, what keeps them, and what applies them to payments and books. */
import type { Pool } from 'pg';
import { applySightings } from '../billing/payments/apply.js';
import type { Clock } from '../core/clock.js';
import type { Config } from '../core/config.js';
import type { Log } from '../core/log.js';
import { drainInbox } from '../ingest/webhooks/drain.js';
import { openInbox } from '../ingest/webhooks/inbox.js';
import type { WebhookRoutesDeps } from '../ingest/webhooks/routes.js';
import { createWebhookTally } from '../ingest/webhooks/tally.js';

export interface Webhooks extends Pick<WebhookRoutesDeps, 'inbox' | 'tally' | 'admission'> {
  /** Applies what waits; answers how many events were looked at. */
  drain(): Promise<number>;
}

interface WebhooksDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Pick<Config, 'webhookSecrets' | 'webhookMaxAgeDays'>;
}

export function openWebhooks({ pool, clock, log, config }: WebhooksDeps): Webhooks {
  const tally = createWebhookTally();
  return {
    inbox: openInbox(pool),
    tally,
    admission: { secrets: config.webhookSecrets, maxAgeDays: config.webhookMaxAgeDays },
    drain: () => drainInbox({ pool, clock, log, tally, apply: applySightings }),
  };
}
