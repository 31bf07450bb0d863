/**
 * A chain is a first attempt with its retries and dunning steps. Once any of them was blocked, none that follows is let through: the
 * decision log itself says so, by its index of blocked steps, for whatever arrives together in one query.
 */
import type { Pool } from 'pg';
import type { PaymentRequest } from '../ingest/facts.js';
import { createGroupCommit, unavailable } from '../core/group-commit.js';

/** Whether the chain that the payment continues was blocked. A first attempt continues none. */
export type ChainBlocked = (payment: Pick<PaymentRequest, 'kind' | 'retryOf'>) => Promise<boolean>;

const MAX_BATCH = 512;
const MAX_WAITING = 8192;

export function createChainLookup(pool: Pool): ChainBlocked {
  const lookups = createGroupCommit<string, boolean>({
    write: (chains) => blockedAmong(pool, chains),
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
  });
  return async ({ kind, retryOf }) => {
    if (kind === 'payment' || retryOf === null) return false;
    lookups.requireRoom();
    return lookups.add(retryOf).catch((cause: unknown) => {
      throw unavailable('storage-unavailable', 'the decision log cannot be read; try again shortly', cause);
    });
  };
}

async function blockedAmong(pool: Pool, chains: readonly string[]): Promise<boolean[]> {
  const { rows } = await pool.query<{ chain: string }>({
    name: 'blocked-chains',
    text: `SELECT payment_id AS chain FROM decisions WHERE payment_id = ANY($1) AND action = 'block'
           UNION ALL
           SELECT retry_of FROM decisions WHERE retry_of = ANY($1) AND action = 'block' AND retry_of IS NOT NULL`,
    values: [chains],
  });
  const blocked = new Set(rows.map(({ chain }) => chain));
  return chains.map((chain) => blocked.has(chain));
}
