/**
 * What became of the cases of the past year, for fitRecovery: each episode as it was when a contact first became due, whether somebody
 * got in touch within the next days, and whether it was paid within the horizon. Only episodes whose horizon is over count. Who pays
 * before anybody gets to him counts as left alone, which understates what contacts are worth, never the opposite.
 */
import type { Pool } from 'pg';
import { DAY_MS } from '../../core/days.js';
import { fitRecovery, RECOVERY } from './recovery.js';
import type { EstimateRecovery, RecoveryCount } from './recovery.js';

const LEARNED_DAYS = 365;

export async function learnRecovery(pool: Pool, at: number): Promise<EstimateRecovery> {
  const { horizonDays, contactDays } = RECOVERY;
  const until = at - horizonDays * DAY_MS;
  const { rows } = await pool.query<RecoveryCount>(
    `SELECT class, "ageDays", "owedPaise", "isContacted", count(*)::int AS cases, (count(*) FILTER (WHERE is_paid))::int AS paid
     FROM (
       SELECT listed_class AS class, listed_age_days AS "ageDays", listed_owed_paise AS "owedPaise",
         EXISTS (SELECT FROM dunning_contacts c WHERE c.episode_id = e.episode_id
           AND c.contacted_at <= e.listed_at + make_interval(days => $3)) AS "isContacted",
         coalesce(cleared_by = 'paid' AND cleared_at <= listed_at + make_interval(days => $4), false) AS is_paid
       FROM dunning_episodes e
       WHERE listed_at > to_timestamp($1 / 1000.0) AND listed_at <= to_timestamp($2 / 1000.0)) AS cases
     GROUP BY class, "ageDays", "owedPaise", "isContacted"`,
    [until - LEARNED_DAYS * DAY_MS, until, contactDays, horizonDays],
  );
  return fitRecovery(rows);
}
