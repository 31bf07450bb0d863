/**
 * Leaves a word to a payer: a row in the transaction of what it is about, so that neither is without the other; a job sends it
 * (deliver-notices.ts). One notice for each key, for ever. Quiet hours and caps are the caller's; `notBefore` is kept. A notice names
 * the payer, never an address.
 */
import type { PoolClient } from 'pg';
import { newId } from '../../core/ids.js';
import type { TemplateName } from './templates.js';
import type { NoticeTopic } from './topics.js';

export const CHANNELS = ['email', 'sms', 'webhook'] as const;
export type Channel = (typeof CHANNELS)[number];

export interface NewNotice {
  /** Of the caller: what is said to whom by which way, for instance `debit-done:deb_…:email`. */
  readonly key: string;
  readonly payerId: string;
  /** `webhook`: to the merchant's own messenger with the values, in place of an address. */
  readonly channel: Channel;
  readonly template: TemplateName;
  /** What the template names; see `templates.ts`. Money and instants come as values, the template writes them out. */
  readonly values: NoticeValues;
  /** BCP 47; otherwise the payer's. */
  readonly language?: string;
  /** UTC epoch milliseconds; otherwise at once. */
  readonly notBefore?: number;
  readonly topic: NoticeTopic;
}

export type NoticeValues = Readonly<Record<string, string | number | bigint | null>>;

/** @returns false when the key had been posted before: nothing is said twice. */
export async function postNotice(client: PoolClient, notice: NewNotice, now: number): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'post-notice',
    text: `INSERT INTO notices (notice_id, key, payer_id, channel, topic, template, language, values, status, due_at, created_at, changed_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', to_timestamp($9 / 1000.0), to_timestamp($10 / 1000.0),
             to_timestamp($10 / 1000.0)) ON CONFLICT (key) DO NOTHING`,
    values: [
      newId('ntc', { now: () => now }),
      notice.key,
      notice.payerId,
      notice.channel,
      notice.topic,
      notice.template,
      notice.language ?? null,
      JSON.stringify(notice.values, (_field, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
      notice.notBefore ?? now,
      now,
    ],
  });
  return rowCount === 1;
}

/** What is no longer true is not said; without effect once it has been. */
export async function dropNotice(
  client: PoolClient,
  key: string,
  reason: string,
  now: number,
): Promise<void> {
  await client.query(
    `UPDATE notices SET status = 'dropped', reason = $2, changed_at = to_timestamp($3 / 1000.0)
     WHERE key = $1 AND status = 'waiting'`,
    [key, reason, now],
  );
}
