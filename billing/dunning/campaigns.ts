/**
 * Campaigns by number: the newest is in force, none is ever changed. Steps and episodes name theirs, so what was done can be read
 * against the rules of its time.
 */
import type { Pool, PoolClient } from 'pg';
import { assert } from '../../core/errors.js';
import { inTransaction } from '../../core/transaction.js';
import { BUILT_IN, checkCampaign } from './campaign.js';
import type { Campaign } from './campaign.js';

export interface NumberedCampaign {
  /** 0: the built-in one. */
  readonly version: number;
  readonly campaign: Campaign;
}

export async function activeCampaign(db: Pool | PoolClient): Promise<NumberedCampaign> {
  const { rows } = await db.query<{ version: number; body: unknown }>(
    'SELECT version, body FROM dunning_campaigns ORDER BY version DESC LIMIT 1',
  );
  const [newest] = rows;
  if (newest === undefined) return { version: 0, campaign: BUILT_IN };
  return { version: newest.version, campaign: checkCampaign(newest.body) };
}

/** @throws AppError `bad-campaign`. Two at once get two numbers. */
export async function adoptCampaign(
  pool: Pool,
  {
    campaign,
    actor,
    reason,
  }: { readonly campaign: unknown; readonly actor: string; readonly reason: string },
  now: number,
): Promise<NumberedCampaign> {
  const checked = checkCampaign(campaign);
  return inTransaction(pool, async (client) => {
    await client.query('LOCK TABLE dunning_campaigns IN SHARE ROW EXCLUSIVE MODE');
    const { rows } = await client.query<{ version: number }>(
      `INSERT INTO dunning_campaigns (version, body, actor, reason, created_at)
       SELECT coalesce(max(version), 0) + 1, $1, $2, $3, to_timestamp($4 / 1000.0) FROM dunning_campaigns RETURNING version`,
      [JSON.stringify(checked), actor, reason, now],
    );
    const [made] = rows;
    assert(made !== undefined, 'the row just inserted is returned');
    return { version: made.version, campaign: checked };
  });
}
