/** What people note of a payer: names that campaigns give a meaning, for instance `hardship` or `never-suspend`. The last word holds. */
import type { Pool } from 'pg';

export interface Tagged {
  readonly payerId: string;
  readonly tags: readonly string[];
  readonly actor: string;
}

export async function tagPayer(pool: Pool, { payerId, tags, actor }: Tagged, now: number): Promise<void> {
  await pool.query(
    `INSERT INTO dunning_payers (payer_id, tags, changed_by, changed_at) VALUES ($1, $2, $3, to_timestamp($4 / 1000.0))
     ON CONFLICT (payer_id) DO UPDATE SET tags = $2, changed_by = $3, changed_at = excluded.changed_at`,
    [payerId, tags, actor, now],
  );
}
