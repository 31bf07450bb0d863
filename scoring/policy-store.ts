/** The policies that decisions were made under, by their hash: written at start, before the first decision names it. */
import type { Pool } from 'pg';
import type { Clock } from '../core/clock.js';
import { hashOfPolicy } from './policy-settings.js';
import type { Policy } from './policy-settings.js';

export async function recordPolicy(pool: Pool, policy: Policy, clock: Clock): Promise<void> {
  await pool.query(
    `INSERT INTO policies (policy_hash, policy, first_used_at) VALUES ($1, $2, to_timestamp($3 / 1000.0))
     ON CONFLICT (policy_hash) DO NOTHING`,
    [hashOfPolicy(policy), JSON.stringify(policy), clock.now()],
  );
}

export async function policyOfHash(pool: Pool, hash: string): Promise<Policy | null> {
  const { rows } = await pool.query<{ policy: Policy }>(
    'SELECT policy FROM policies WHERE policy_hash = $1',
    [hash],
  );
  return rows[0]?.policy ?? null;
}
