/**
 * Appends entries to the ledger within the caller's transaction, so that what happened and what the books say of it are durable
 * together. An entry is named by its business event: the same content again is the first one, another content is refused.
 * Post last in a transaction: it holds the end of the chain until it commits.
 */
import type { PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { jsonRows } from '../../core/json-rows.js';
import type { Entry } from './templates.js';

interface PostedRow {
  readonly entry_key: string;
  readonly outcome: 'posted' | 'same' | 'conflict';
}

/**
 * Answers how many entries are new.
 * @throws AppError `ledger-conflict` when a key stands for another content: nothing of the call may be committed.
 */
export async function postEntries(
  client: PoolClient,
  entries: readonly Entry[],
  now: number,
): Promise<number> {
  if (entries.length === 0) return 0;
  const { rows } = await client.query<PostedRow>({
    name: 'post-ledger-entries',
    text: 'SELECT entry_key, outcome FROM post_ledger_entries($1::jsonb, to_timestamp($2 / 1000.0))',
    values: [jsonRows(entries), now],
  });
  const conflict = rows.find(({ outcome }) => outcome === 'conflict');
  if (conflict !== undefined) {
    const message = `the ledger has ${conflict.entry_key} with another content: post the difference under a key of its own`;
    throw new AppError('conflict', 'ledger-conflict', message, { retryable: false });
  }
  return rows.filter(({ outcome }) => outcome === 'posted').length;
}
