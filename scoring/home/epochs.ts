/**
 * Epochs of the shared fold, in PostgreSQL: which space of the shared memory is the fold, since which sequence, built from what.
 * Beginning one is the fence between writers: from that instant nothing of an earlier epoch can be committed any more
 * (core/migrations/0030-shared-fold.sql), so whoever builds the next one has seen all there is.
 */
import type { Pool, PoolClient } from 'pg';
import { DatabaseError } from 'pg';
import { assert } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { inTransaction } from '../../core/transaction.js';
import type { Clock } from '../../core/clock.js';
import type { HistoryMark } from '../live-state.js';

export interface Epoch {
  readonly epoch: number;
  readonly space: string;
  readonly featureSetHash: string;
  /** Null while its memory is being built, and for ever if that was given up. */
  readonly history: HistoryMark | null;
}

/** "epochs" in ASCII; the migration's function shares it. */
const FENCE_LOCK = 111533579528307;
/** "rebuild" in ASCII without its last letter: one process at a time builds the memory. */
const BUILD_LOCK = 0x72656275696c;
/** Raised by `require_fold_epoch`. */
const EPOCH_OVER = 'HF001';

interface EpochRow {
  epoch: bigint;
  space: string;
  feature_set_hash: string;
  history_batches: bigint | null;
  history_until: number | null;
  history_sequence: bigint | null;
}

/** Null when the fold is not shared. */
export async function newestEpoch(pool: Pool | PoolClient): Promise<Epoch | null> {
  const { rows } = await pool.query<EpochRow>(
    `SELECT epoch, space, feature_set_hash, history_batches, history_until, history_sequence
     FROM fold_epochs ORDER BY epoch DESC LIMIT 1`,
  );
  const row = rows[0];
  if (row === undefined) return null;
  const { history_batches: batches, history_until: untilMs, history_sequence: sequence } = row;
  const history =
    batches === null || untilMs === null || sequence === null
      ? null
      : { batches: Number(batches), untilMs, sequence: Number(sequence) };
  const { space, feature_set_hash: featureSetHash } = row;
  return { epoch: Number(row.epoch), space, featureSetHash, history };
}

/** Begins an epoch whose memory is still to be built. All that was committed before is visible when it returns. */
export function beginEpoch(pool: Pool, clock: Clock, featureSetHash: string): Promise<Epoch> {
  const space = newId('fold', clock);
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [FENCE_LOCK]);
    const {
      rows: [row],
    } = await client.query<{ epoch: bigint }>(
      `INSERT INTO fold_epochs (opened_at, space, feature_set_hash, first_sequence)
       SELECT to_timestamp($1 / 1000.0), $2, $3, greatest(
         (SELECT max(sequence) FROM facts), (SELECT max(sequence) FROM decisions),
         (SELECT max(sequence) FROM outcome_reports), (SELECT max(sequence) FROM fed_facts), 0)
       RETURNING epoch`,
      [clock.now(), space, featureSetHash],
    );
    assert(row, 'an insertion returns its row');
    return { epoch: Number(row.epoch), space, featureSetHash, history: null };
  });
}

/** The memory of the epoch is complete. Earlier epochs are forgotten; answers the names of their spaces. */
export async function completeEpoch(
  pool: Pool,
  epoch: number,
  { history, sequence }: { readonly history: HistoryMark; readonly sequence: number },
): Promise<string[]> {
  await pool.query(
    `UPDATE fold_epochs SET first_sequence = $2, history_batches = $3, history_until = to_timestamp($4 / 1000.0),
       history_sequence = $5 WHERE epoch = $1`,
    [epoch, sequence, history.batches, history.untilMs, history.sequence],
  );
  const { rows } = await pool.query<{ space: string }>(
    'DELETE FROM fold_epochs WHERE epoch < $1 RETURNING space',
    [epoch],
  );
  return rows.map(({ space }) => space);
}

/** From here on one process numbers the facts alone; whoever shared the fold can commit nothing any more. */
export async function endEpochs(pool: Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [FENCE_LOCK]);
    await client.query('DELETE FROM fold_epochs');
  });
}

/**
 * Up to which sequence all facts are committed that ever will be: several processes commit out of order, and a fact must not
 * arrive behind the watermark of the lake. Null without bound, when the fold is not shared.
 */
export async function settledSequence(client: PoolClient, watermark: number): Promise<bigint | null> {
  const { rows } = await client.query<{ settled: bigint }>(
    `WITH base AS (SELECT greatest(first_sequence, $1) AS sequence FROM fold_epochs ORDER BY epoch DESC LIMIT 1),
       later AS (
         SELECT facts.sequence, facts.sequence = base.sequence + row_number() OVER (ORDER BY facts.sequence) AS follows
         FROM facts, base WHERE facts.sequence > base.sequence)
     SELECT coalesce((SELECT max(sequence) FROM later WHERE follows), base.sequence) AS settled FROM base`,
    [watermark],
  );
  return rows[0]?.settled ?? null;
}

/** Runs `work` while no other process builds a memory; waits for its turn. */
export function alone<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [BUILD_LOCK]);
    return work();
  });
}

export function isEpochOver(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === EPOCH_OVER;
}

/** The row itself is refused: trying again cannot help. Classes 22 (data) and 23 (integrity). */
export function isRefusedByDatabase(error: unknown): boolean {
  return error instanceof DatabaseError && /^2[23]/.test(error.code ?? '');
}
