/**
 * Feeds what the gateway told of payments that did not pass the gate to the fold of the running server, through its live log: the
 * fact is known from the moment at which the fold sees it, and a replay sees it there as well. Each is fed once: the log keeps the
 * fact's key, and one process feeds at a time. Without a server they wait for one.
 */
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../core/transaction.js';
import type { Observation } from '../../features/fold.js';
import type { LabelFact, OutcomeFact, PaymentFact } from '../../ingest/facts.js';
import { paymentWithInstant } from '../../scoring/entries.js';
import type { FeedEntry } from '../../scoring/entries.js';
import type { LiveLog, Moment } from '../../scoring/live-log.js';
import { GATEWAY_PAYMENT, toFact } from './facts.js';

interface FeedDeps {
  readonly pool: Pool;
  readonly log: Pick<LiveLog, 'append' | 'isReady'>;
}

/** A turn's worth: one commit of the log. */
const BATCH = 256;
/** "hasivf" in ASCII. */
const FEED_LOCK = 0x686173697666;

interface Waiting {
  readonly key: string;
  readonly body: Record<string, unknown>;
  readonly payment: Record<string, unknown>;
  readonly is_fed: boolean;
}

/** Answers how many facts were fed; 0 also while another process feeds or the fold is being built. */
export function feedFold({ pool, log }: FeedDeps): Promise<number> {
  return inTransaction(pool, async (client) => {
    if (!log.isReady() || !(await takeTurn(client))) return 0;
    const waiting = await readWaiting(client);
    const fresh = waiting.filter(({ is_fed: isFed }) => !isFed);
    await Promise.all(fresh.map((one) => feed(log, one)));
    await client.query('UPDATE fact_queue SET body = NULL WHERE key = ANY($1)', [
      waiting.map(({ key }) => key),
    ]);
    return fresh.length;
  });
}

async function takeTurn(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
    FEED_LOCK,
  ]);
  return rows[0]?.taken === true;
}

/** In the order in which they were queued, those among them that a crash kept from being ticked off. */
async function readWaiting(client: PoolClient): Promise<Waiting[]> {
  const { rows } = await client.query<Waiting>(
    `SELECT q.key, q.body, ${GATEWAY_PAYMENT} AS payment, f.key IS NOT NULL AS is_fed
     FROM fact_queue q JOIN payment_attempts a ON a.attempt_id = q.body ->> 'paymentId' JOIN payments p USING (payment_id)
     LEFT JOIN fed_facts f ON f.key = q.key
     WHERE q.is_fed AND q.body IS NOT NULL ORDER BY q.number LIMIT $1`,
    [BATCH],
  );
  return rows;
}

async function feed(log: FeedDeps['log'], { key, body, payment }: Waiting): Promise<void> {
  const about = toFact(payment, Infinity, 0) as PaymentFact;
  await log.append({ payment: about, claims: () => [`feed:${key}`] }, (moment): FeedEntry => ({
    observation: observe(body, about, moment),
    feed: { key },
  }));
}

function observe(
  body: Record<string, unknown>,
  payment: PaymentFact,
  { knownAt, sequence }: Moment,
): Observation {
  // The queue holds these three kinds for the fold, and no others.
  const fact = toFact(body, knownAt, sequence) as PaymentFact | OutcomeFact | LabelFact;
  return fact.fact === 'payment' ? fact : { ...fact, payment: paymentWithInstant(payment) };
}
