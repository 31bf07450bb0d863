/**
 * What the gateway says of mandates, kept as a set of facts: each step of a token once, the notices before debits, the troubles of
 * banks. A mandate's status is a function of its token's whole set, so any order of arrival ends alike; the token is known by the
 * authorisation that carried it, never by the payer's UPI id (India rules U10). Called by billing/payments/apply.ts in its transaction.
 */
import type { PoolClient } from 'pg';
import { jsonRows } from '../../core/json-rows.js';
import { advance } from '../../core/state.js';
import type { Sighting, TokenEvent } from '../../ingest/webhooks/sighting.js';
import { MANDATE } from './states.js';
import type { MandateEvent, MandateStatus } from './states.js';
import { tellMandateChange } from './tell.js';

/** @param attemptIds whose rows were just written: the authorisation of a mandate among them names its token. */
export async function applyMandates(
  client: PoolClient,
  sightings: readonly Sighting[],
  attemptIds: readonly string[],
  now: number,
): Promise<void> {
  await keepNotices(client, sightings);
  await keepDowntimes(client, sightings);
  await keepTokenEvents(client, sightings, now);
  const linked = attemptIds.length === 0 ? [] : await linkTokens(client, attemptIds, now);
  const told = sightings.flatMap(({ token }) => token?.id ?? []);
  const tokenIds = [...new Set([...linked, ...told])];
  if (tokenIds.length > 0) await followTokens(client, tokenIds, now);
}

async function keepTokenEvents(
  client: PoolClient,
  sightings: readonly Sighting[],
  now: number,
): Promise<void> {
  const events = sightings.flatMap(({ occurredAt, token }) =>
    token === undefined ? [] : [{ ...token, at: Math.min(occurredAt, now) }],
  );
  if (events.length === 0) return;
  await client.query(
    `INSERT INTO token_events (token_id, event, occurred_at, failure, issuer, known_at)
     SELECT DISTINCT ON (id, event, at) id, event, to_timestamp(at / 1000.0), failure, issuer, to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(id text, event text, at float8, failure text, issuer text)
     ON CONFLICT DO NOTHING`,
    [now, jsonRows(events)],
  );
}

/** A payer who authorises twice on one order has two tokens; the first that took effect is the mandate's. */
async function linkTokens(client: PoolClient, attemptIds: readonly string[], now: number): Promise<string[]> {
  const { rows } = await client.query<{ token_id: string }>(
    `UPDATE mandates m SET token_id = seen.token_id, customer_id = coalesce(m.customer_id, seen.customer_id),
       issuer = coalesce(m.issuer, seen.bank), changed_at = to_timestamp($2 / 1000.0)
     FROM (SELECT DISTINCT ON (a.payment_id) a.payment_id, a.token_id, a.customer_id, a.bank FROM payment_attempts a
           JOIN mandates of_payment ON of_payment.payment_id = a.payment_id AND of_payment.token_id IS NULL
           WHERE a.attempt_id = ANY($1) AND a.token_id IS NOT NULL AND a.status IN ('authorized', 'captured', 'refunded')
             AND NOT EXISTS (SELECT FROM mandates other WHERE other.token_id = a.token_id)
           ORDER BY a.payment_id, a.created_at, a.attempt_id) AS seen
     WHERE m.payment_id = seen.payment_id RETURNING m.token_id`,
    [attemptIds, now],
  );
  return rows.map(({ token_id }) => token_id);
}

/** What a token's events amount to. */
interface Standing {
  readonly status: 'active' | 'paused' | 'rejected' | 'cancelled';
  readonly confirmedAt: number | null;
  /** When the status began. */
  readonly since: number;
  readonly failure: string | null;
  readonly issuer: string | null;
}

interface KeptEvent {
  readonly event: TokenEvent;
  readonly occurredAt: number;
  readonly failure: string | null;
  readonly issuer: string | null;
}

/** Cancelled is the last word; of live states the newest holds, a pause before all else at the same instant. */
function standingOf(events: readonly KeptEvent[]): Standing | null {
  const first = (event: TokenEvent): KeptEvent | undefined =>
    events.filter((one) => one.event === event).sort((a, b) => a.occurredAt - b.occurredAt)[0];
  const newest = events
    .filter(({ event }) => event === 'confirmed' || event === 'paused' || event === 'resumed')
    .sort(
      (a, b) => b.occurredAt - a.occurredAt || Number(b.event === 'paused') - Number(a.event === 'paused'),
    )[0];
  const holds = first('cancelled') ?? newest ?? first('rejected');
  if (holds === undefined) return null;
  const confirmed = first('confirmed') ?? first('resumed') ?? first('paused');
  return {
    status: STATUS_OF[holds.event],
    confirmedAt: confirmed?.occurredAt ?? null,
    since: holds.occurredAt,
    failure: holds.event === 'rejected' ? holds.failure : null,
    issuer:
      events
        .map(({ issuer }) => issuer)
        .filter((issuer) => issuer !== null)
        .sort()[0] ?? null,
  };
}

const STATUS_OF = {
  confirmed: 'active',
  resumed: 'active',
  paused: 'paused',
  rejected: 'rejected',
  cancelled: 'cancelled',
} as const satisfies Readonly<Record<TokenEvent, Standing['status']>>;

interface Followed {
  mandate_id: string;
  status: MandateStatus;
  events: readonly KeptEvent[];
}

const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;

async function followTokens(client: PoolClient, tokenIds: readonly string[], now: number): Promise<void> {
  const { rows } = await client.query<Followed>(
    `SELECT m.mandate_id, m.status, (SELECT coalesce(json_agg(json_build_object('event', e.event,
         'occurredAt', ${MS('e.occurred_at')}, 'failure', e.failure, 'issuer', e.issuer)), '[]')
       FROM token_events e WHERE e.token_id = m.token_id) AS events
     FROM mandates m WHERE m.token_id = ANY($1) ORDER BY m.mandate_id FOR UPDATE OF m`,
    [tokenIds],
  );
  for (const { mandate_id: mandateId, status, events } of rows) {
    const standing = standingOf(events);
    if (standing !== null) await moveTo(client, { mandateId, status }, standing, now);
  }
}

async function moveTo(
  client: PoolClient,
  { mandateId, status }: { readonly mandateId: string; readonly status: MandateStatus },
  standing: Standing,
  now: number,
): Promise<void> {
  const next = advance<MandateStatus, MandateEvent>(MANDATE, status, eventTowards(standing.status, status));
  if (next === null) return;
  await client.query(
    `UPDATE mandates SET status = $2, failure = $3, issuer = coalesce(issuer, $4),
       confirmed_at = coalesce(confirmed_at, to_timestamp($5::float8 / 1000)),
       starts_at = coalesce(starts_at, to_timestamp($5::float8 / 1000)),
       paused_at = CASE $2 WHEN 'paused' THEN to_timestamp($6::float8 / 1000) END,
       ended_at = CASE WHEN $2 IN ('cancelled', 'rejected') THEN to_timestamp($6::float8 / 1000) END,
       changed_at = to_timestamp($7::float8 / 1000)
     WHERE mandate_id = $1`,
    [mandateId, next, standing.failure, standing.issuer, standing.confirmedAt, standing.since, now],
  );
  await tellMandateChange(client, { mandateId, fromStatus: status, status: next }, now);
}

function eventTowards(target: Standing['status'], from: MandateStatus): MandateEvent {
  switch (target) {
    case 'active':
      return from === 'paused' ? 'resume' : 'confirm';
    case 'paused':
      return 'pause';
    case 'rejected':
      return 'reject';
    case 'cancelled':
      return 'cancel';
  }
}

async function keepNotices(client: PoolClient, sightings: readonly Sighting[]): Promise<void> {
  const notices = sightings.flatMap(({ notice }) => notice ?? []);
  for (const { orderId, deliveredAt } of notices)
    await client.query(
      `INSERT INTO order_notices AS kept (order_id, status, delivered_at)
       VALUES ($1, CASE WHEN $2::float8 IS NULL THEN 'failed' ELSE 'delivered' END, to_timestamp($2::float8 / 1000))
       ON CONFLICT (order_id) DO UPDATE SET status = 'delivered',
         delivered_at = least(kept.delivered_at, excluded.delivered_at)
       WHERE excluded.status = 'delivered'`,
      [orderId, deliveredAt],
    );
}

async function keepDowntimes(client: PoolClient, sightings: readonly Sighting[]): Promise<void> {
  for (const { occurredAt, downtime } of sightings) {
    if (downtime === undefined) continue;
    const { id, method, instruments, severity, beginsAt, endsAt } = downtime;
    await client.query(
      `INSERT INTO gateway_downtimes AS kept (downtime_id, method, instruments, severity, begins_at, ends_at, heard_at)
       VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000), to_timestamp($6::float8 / 1000),
         to_timestamp($7::float8 / 1000))
       ON CONFLICT (downtime_id) DO UPDATE SET severity = excluded.severity, begins_at = excluded.begins_at,
         ends_at = coalesce(excluded.ends_at, kept.ends_at), heard_at = excluded.heard_at
       WHERE kept.heard_at < excluded.heard_at OR (kept.ends_at IS NULL AND excluded.ends_at IS NOT NULL)`,
      [id, method, instruments, severity, beginsAt, endsAt, occurredAt],
    );
  }
}
