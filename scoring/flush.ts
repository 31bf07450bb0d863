/**
 * Moves durable facts from the live log to the lake, each exactly once. The lake itself says how far it got: a batch is
 * named after the range of sequences that it holds, so a crash between the lake's commit and the deletion only leaves
 * facts to delete that the next flush recognises. One flush at a time, by a lock that the restore shares.
 */
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../core/transaction.js';
import type { Observation } from '../features/fold.js';
import { appendFacts } from '../ingest/append-facts.js';
import type { Batch } from '../ingest/batch-record.js';
import type { Fact } from '../ingest/facts.js';
import type { Lake } from '../ingest/lake.js';
import { settledSequence } from './home/epochs.js';
import { FACTS_LOCK, loggedFacts } from './live-state.js';

const SOURCE = 'live';
const BATCH_NAME = /^live-(\d+)-(\d+)$/;

/** Highest sequence of the live log in a batch of the lake; 0 for a batch that came from elsewhere. */
export function lastLiveSequence({ name }: Pick<Batch, 'name'>): number {
  return Number(BATCH_NAME.exec(name)?.[2] ?? 0);
}

/** The sequence from which on the batch holds the live log; infinity for one that came from elsewhere. */
export function firstLiveSequence({ name }: Pick<Batch, 'name'>): number {
  return Number(BATCH_NAME.exec(name)?.[1] ?? Infinity);
}

/** Highest sequence of the live log that the lake holds; 0 when it holds none. */
export async function lakeWatermark(lake: Lake): Promise<number> {
  return Math.max(0, ...(await lake.batches()).map(lastLiveSequence));
}

/** Answers the number of facts moved; 0 also when another flush or a restore is at work. */
export function flushFacts(pool: Pool, lake: Lake): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
      FACTS_LOCK,
    ]);
    if (rows[0]?.taken !== true) return 0;
    const watermark = await lakeWatermark(lake);
    const range = await unflushed(client, watermark);
    if (range.count > 0) {
      const name = `live-${watermark + 1}-${range.last}`;
      await appendFacts(
        lake,
        { name, source: SOURCE },
        withoutPayments(loggedFacts(client, watermark, range.last)),
      );
    }
    await client.query('DELETE FROM facts WHERE sequence <= $1', [range.last]);
    return range.count;
  });
}

async function unflushed(client: PoolClient, watermark: number): Promise<{ count: number; last: number }> {
  const { rows } = await client.query<{ count: bigint; last: bigint | null }>(
    `SELECT count(*) AS count, max(sequence) AS last FROM facts
     WHERE sequence > $1 AND ($2::bigint IS NULL OR sequence <= $2)`,
    [watermark, await settledSequence(client, watermark)],
  );
  return { count: Number(rows[0]?.count ?? 0), last: Number(rows[0]?.last ?? watermark) };
}

/** The lake keeps a payment once; its results and labels name it. */
async function* withoutPayments(observations: AsyncIterable<Observation>): AsyncGenerator<Fact> {
  for await (const observation of observations) {
    if (observation.fact === 'payment') {
      yield observation;
      continue;
    }
    const { payment: _payment, ...fact } = observation;
    yield fact;
  }
}
