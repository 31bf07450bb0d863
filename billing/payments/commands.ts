/**
 * A caller's command is known by its `Idempotency-Key`: the key is written in the transaction that writes what the command makes, so
 * a repeat finds the same subject and goes on where the first stopped; the same key with another body is refused. What a repeat is
 * answered is the subject as it stands, so nothing answers with what has become untrue.
 */
import type { PoolClient } from 'pg';
import { reused } from '../../scoring/idempotency.js';

interface Claim {
  readonly kind:
    | 'payment'
    | 'refund'
    | 'instalment-plan'
    | 'mandate'
    | 'plan'
    | 'plan-order'
    | 'subscription'
    | 'subscription-order'
    | 'dunning-contact'
    | 'event-endpoint'
    | 'secret-rotation';
  readonly key: string;
  readonly bodyHash: string;
  /** What this command makes, unless an earlier one did. */
  readonly subject: string;
}

/** @throws AppError `idempotency-key-reused`. A twin that is under way is waited for. */
export async function claimCommand(
  client: PoolClient,
  { kind, key, bodyHash, subject }: Claim,
  now: number,
): Promise<{ readonly subject: string; readonly isNew: boolean }> {
  const { rowCount } = await client.query(
    `INSERT INTO payment_commands (kind, key, body_hash, subject, created_at)
     VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0)) ON CONFLICT DO NOTHING`,
    [kind, key, bodyHash, subject, now],
  );
  if (rowCount === 1) return { subject, isNew: true };
  const { rows } = await client.query<{ body_hash: string; subject: string }>(
    'SELECT body_hash, subject FROM payment_commands WHERE kind = $1 AND key = $2',
    [kind, key],
  );
  const [first] = rows;
  if (first?.body_hash !== bodyHash) throw reused('idempotency key');
  return { subject: first.subject, isNew: false };
}
