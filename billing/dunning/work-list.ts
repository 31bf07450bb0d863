/**
 * Whom people should get in touch with: cases that wait for a person, the most expected rupees for each rupee of effort first. The
 * hold-out is never on it, nor who promised, disputes, or whose outcome is open: the newest run has left them out.
 */
import type { Pool } from 'pg';
import { withinBudget } from './contact-worth.js';

export interface WorkItem {
  readonly episodeId: string;
  readonly payerId: string;
  readonly currency: string;
  readonly stage: string;
  readonly owedPaise: bigint;
  readonly invoices: number;
  readonly oldestDueAt: number;
  readonly declineReason: string | null;
  readonly recovery: number;
  readonly recoveryIfContacted: number;
  /** What the contact should bring in beyond what comes by itself. */
  readonly gainPaise: bigint;
  readonly costPaise: bigint;
  readonly reasons: readonly string[];
}

/** More than anybody can call in a week. */
const MOST_CONSIDERED = 5_000;

/** @param budgetPaise what the contacts may cost together; null: as many as `limit`. */
export async function workList(
  pool: Pool,
  { limit, budgetPaise }: { readonly limit: number; readonly budgetPaise: bigint | null },
): Promise<WorkItem[]> {
  const { rows } = await pool.query<WorkItem>(
    `SELECT episode_id AS "episodeId", payer_id AS "payerId", currency, stage, owed_paise AS "owedPaise", invoices,
       oldest_due_at AS "oldestDueAt", decline_reason AS "declineReason", recovery, recovery_if_contacted AS "recoveryIfContacted",
       gain_paise AS "gainPaise", cost_paise AS "costPaise", reasons
     FROM dunning_episodes WHERE cleared_at IS NULL AND is_listed AND arm = 'campaign'
       AND NOT EXISTS (SELECT FROM dunning_contacts c WHERE c.episode_id = dunning_episodes.episode_id AND c.contacted_at > computed_at)
     ORDER BY gain_paise::float8 / cost_paise DESC, episode_id LIMIT $1`,
    [budgetPaise === null ? limit : MOST_CONSIDERED],
  );
  return budgetPaise === null ? rows : withinBudget(rows, budgetPaise).slice(0, limit);
}
