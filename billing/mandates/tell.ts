/**
 * Who hears that a mandate has changed: other programs each change, its payer what concerns the next debit. A pause is the payer's own
 * (India rules U8) and only confirmed; one that has ended is asked for anew where a subscription still stands on it, unless dunning
 * asks already.
 */
import type { PoolClient } from 'pg';
import { nextDaytime } from '../notices/daytime.js';
import { postNotice } from '../notices/post.js';
import { publishEvents } from '../notices/publish.js';
import type { TemplateName } from '../notices/templates.js';
import type { MandateStatus } from './states.js';

interface MandateChange {
  readonly mandateId: string;
  readonly fromStatus: MandateStatus;
  readonly status: MandateStatus;
}

/** In the transaction of the change, whose caller holds the mandate's lock. */
export async function tellMandateChange(
  client: PoolClient,
  change: MandateChange,
  now: number,
): Promise<void> {
  const { mandateId, status } = change;
  const key = `mandate.changed:${mandateId}:${status}:${now}`;
  await publishEvents(client, [{ key, topic: 'mandate.changed', payload: { ...change } }], now);
  const template = templateOf(change);
  if (template === null) return;
  const { rows } = await client.query<{ payer_id: string }>(
    `SELECT m.payer_id FROM mandates m WHERE m.mandate_id = $1
       AND EXISTS (SELECT FROM subscriptions s WHERE s.mandate_id = m.mandate_id AND s.collection = 'mandate'
         AND s.status NOT IN ('cancelled', 'expired'))
       AND ($2 OR NOT EXISTS (SELECT FROM dunning_episodes e WHERE e.payer_id = m.payer_id AND e.cleared_at IS NULL))`,
    [mandateId, template === 'mandate-paused'],
  );
  const [told] = rows;
  if (told === undefined) return;
  await postNotice(
    client,
    {
      key: `${template}:${mandateId}:${now}`,
      payerId: told.payer_id,
      channel: 'email',
      template,
      values: { purpose: 'subscription-debit' },
      topic: 'mandates',
      notBefore: nextDaytime(now),
    },
    now,
  );
}

function templateOf({ fromStatus, status }: MandateChange): TemplateName | null {
  if (fromStatus !== 'active' && fromStatus !== 'paused') return null;
  if (status === 'paused') return 'mandate-paused';
  return status === 'cancelled' || status === 'expired' ? 'mandate-needed' : null;
}
