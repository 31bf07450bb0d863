/**
 * The inbox's table: an event is stored once, whatever is delivered how often, together with what arrives in the same moment
 * (group commit); it is durable before it is acknowledged. What applies events takes them from here (drain.ts).
 */
import type { Pool } from 'pg';
import { createGroupCommit } from '../../core/group-commit.js';
import type { NewEvent } from './admission.js';

export type Receipt = 'stored' | 'duplicate';

export interface Inbox {
  /** Resolves when the event is durable. @throws AppError `unavailable` when too many wait. */
  store(event: NewEvent): Promise<Receipt>;
  /** Resolves when nothing waits to be stored. */
  idle(): Promise<void>;
}

/** Some 250 KB a statement. */
const MAX_BATCH = 128;
/** Half a second of work; the provider waits for five and comes back by itself. */
const MAX_WAITING = 2048;

export function openInbox(pool: Pool): Inbox {
  const commit = createGroupCommit<NewEvent, Receipt>({
    write: (events) => insert(pool, events),
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
  });
  return { store: (event) => commit.add(event), idle: () => commit.idle() };
}

const INSERT = `
  INSERT INTO webhook_events (event_id, body_hash, event, occurred_at, received_at, try_at, body)
  SELECT event_id, body_hash, event, to_timestamp(occurred / 1000), to_timestamp(received / 1000),
    to_timestamp(received / 1000), body
  FROM unnest($1::text[], $2::bytea[], $3::text[], $4::float8[], $5::float8[], $6::text[])
    AS arrived (event_id, body_hash, event, occurred, received, body)
  ON CONFLICT DO NOTHING
  RETURNING event_id`;

async function insert(pool: Pool, events: readonly NewEvent[]): Promise<Receipt[]> {
  const { rows } = await pool.query<{ event_id: string }>({
    name: 'store-webhooks',
    text: INSERT,
    values: [
      events.map(({ eventId }) => eventId),
      events.map(({ bodyHash }) => bodyHash),
      events.map(({ event }) => event),
      events.map(({ occurredAt }) => occurredAt),
      events.map(({ receivedAt }) => receivedAt),
      events.map(({ body }) => body),
    ],
  });
  const stored = new Set(rows.map((row) => row.event_id));
  // Of equals in one batch the first is the one that was stored.
  return events.map(({ eventId }) => (stored.delete(eventId) ? 'stored' : 'duplicate'));
}

export const SHOWN_STATUSES = ['waiting', 'applied', 'unknown', 'parked'] as const;
export type EventStatus = (typeof SHOWN_STATUSES)[number];

/** Without the body: it may hold personal details. */
export interface InboxEvent {
  readonly number: number;
  readonly eventId: string;
  readonly event: string;
  readonly status: EventStatus;
  readonly tries: number;
  readonly reason: string | null;
  readonly occurredAt: number;
  readonly receivedAt: number;
}

interface EventRow {
  number: bigint;
  event_id: string;
  event: string;
  status: EventStatus;
  tries: number;
  reason: string | null;
  occurred_at: number;
  received_at: number;
}

export interface EventQuery {
  readonly status: EventStatus;
  readonly limit: number;
  /** Only what arrived before this number: the next page. */
  readonly before: number | null;
}

/** Newest first. */
export async function listEvents(pool: Pool, { status, limit, before }: EventQuery): Promise<InboxEvent[]> {
  const { rows } = await pool.query<EventRow>(
    `SELECT number, event_id, event, status, tries, reason, occurred_at, received_at FROM webhook_events
     WHERE status = $1 AND ($2::bigint IS NULL OR number < $2) ORDER BY number DESC LIMIT $3`,
    [status, before, limit],
  );
  return rows.map((row) => ({
    number: Number(row.number),
    eventId: row.event_id,
    event: row.event,
    status: row.status,
    tries: row.tries,
    reason: row.reason,
    occurredAt: row.occurred_at,
    receivedAt: row.received_at,
  }));
}

/**
 * Puts events back to be applied anew, with all their tries; applying an applied one again changes nothing.
 * Null: all that are parked. Answers how many; a forgotten or unknown id counts for nothing.
 */
export async function replayEvents(
  pool: Pool,
  eventIds: readonly string[] | null,
  now: number,
): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE webhook_events SET status = 'waiting', tries = 0, settled_at = NULL, reason = NULL,
       try_at = to_timestamp($2 / 1000.0)
     WHERE body IS NOT NULL AND status <> 'waiting'
       AND CASE WHEN $1::text[] IS NULL THEN status = 'parked' ELSE event_id = ANY($1) END`,
    [eventIds, now],
  );
  return rowCount ?? 0;
}

/**
 * How long a body stays after it was applied: a provider replays single events for 15 days, and a reconciliation may need to
 * look again. After that its personal details have no purpose (DPDP Act, section 8(7)). Parked bodies stay until decided.
 */
const KEEP_BODIES_DAYS = 45;

/** Answers how many bodies were emptied. */
export async function forgetBodies(pool: Pool, now: number): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE webhook_events SET body = NULL
     WHERE body IS NOT NULL AND status IN ('applied', 'unknown') AND settled_at < to_timestamp($1 / 1000.0)`,
    [now - KEEP_BODIES_DAYS * 86_400_000],
  );
  return rowCount ?? 0;
}

export interface Backlog {
  readonly waiting: number;
  /** Null when nothing waits. */
  readonly oldestAt: number | null;
}

/** What is stored and not applied yet, those that wait for their next try included. */
export async function readBacklog(pool: Pool): Promise<Backlog> {
  const { rows } = await pool.query<{ waiting: bigint; oldest_at: number | null }>(
    "SELECT count(*) AS waiting, min(received_at) AS oldest_at FROM webhook_events WHERE status = 'waiting'",
  );
  return { waiting: Number(rows[0]?.waiting ?? 0), oldestAt: rows[0]?.oldest_at ?? null };
}
