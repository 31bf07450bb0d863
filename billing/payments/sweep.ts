/**
 * After an outage: what webhooks may have been missed is read from the gateway's lists and applied in the same way, so a
 * sweep over what is known already changes nothing. Payments come before what follows them. Each page is applied in
 * a transaction of its own: a sweep that stops half way has kept what it saw.
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import type { Gateway, Pages, TimeRange } from '../../core/ports/gateway.js';
import { inTransaction } from '../../core/transaction.js';
import type { Sighting } from '../../ingest/webhooks/sighting.js';
import { applySightings } from './apply.js';

/** What the sweep needs of the gateway. */
export interface SweptGateway {
  readonly payments: Pick<Gateway['payments'], 'list'>;
  readonly refunds: Pick<Gateway['refunds'], 'list'>;
  readonly settlements: Pick<Gateway['settlements'], 'list'>;
  readonly disputes: Pick<Gateway['disputes'], 'list'>;
}

/** In the order in which they are read. */
export const SWEPT_KINDS = ['payments', 'refunds', 'settlements', 'disputes'] as const;
export type SweptKind = (typeof SWEPT_KINDS)[number];
export type Swept = Readonly<Record<SweptKind, number>>;

interface SweepDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly gateway: SweptGateway;
}

/** Everything created within the range, and every dispute. Answers how many of each were seen. */
export async function sweepGateway({ pool, clock, gateway }: SweepDeps, range: TimeRange): Promise<Swept> {
  const swept: Record<SweptKind, number> = { payments: 0, refunds: 0, settlements: 0, disputes: 0 };
  for (const kind of SWEPT_KINDS) {
    for await (const page of sightingPages(gateway, kind, range, clock)) {
      await inTransaction(pool, (client) => applySightings(client, page.sightings, page.seenAt));
      swept[kind] += page.sightings.length;
    }
  }
  return swept;
}

export interface SightingPage {
  readonly sightings: readonly Sighting[];
  readonly seenAt: number;
  /** When the oldest entity of the page was created. */
  readonly oldestAt: number;
}

/** One of the gateway's lists, newest first. Disputes are listed whatever the range. */
export function sightingPages(
  gateway: SweptGateway,
  kind: SweptKind,
  range: TimeRange,
  clock: Clock,
): AsyncIterable<SightingPage> {
  switch (kind) {
    case 'payments':
      return sighted(gateway.payments.list(range), clock, (payment) => ({ payment }));
    case 'refunds':
      return sighted(gateway.refunds.list(range), clock, (refund) => ({ refund }));
    case 'settlements':
      return sighted(gateway.settlements.list(range), clock, (settlement) => ({ settlement }));
    case 'disputes':
      return sighted(gateway.disputes.list(), clock, (dispute) => ({ dispute }));
  }
}

async function* sighted<T extends { readonly createdAt: number }>(
  pages: Pages<T>,
  clock: Clock,
  name: (entity: T) => Omit<Sighting, 'occurredAt'>,
): AsyncGenerator<SightingPage> {
  for await (const page of pages) {
    const seenAt = clock.now();
    const sightings = page.map((entity) => ({ ...name(entity), occurredAt: seenAt }));
    yield { sightings, seenAt, oldestAt: Math.min(...page.map(({ createdAt }) => createdAt)) };
  }
}
