/**
 * Where other programs want to be told, and with which secret. A secret is shown to who made it; after a rotation the former one signs too for a
 * day, so that no event is lost meanwhile. Disabling keeps the log and drops what waits.
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../../core/clock.js';
import { DAY_MS } from '../../../core/days.js';
import { AppError } from '../../../core/errors.js';
import { newId, newSecret } from '../../../core/ids.js';
import { inTransaction } from '../../../core/transaction.js';
import { bodyHash } from '../../../scoring/request.js';
import { claimCommand } from '../../payments/commands.js';
import { EVENT_TOPICS } from '../topics.js';

interface EndpointDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

export interface EndpointView {
  readonly endpointId: string;
  readonly url: string;
  readonly topics: readonly string[];
  readonly status: 'active' | 'disabled';
  /** Since the last success. */
  readonly failures: number;
  /** Left alone until then. */
  readonly restingUntil: number | null;
  readonly createdAt: number;
}

export interface DeliveryView {
  readonly eventId: string;
  readonly sequence: string;
  readonly topic: string;
  readonly status: 'waiting' | 'delivered' | 'dead';
  readonly tries: number;
  readonly dueAt: number;
  readonly httpStatus: number | null;
  readonly reason: string | null;
  readonly deliveredAt: number | null;
}

/** For how long the former secret goes on signing. */
const ROTATION_MS = DAY_MS;
const MAX_ENDPOINTS = 100;
const FIELDS = `endpoint_id AS "endpointId", url, topics, status, failures, resting_until AS "restingUntil", created_at AS "createdAt"`;

interface Wanted {
  readonly url: string;
  readonly topics: readonly string[];
}

/** The repeat of a key is answered the secret too: the first answer may have been lost. @throws AppError `unknown-topic`, `too-many-endpoints`, `idempotency-key-reused`. */
export async function createEndpoint(
  { pool, clock }: EndpointDeps,
  body: Wanted,
  key: string,
): Promise<{ readonly endpointId: string; readonly secret: string }> {
  const families = EVENT_TOPICS.map((topic) => `${topic.split('.', 1)[0]}.*`);
  const unknown = body.topics.find(
    (topic) => !EVENT_TOPICS.some((one) => one === topic) && !families.includes(topic),
  );
  if (unknown !== undefined)
    throw new AppError(
      'bad-input',
      'unknown-topic',
      `${unknown} is no topic: ${EVENT_TOPICS.join(', ')} or a family such as payment.*`,
    );
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const wanted = {
      kind: 'event-endpoint',
      key,
      bodyHash: bodyHash({ ...body }),
      subject: newId('epo', clock),
    } as const;
    const { subject: endpointId, isNew } = await claimCommand(client, wanted, now);
    if (isNew) await insertEndpoint(client, endpointId, body, now);
    return { endpointId, secret: await secretOf(client, endpointId) };
  });
}

async function insertEndpoint(
  client: PoolClient,
  endpointId: string,
  { url, topics }: Wanted,
  now: number,
): Promise<void> {
  const { rowCount } = await client.query(
    `INSERT INTO event_endpoints (endpoint_id, url, topics, secret, status, created_at, changed_at)
     SELECT $1, $2, $3, $4, 'active', to_timestamp($5 / 1000.0), to_timestamp($5 / 1000.0)
     WHERE (SELECT count(*) FROM event_endpoints WHERE status = 'active') < ${MAX_ENDPOINTS}`,
    [endpointId, url, [...new Set(topics)], newSecret(), now],
  );
  if (rowCount === 1) return;
  const message = `there are ${MAX_ENDPOINTS} endpoints: disable one first`;
  throw new AppError('conflict', 'too-many-endpoints', message);
}

async function secretOf(client: PoolClient, endpointId: string): Promise<string> {
  const { rows } = await client.query<{ secret: string }>(
    'SELECT secret FROM event_endpoints WHERE endpoint_id = $1',
    [endpointId],
  );
  if (rows[0] === undefined) throw noEndpoint(endpointId);
  return rows[0].secret;
}

export async function listEndpoints({ pool }: Pick<EndpointDeps, 'pool'>): Promise<EndpointView[]> {
  const { rows } = await pool.query<EndpointView>(
    `SELECT ${FIELDS} FROM event_endpoints ORDER BY endpoint_id`,
  );
  return rows;
}

/**
 * A repeat of the key does not rotate again: what signs beside the new secret stays the one that the caller still knows.
 * @returns the new secret. @throws AppError `endpoint-not-found`, `idempotency-key-reused`.
 */
export async function rotateSecret(
  { pool, clock }: EndpointDeps,
  endpointId: string,
  key: string,
): Promise<string> {
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const rotation = {
      kind: 'secret-rotation',
      key,
      bodyHash: bodyHash({ endpointId }),
      subject: endpointId,
    } as const;
    const { isNew } = await claimCommand(client, rotation, now);
    if (isNew)
      await client.query(
        `UPDATE event_endpoints SET former_secret = secret, secret = $2, former_until = to_timestamp($4 / 1000.0),
           changed_at = to_timestamp($3 / 1000.0) WHERE endpoint_id = $1`,
        [endpointId, newSecret(), now, now + ROTATION_MS],
      );
    return secretOf(client, endpointId);
  });
}

export async function setEndpointStatus(
  { pool, clock }: EndpointDeps,
  endpointId: string,
  status: 'active' | 'disabled',
): Promise<void> {
  await inTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE event_endpoints SET status = $2, failures = 0, resting_until = NULL, changed_at = to_timestamp($3 / 1000.0)
       WHERE endpoint_id = $1`,
      [endpointId, status, clock.now()],
    );
    requireFound(rowCount, endpointId);
    if (status === 'disabled')
      await client.query(
        `UPDATE event_deliveries SET status = 'dead', reason = 'the endpoint was disabled'
         WHERE endpoint_id = $1 AND status = 'waiting'`,
        [endpointId],
      );
  });
}

/** Newest first. */
export async function listDeliveries(
  { pool }: Pick<EndpointDeps, 'pool'>,
  {
    endpointId,
    status,
    limit,
  }: { readonly endpointId: string; readonly status: string | null; readonly limit: number },
): Promise<DeliveryView[]> {
  const { rows } = await pool.query<DeliveryView>(
    `SELECT event_id AS "eventId", sequence::text AS sequence, topic, status, tries, due_at AS "dueAt", http_status AS "httpStatus", reason,
       delivered_at AS "deliveredAt"
     FROM event_deliveries JOIN events USING (sequence)
     WHERE endpoint_id = $1 AND ($2::text IS NULL OR status = $2) ORDER BY sequence DESC LIMIT $3`,
    [endpointId, status, limit],
  );
  return rows;
}

/** Sends an event again, whatever became of it; the id stays. @throws AppError `delivery-not-found`. */
export async function replayDelivery(
  { pool, clock }: EndpointDeps,
  { endpointId, eventId }: { readonly endpointId: string; readonly eventId: string },
): Promise<void> {
  const { rowCount } = await pool.query(
    `UPDATE event_deliveries d SET status = 'waiting', tries = 0, delivered_at = NULL, due_at = to_timestamp($3 / 1000.0),
       since_at = to_timestamp($3 / 1000.0)
     FROM events e, event_endpoints p WHERE d.endpoint_id = $1 AND e.sequence = d.sequence AND e.event_id = $2
       AND p.endpoint_id = d.endpoint_id AND p.status = 'active'`,
    [endpointId, eventId, clock.now()],
  );
  if (rowCount !== 1)
    throw new AppError(
      'not-found',
      'delivery-not-found',
      `${eventId} was not for ${endpointId}, or that is disabled`,
    );
}

function requireFound(rowCount: number | null, endpointId: string): void {
  if (rowCount !== 1) throw noEndpoint(endpointId);
}

function noEndpoint(endpointId: string): AppError {
  return new AppError('not-found', 'endpoint-not-found', `there is no endpoint ${endpointId}`);
}
