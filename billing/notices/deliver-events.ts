/**
 * Tells endpoints what happened, at least once and with a signature. A failure is tried again for a day, ever later; an endpoint that
 * goes on failing rests, and is probed with one event after each rest, so that it holds up no other. No order is promised: events
 * carry their number.
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/days.js';
import type { Post, PostOutcome } from '../../core/ports/post.js';
import { signedHeaders } from '../../core/signed-post.js';

export interface EventDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly post: Post;
}

export interface EventReport {
  readonly delivered: number;
  readonly failed: number;
  readonly dead: number;
}

/** Calls at a time. */
const AT_ONCE = 10;
/** Of them to one endpoint; one that fails gets one. */
const AT_ONCE_EACH = 4;
/** Of one turn: the next comes soon. */
const MAX_DELIVERIES = 2000;
/** Longer than any call takes. */
const CLAIM_MS = 2 * MINUTE_MS;
const FIRST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 4 * HOUR_MS;
/** After which a delivery is given up. */
const PATIENCE_MS = DAY_MS;
/** Failures in a row after which an endpoint rests: a minute, doubled for each further one up to an hour. */
const TIRED_AFTER = 5;
const LONGEST_REST_MS = HOUR_MS;

interface Claimed {
  readonly endpointId: string;
  readonly sequence: bigint;
  readonly tries: number;
  readonly eventId: string;
  readonly topic: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly occurredAt: number;
  readonly url: string;
  readonly secret: string;
  readonly former: string | null;
}

export async function deliverEvents(deps: EventDeps): Promise<EventReport> {
  const report = { delivered: 0, failed: 0, dead: await giveUp(deps) };
  for (let left = MAX_DELIVERIES; left > 0; left -= AT_ONCE) {
    const claimed = await claim(deps, Math.min(left, AT_ONCE));
    if (claimed.length === 0) break;
    const ends = await Promise.all(
      claimed.map(async (delivery) => finish(deps, delivery, await call(deps, delivery))),
    );
    for (const isDelivered of ends) report[isDelivered ? 'delivered' : 'failed'] += 1;
  }
  return report;
}

async function giveUp({ pool, clock }: EventDeps): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE event_deliveries SET status = 'dead', reason = coalesce(reason, 'it was never tried')
     WHERE status = 'waiting' AND since_at < to_timestamp($1 / 1000.0)`,
    [clock.now() - PATIENCE_MS],
  );
  return rowCount ?? 0;
}

async function claim({ pool, clock }: EventDeps, limit: number): Promise<Claimed[]> {
  const { rows } = await pool.query<Claimed>(
    `WITH ready AS (
       SELECT endpoint_id, next.sequence FROM event_endpoints p, LATERAL (
         SELECT sequence, due_at FROM event_deliveries d
         WHERE d.endpoint_id = p.endpoint_id AND d.status = 'waiting' AND d.due_at <= to_timestamp($1 / 1000.0)
         ORDER BY due_at, sequence LIMIT CASE WHEN p.failures >= $4 THEN 1 ELSE $5 END FOR UPDATE SKIP LOCKED) AS next
       WHERE p.status = 'active' AND (p.resting_until IS NULL OR p.resting_until <= to_timestamp($1 / 1000.0))
       ORDER BY next.due_at, next.sequence LIMIT $2)
     UPDATE event_deliveries d SET tries = tries + 1, due_at = to_timestamp(($1 + $3) / 1000.0)
     FROM ready, events e, event_endpoints p
     WHERE d.endpoint_id = ready.endpoint_id AND d.sequence = ready.sequence AND e.sequence = d.sequence
       AND p.endpoint_id = d.endpoint_id
     RETURNING d.endpoint_id AS "endpointId", d.sequence, d.tries, e.event_id AS "eventId", e.topic, e.payload,
       e.occurred_at AS "occurredAt", p.url, p.secret,
       CASE WHEN p.former_until > to_timestamp($1 / 1000.0) THEN p.former_secret END AS former`,
    [clock.now(), limit, CLAIM_MS, TIRED_AFTER, AT_ONCE_EACH],
  );
  return rows;
}

function call({ post, clock }: EventDeps, event: Claimed): Promise<PostOutcome> {
  const { eventId: id, sequence, topic, occurredAt, payload, url, secret, former } = event;
  const body = JSON.stringify({
    id,
    sequence: Number(sequence),
    topic,
    occurredAt: new Date(occurredAt).toISOString(),
    data: payload,
  });
  const secrets = former === null ? [secret] : [secret, former];
  return post({ url, headers: signedHeaders({ id, body, secrets }, clock.now()), body });
}

/** True when it was delivered. */
async function finish({ pool, clock }: EventDeps, event: Claimed, outcome: PostOutcome): Promise<boolean> {
  const { endpointId, sequence, tries } = event;
  const now = clock.now();
  const status = outcome.kind === 'answered' ? outcome.status : null;
  const isDelivered = status !== null && status >= 200 && status < 300;
  const reason = outcome.kind === 'answered' ? `it answered ${outcome.status}` : outcome.reason;
  const wait = Math.min(FIRST_WAIT_MS * 3 ** (tries - 1), LONGEST_WAIT_MS);
  await pool.query(
    `UPDATE event_deliveries SET status = CASE WHEN $4 THEN 'delivered' ELSE status END, http_status = $5,
       reason = CASE WHEN $4 THEN NULL ELSE $6 END, delivered_at = CASE WHEN $4 THEN to_timestamp($7 / 1000.0) END,
       due_at = CASE WHEN $4 THEN due_at ELSE to_timestamp(($7 + $8) / 1000.0) END
     WHERE endpoint_id = $1 AND sequence = $2 AND tries = $3 AND status = 'waiting'`,
    [endpointId, sequence, tries, isDelivered, status, reason, now, wait],
  );
  await pool.query(
    `UPDATE event_endpoints SET failures = CASE WHEN $2 THEN 0 ELSE failures + 1 END,
       resting_until = CASE WHEN NOT $2 AND failures + 1 >= $3
         THEN to_timestamp(($4 + least($5, ${MINUTE_MS} * power(2, least(failures + 1 - $3, 10)))) / 1000.0) END
     WHERE endpoint_id = $1 AND ($2 = false OR failures > 0)`,
    [endpointId, isDelivered, TIRED_AFTER, now, LONGEST_REST_MS],
  );
  return isDelivered;
}
