/**
 * Takes waiting events out of the inbox and applies them, each together with its mark in one transaction: applied and marked, or
 * neither. A batch that fails is taken apart and applied one by one, so that one bad event holds up nobody; after some
 * tries it is parked with its reason. Any number of programs may drain at once (SKIP LOCKED).
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { Log } from '../../core/log.js';
import { inTransaction } from '../../core/transaction.js';
import { subjectOf } from './event-names.js';
import { readSighting } from './sighting.js';
import type { Sighting } from './sighting.js';
import type { WebhookTally } from './tally.js';

/** Applies what was seen within the caller's transaction; the same again, or in another order, ends in the same state. */
export type ApplySightings = (
  client: PoolClient,
  sightings: readonly Sighting[],
  now: number,
) => Promise<unknown>;

export interface DrainDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
  readonly apply: ApplySightings;
  readonly tally: WebhookTally;
}

/** One transaction's worth: some tenths of a second. */
const BATCH = 100;
/** A turn ends here at the latest; the next one goes on. */
const MAX_BATCHES = 200;
const MAX_TRIES = 5;
/** Doubles with each try: 10 s to 80 s. What needs longer than that needs a person. */
const FIRST_PAUSE_MS = 10_000;

interface WaitingEvent {
  readonly number: bigint;
  readonly event_id: string;
  readonly event: string;
  readonly body: string;
  readonly occurred_at: number;
  readonly received_at: number;
  readonly tries: number;
}

/** Answers how many events were looked at; whatever failed waits for its next try or is parked. */
export async function drainInbox(deps: DrainDeps): Promise<number> {
  let seen = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch++) {
    const count = await drainBatch(deps);
    seen += count;
    if (count < BATCH) break;
  }
  return seen;
}

async function drainBatch(deps: DrainDeps): Promise<number> {
  let events: WaitingEvent[] = [];
  try {
    await inTransaction(deps.pool, async (client) => {
      events = await claim(client, deps.clock.now(), BATCH, null);
      await applyAll(deps, client, events);
    });
    tallyApplied(deps, events);
  } catch (error) {
    if (events.length === 0) throw error;
    for (const { number } of events) await drainOne(deps, number);
  }
  return events.length;
}

async function drainOne(deps: DrainDeps, number: bigint): Promise<void> {
  let claimed: WaitingEvent[] = [];
  try {
    await inTransaction(deps.pool, async (client) => {
      claimed = await claim(client, deps.clock.now(), 1, number);
      await applyAll(deps, client, claimed);
    });
    tallyApplied(deps, claimed);
  } catch (error) {
    const [event] = claimed;
    if (event === undefined) throw error;
    await postpone(deps, event, error);
  }
}

async function claim(
  client: PoolClient,
  now: number,
  limit: number,
  number: bigint | null,
): Promise<WaitingEvent[]> {
  const { rows } = await client.query<WaitingEvent>(
    `SELECT number, event_id, event, body, occurred_at, received_at, tries FROM webhook_events
     WHERE status = 'waiting' AND try_at <= to_timestamp($1 / 1000.0) AND ($2::bigint IS NULL OR number = $2)
     ORDER BY try_at, number LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [now, number, limit],
  );
  return rows;
}

async function applyAll(
  { apply, clock }: DrainDeps,
  client: PoolClient,
  events: readonly WaitingEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const known = events.filter(({ event }) => subjectOf(event) !== null);
  const sightings = known.map(({ event, body, occurred_at }) =>
    readSighting(event, JSON.parse(body), occurred_at),
  );
  if (sightings.length > 0) await apply(client, sightings, clock.now());
  await client.query(
    `UPDATE webhook_events SET status = CASE WHEN number = ANY($2) THEN 'applied' ELSE 'unknown' END,
       settled_at = to_timestamp($3 / 1000.0), reason = NULL
     WHERE number = ANY($1)`,
    [events.map(({ number }) => number), known.map(({ number }) => number), clock.now()],
  );
}

function tallyApplied({ tally, clock }: DrainDeps, events: readonly WaitingEvent[]): void {
  const now = clock.now();
  for (const { event, received_at } of events) {
    const isKnown = subjectOf(event) !== null;
    tally.count(event, isKnown ? 'applied' : 'unknown');
    if (isKnown) tally.delayed(now - received_at);
  }
}

/** Another program may have taken the event meanwhile: then this changes nothing. */
async function postpone(
  { pool, clock, log, tally }: DrainDeps,
  event: WaitingEvent,
  error: unknown,
): Promise<void> {
  const tries = event.tries + 1;
  // What cannot be read today cannot be read in a minute.
  const isParked = tries >= MAX_TRIES || (error instanceof AppError && error.kind === 'bad-input');
  const reason = (error instanceof Error ? error.message : String(error)).slice(0, 500);
  const now = clock.now();
  const { rowCount } = await pool.query(
    `UPDATE webhook_events SET tries = $2, reason = $3, try_at = to_timestamp($4 / 1000.0),
       status = CASE WHEN $5 THEN 'parked' ELSE status END,
       settled_at = CASE WHEN $5 THEN to_timestamp($6 / 1000.0) END
     WHERE number = $1 AND status = 'waiting'`,
    [event.number, tries, reason, now + FIRST_PAUSE_MS * 2 ** (tries - 1), isParked, now],
  );
  if (rowCount === 0) return;
  tally.count(event.event, isParked ? 'parked' : 'retry');
  const told = { eventId: event.event_id, webhook: event.event, tries, reason };
  if (isParked) log.error({ event: 'webhook-parked', ...told });
  else log.warn({ event: 'webhook-postponed', ...told });
}
