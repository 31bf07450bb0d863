/**
 * The live facts after a sequence, in the order in which the gate's fold observed them, wherever they are now: what a flush
 * has moved is read from the lake, the rest from the log. A flush may run meanwhile; none is seen twice or not at all.
 */
import type { PoolClient } from 'pg';
import { openDuckdb } from '../../core/duckdb.js';
import type { Duckdb } from '../../core/duckdb.js';
import type { Observation } from '../../features/fold.js';
import type { LabelSource, PaymentRequest, PaymentStatus } from '../../ingest/facts.js';
import type { Lake } from '../../ingest/lake.js';
import { SEQUENCES_PER_BATCH } from '../../ingest/lake-tables.js';
import { firstLiveSequence, lastLiveSequence } from '../flush.js';
import { loggedFacts } from '../live-state.js';

/** @param client in a transaction that has asked for nothing yet. */
export async function* liveFacts(
  client: PoolClient,
  lake: Pick<Lake, 'attach' | 'batches'>,
  after: number,
): AsyncGenerator<Observation> {
  // The log as of now, before the lake is asked: what a flush moves from here on is found in both, and taken once.
  await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
  await client.query('SELECT count(*) FROM (SELECT FROM facts LIMIT 1) log');
  const live = (await lake.batches()).filter((batch) => lastLiveSequence(batch) > 0);
  const first = live.find((batch) => lastLiveSequence(batch) > after);
  if (first !== undefined) {
    const db = await openDuckdb(':memory:');
    try {
      await lake.attach(db, live);
      // A live batch counts up without gaps, so what comes after `after` begins as far into it as its sequences do.
      const seen = Math.max(0, after + 1 - firstLiveSequence(first));
      yield* lakeFacts(db, first.ordinal * SEQUENCES_PER_BATCH + seen);
    } finally {
      db.close();
    }
  }
  yield* loggedFacts(client, Math.max(after, ...live.map(lastLiveSequence)));
}

/** Columns named as the fields of `PaymentRequest`. */
const REQUEST_COLUMNS = `p.payment_id AS "paymentId", p.kind, p.retry_of AS "retryOf", p.payer_id AS "payerId",
  p.counterparty_id AS "counterpartyId", p.instrument_id AS "instrumentId", p.device_id AS "deviceId", p.ip, p.method,
  p.category, p.country, p.latitude, p.longitude, p.amount_paise AS "amountPaise", p.currency`;

type FactRow = PaymentRequest & {
  readonly fact: Observation['fact'];
  readonly paidAt: number;
  readonly status: PaymentStatus;
  readonly failureReason: string | null;
  readonly fraud: boolean;
  readonly source: LabelSource;
  readonly sequence: number;
  readonly occurredAt: number;
  readonly knownAt: number;
};

/** `own` are the columns that only this kind of fact has. */
function selectFacts(fact: Observation['fact'], from: string, own: string): string {
  return `SELECT '${fact}' AS fact, ${REQUEST_COLUMNS}, epoch_ms(p.occurred_at)::DOUBLE AS "paidAt", ${own},
    f.sequence::DOUBLE AS sequence, epoch_ms(f.occurred_at)::DOUBLE AS "occurredAt", epoch_ms(f.known_at)::DOUBLE AS "knownAt"
    FROM ${from}`;
}

const PAYMENTS = 'payments p USING (payment_id)';
const RESULT =
  'f.status, f.failure_reason AS "failureReason", NULL::BOOLEAN AS fraud, NULL::VARCHAR AS source';
const LABEL = 'NULL::VARCHAR AS status, NULL::VARCHAR AS "failureReason", f.fraud, f.source';

/** In the order of their sequences, from `from` on. */
async function* lakeFacts(db: Duckdb, from: number): AsyncGenerator<Observation> {
  const facts = await db.connection.stream(
    `SELECT * FROM (
       ${selectFacts('payment', `payments f JOIN ${PAYMENTS}`, RESULT)}
       UNION ALL ${selectFacts('outcome', `outcomes f JOIN ${PAYMENTS}`, RESULT)}
       UNION ALL ${selectFacts('label', `labels f JOIN ${PAYMENTS}`, LABEL)})
     WHERE sequence >= ${from} ORDER BY sequence`,
  );
  for await (const rows of facts.yieldRowObjectJs())
    // The columns are those of `selectFacts`.
    for (const row of rows) yield toObservation(row as unknown as FactRow);
}

function toObservation(row: FactRow): Observation {
  const { fact, paidAt, status, failureReason, fraud, source, sequence, occurredAt, knownAt, ...request } =
    row;
  const known = { sequence, occurredAt, knownAt };
  if (fact === 'payment') return { fact, ...request, status, failureReason, ...known };
  const about = { paymentId: request.paymentId, ...known, payment: { ...request, occurredAt: paidAt } };
  if (fact === 'label') return { fact, fraud, source, ...about };
  // An outcome is a result: the log has no others.
  return { fact, status: status as 'captured' | 'failed', failureReason, ...about };
}
