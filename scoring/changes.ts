/**
 * One change of the rules, the lists or a case: one transaction under one lock, so that the numbers of changes become visible in
 * their order and whoever polls for newer numbers misses none. A repeated idempotency key gets the first answer again.
 */
import { createHash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../core/clock.js';
import { inTransaction } from '../core/transaction.js';
import { reused } from './idempotency.js';

/** "rules" in ASCII. */
const CHANGES_LOCK = 0x72756c6573;

export interface ChangeRequest {
  /** The caller's `Idempotency-Key`, if any. */
  readonly key: string | null;
  /** What is asked and of what: equal for equal requests. */
  readonly request: unknown;
}

interface ChangeDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

/** @throws AppError `conflict` for a key that came with another request. */
export function makeChange<T>(
  { pool, clock }: ChangeDeps,
  { key, request }: ChangeRequest,
  work: (client: PoolClient, at: number) => Promise<T>,
): Promise<T> {
  const bodyHash = createHash('sha256').update(JSON.stringify(request)).digest('hex');
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [CHANGES_LOCK]);
    if (key !== null) {
      const { rows } = await client.query<{ body_hash: string; answer: unknown }>(
        'SELECT body_hash, answer FROM change_requests WHERE idempotency_key = $1',
        [key],
      );
      const first = rows[0];
      if (first !== undefined && first.body_hash !== bodyHash) throw reused('idempotency key');
      // Written by the same function for the same request.
      if (first !== undefined) return first.answer as T;
    }
    const at = clock.now();
    const answer = await work(client, at);
    if (key !== null)
      await client.query(
        'INSERT INTO change_requests (idempotency_key, body_hash, answer, at) VALUES ($1, $2, $3, to_timestamp($4 / 1000.0))',
        [key, bodyHash, JSON.stringify(answer), at],
      );
    return answer;
  });
}
