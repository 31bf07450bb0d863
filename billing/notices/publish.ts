/**
 * Tells other programs what happened: the event and its deliveries are written in the transaction of what it tells, so that neither
 * is without the other; a job sends them (deliver-events.ts). One event for each key, for ever. An endpoint hears of what happens
 * after it was made.
 */
import type { PoolClient } from 'pg';
import { newId } from '../../core/ids.js';
import { jsonRows } from '../../core/json-rows.js';
import type { EventTopic } from './topics.js';

export interface NewEvent {
  /** Of the caller: what happened, for instance `invoice.paid:inv_…:1`. */
  readonly key: string;
  readonly topic: EventTopic;
  /** What endpoints get: ids, statuses and amounts (paise as text), never addresses. */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** For what may be told again and again: the key is remembered whether anybody listens or not. @returns false when it was known. */
export async function publishEvent(client: PoolClient, event: NewEvent, now: number): Promise<boolean> {
  return (await write(client, [event], now)) === 1;
}

/**
 * For steps that are taken once: many events are two statements, and where nobody listens to their topics it is one short question
 * and no row. In the order given.
 */
export async function publishEvents(
  client: PoolClient,
  events: readonly NewEvent[],
  now: number,
): Promise<void> {
  if (events.length === 0) return;
  const heard = await heardTopics(client, [...new Set(events.map(({ topic }) => topic))]);
  const wanted = events.filter(({ topic }) => heard.has(topic));
  if (wanted.length > 0) await write(client, wanted, now);
}

/** Of `topic`: its endpoints name it, or its family. */
const IS_HEARD = (topic: string): string =>
  `status = 'active' AND topics && ARRAY[${topic}, split_part(${topic}, '.', 1) || '.*']`;

async function heardTopics(client: PoolClient, topics: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ topic: string }>({
    name: 'heard-topics',
    text: `SELECT topic FROM unnest($1::text[]) AS asked (topic)
           WHERE EXISTS (SELECT FROM event_endpoints WHERE ${IS_HEARD('topic')})`,
    values: [topics],
  });
  return new Set(rows.map(({ topic }) => topic));
}

/** Answers how many were new. */
async function write(client: PoolClient, events: readonly NewEvent[], now: number): Promise<number> {
  const { rowCount } = await client.query({
    name: 'publish-events',
    text: `WITH made AS (
             INSERT INTO events (event_id, key, topic, payload, occurred_at)
             SELECT event_id, key, topic, payload, to_timestamp($2 / 1000.0)
             FROM json_to_recordset($1) AS row(event_id text, key text, topic text, payload jsonb)
             ON CONFLICT (key) DO NOTHING RETURNING sequence, topic, occurred_at),
           told AS (
             INSERT INTO event_deliveries (endpoint_id, sequence, status, due_at, since_at)
             SELECT endpoint_id, sequence, 'waiting', occurred_at, occurred_at
             FROM made JOIN event_endpoints ON ${IS_HEARD('topic')})
           SELECT FROM made`,
    values: [
      jsonRows(events.map((event) => ({ ...event, event_id: newId('evt', { now: () => now }) }))),
      now,
    ],
  });
  return rowCount ?? 0;
}
