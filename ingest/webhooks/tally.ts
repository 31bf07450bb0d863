/** How many webhooks came to what end in this program, for its metrics. Names that nobody has published count as one. */
import { subjectOf } from './event-names.js';

export interface WebhookTally {
  /** `event` is null when it could not be read. */
  count(event: string | null, outcome: string): void;
  counts(): { readonly event: string; readonly outcome: string; readonly count: number }[];
  /** An event was applied so long after it arrived. */
  delayed(byMs: number): void;
  /** Of all applied events together. */
  delayMs(): number;
}

export function createWebhookTally(): WebhookTally {
  const counts = new Map<string, number>();
  let delayMs = 0;
  return {
    delayed(byMs) {
      delayMs += Math.max(0, byMs);
    },
    delayMs: () => delayMs,
    count(event, outcome) {
      const name = event === null ? 'unread' : subjectOf(event) === null ? 'unknown' : event;
      const key = `${name} ${outcome}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    counts: () =>
      [...counts].map(([key, count]) => {
        const [event = '', outcome = ''] = key.split(' ');
        return { event, outcome, count };
      }),
  };
}
