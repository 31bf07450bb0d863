/**
 * The live state at start, and after a failed commit: the history from the lake, then the facts that the log holds beyond
 * it, in order. A lock keeps the flush from moving facts to the lake meanwhile, so that none is seen twice or not at all.
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../core/clock.js';
import { inTransaction } from '../core/transaction.js';
import type { Fold, Observation } from '../features/fold.js';
import { observationFromJson } from './entries.js';
import type { LiveState } from './live-log.js';

/** What the lake holds. */
export interface History {
  /** Highest sequence of the live log that is in the lake; 0 when none is. */
  watermark(): Promise<number>;
  /** Feeds the facts known before `untilMs` to the fold, in the order (knownAt, sequence); answers the ordinal of the newest batch. */
  replay(fold: Fold, untilMs: number): Promise<number>;
}

/**
 * What a fold was built from. With the live facts after `sequence` it makes the fold of any later moment again, also when
 * more has been imported since.
 */
export interface HistoryMark {
  /** The lake's batches up to this ordinal; 0 for none. */
  readonly batches: number;
  /** Their facts known before this instant, UTC epoch milliseconds. */
  readonly untilMs: number;
  /** Live facts up to this sequence were among them. */
  readonly sequence: number;
}

interface LiveStateDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly createFold: () => Fold;
  readonly history: History;
}

/** Shared with the flush: "facts" in ASCII. */
export const FACTS_LOCK = 0x6661637473;

/** Facts a query: about 10 MB. */
const PAGE = 10_000;

export function restoreLiveState({ pool, clock, createFold, history }: LiveStateDeps): Promise<LiveState> {
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [FACTS_LOCK]);
    const last = await lastLogged(client);
    const watermark = await history.watermark();
    let sequence = Math.max(watermark, last.sequence);
    // The clock may have gone back since the last fact.
    const knownAt = Math.max(clock.now(), last.knownAt);
    const fold = createFold();
    const untilMs = knownAt + 1;
    const batches = await history.replay(fold, untilMs);
    for await (const observation of loggedFacts(client, watermark)) {
      fold.observe(observation);
      sequence = Math.max(sequence, observation.sequence);
    }
    return { fold, sequence, knownAt, history: { batches, untilMs, sequence: watermark } };
  });
}

/** The clocks of several processes differ: the newest instant need not be that of the newest sequence. */
const LATEST = 1000;

/** Where the log ended, also when the lake has taken all its facts. */
export async function lastLogged(client: PoolClient): Promise<{ sequence: number; knownAt: number }> {
  const { rows } = await client.query<{ sequence: bigint; known_at: number }>(
    `(SELECT sequence, decided_at AS known_at FROM decisions ORDER BY sequence DESC LIMIT ${LATEST})
     UNION ALL
     (SELECT sequence, reported_at FROM outcome_reports ORDER BY sequence DESC LIMIT ${LATEST})
     UNION ALL
     (SELECT sequence, known_at FROM fed_facts ORDER BY sequence DESC LIMIT ${LATEST})
     UNION ALL
     (SELECT sequence, known_at FROM facts ORDER BY sequence DESC LIMIT ${LATEST})`,
  );
  return {
    sequence: Math.max(0, ...rows.map(({ sequence }) => Number(sequence))),
    knownAt: Math.max(0, ...rows.map(({ known_at }) => known_at)),
  };
}

/** The log's facts after `sequence`, in order. */
export async function* loggedFacts(
  client: PoolClient,
  after: number,
  until = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<Observation> {
  let position = after;
  for (;;) {
    const { rows } = await client.query<{ body: unknown }>(
      'SELECT body FROM facts WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence LIMIT $3',
      [position, until, PAGE],
    );
    for (const row of rows) {
      const observation = observationFromJson(row.body);
      position = observation.sequence;
      yield observation;
    }
    if (rows.length < PAGE) return;
  }
}
