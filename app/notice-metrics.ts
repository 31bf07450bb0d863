/** What Prometheus reads of messages that are still to be sent, or were given up. The same in every program on the database. */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Backlog } from '../billing/notices/deliver-notices.js';

export interface NoticeMetricsDeps {
  readonly noticeBacklog: () => Promise<Backlog>;
}

const KINDS = ['noticesWaiting', 'noticesDead', 'eventsWaiting', 'eventsDead'] as const;

/** Without the database they have no value and the rest is still told. */
export function registerNoticeMetrics(registry: Registry, { noticeBacklog }: NoticeMetricsDeps): void {
  new Gauge({
    name: 'outbound_messages',
    help: 'Notices to payers and events to endpoints: waiting to be sent, or dead and for a person to look at (GET /v1/notices?status=dead).',
    labelNames: ['kind', 'status'],
    registers: [registry],
    async collect() {
      const found = await noticeBacklog().catch(() => null);
      for (const kind of KINDS) {
        const [, of = '', status = ''] = /^([a-z]+)(Waiting|Dead)$/.exec(kind) ?? [];
        this.set({ kind: of, status: status.toLowerCase() }, found?.[kind] ?? Number.NaN);
      }
    },
  });
}
