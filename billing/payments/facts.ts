/**
 * What the rows mean to the lake, as canonical facts (ingest/facts.ts): attempts, refunds, disputes and settlements; and of
 * payments that did not pass the gate themselves, their results and fraud reports, which for the others the gate's live log
 * has. Queued in the transaction that changes the rows, each under a key of its own, so that nothing is told twice or lost;
 * moved to the lake in batches that name the range of the queue that they hold, or by way of the live log where the fold of the
 * running server must see it (feed.ts).
 */
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '../../core/transaction.js';
import { appendFacts } from '../../ingest/append-facts.js';
import type { Fact } from '../../ingest/facts.js';
import type { Lake } from '../../ingest/lake.js';

/** A payer whom nobody names is a stranger each time. */
const PAYER = `coalesce(p.payer_id, a.customer_id, a.token_id, 'guest_' || a.attempt_id)`;
/** The lake's payment: of those that passed the gate the request's, otherwise the attempt itself. */
const PAYMENT_ID = `CASE p.origin WHEN 'api' THEN p.payment_id ELSE a.attempt_id END`;
const METHOD = `CASE a.method WHEN 'unknown' THEN 'other' ELSE a.method END`;
const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::bigint`;
const ALL = `FROM payment_attempts a JOIN payments p USING (payment_id)
   LEFT JOIN fact_queue q ON q.key = 'payment:' || a.attempt_id`;
const TOUCHED = `a.attempt_id = ANY($1)`;
const OURS = `${TOUCHED} AND p.origin = 'gateway'`;
/** What replaces what was told before is known from now on; what begins the story of a payment, from its beginning. */
const IF_FIRST = `CASE WHEN q.key IS NULL AND p.origin = 'gateway' THEN a.created_at END`;

/** The payment of an attempt `a` of the payment `p` that began at the gateway, as a fact. */
export const GATEWAY_PAYMENT = `json_build_object('fact', 'payment', 'paymentId', a.attempt_id, 'kind', 'payment',
  'payerId', ${PAYER}, 'instrumentId', a.token_id, 'method', ${METHOD}, 'amountPaise', a.amount_paise::text,
  'currency', a.currency, 'status', 'attempted', 'occurredAt', ${MS('a.created_at')})`;

/**
 * One row for each fact: its key; its fields as in ingest/facts.ts but for `sequence` and `knownAt`; and when it would have
 * been told by webhook, for history that is read afterwards (null: nobody can say).
 */
const FACTS: readonly string[] = [
  `SELECT 'payment:' || a.attempt_id, ${GATEWAY_PAYMENT}, a.created_at ${ALL} WHERE ${OURS}`,
  `SELECT 'outcome:' || a.attempt_id || ':captured', json_build_object('fact', 'outcome', 'paymentId', a.attempt_id,
     'status', 'captured', 'occurredAt', ${MS('a.created_at')}), ${IF_FIRST}
   ${ALL} WHERE ${OURS} AND a.is_captured`,
  `SELECT 'outcome:' || a.attempt_id || ':failed', json_build_object('fact', 'outcome', 'paymentId', a.attempt_id,
     'status', 'failed', 'failureReason', a.failure_reason, 'occurredAt', ${MS('a.created_at')}), ${IF_FIRST}
   ${ALL} WHERE ${OURS} AND a.status = 'failed'`,
  `SELECT 'refund:' || r.refund_id, json_build_object('fact', 'refund', 'refundId', r.refund_id, 'paymentId', ${PAYMENT_ID},
     'payerId', ${PAYER}, 'amountPaise', r.amount_paise::text, 'currency', r.currency, 'occurredAt', ${MS('r.created_at')}),
     greatest(r.created_at, q.known_at)
   ${ALL} JOIN refunds r USING (attempt_id) WHERE ${TOUCHED} AND r.status = 'processed'`,
  `SELECT 'dispute:' || d.dispute_id || ':' || said, json_build_object('fact', 'dispute', 'disputeId', d.dispute_id,
     'paymentId', ${PAYMENT_ID}, 'amountPaise', d.amount_paise::text, 'currency', d.currency, 'reason', d.reason_code,
     'status', said, 'occurredAt', ${MS('d.status_at')}), d.status_at
   ${ALL} JOIN disputes d USING (attempt_id),
     LATERAL (SELECT CASE d.status WHEN 'under_review' THEN 'open' ELSE d.status END AS said) AS outcome
   WHERE ${TOUCHED} AND d.status <> 'closed'`,
  `SELECT 'label:' || a.attempt_id, json_build_object('fact', 'label', 'paymentId', a.attempt_id, 'fraud', true,
     'source', 'chargeback', 'occurredAt', ${MS('a.created_at')}), greatest(d.created_at, q.known_at)
   ${ALL} JOIN disputes d USING (attempt_id)
   WHERE ${OURS} AND d.status <> 'won' AND (d.phase = 'fraud' OR d.reason_code LIKE '%fraud%')`,
  // Keyed by what may change, so that a change is told.
  `SELECT 'attempt:' || a.attempt_id || ':' || md5(concat_ws('|', a.payment_id, a.status, a.is_captured, a.failure_reason,
       'bank', a.bank, 'wallet', a.wallet, 'fee', a.fee_paise, a.tax_paise)),
     json_build_object('fact', 'attempt', 'attemptId', a.attempt_id, 'paymentId', ${PAYMENT_ID}, 'orderId', a.payment_id,
       'status', a.status, 'isCaptured', a.is_captured, 'method', ${METHOD}, 'bank', a.bank, 'wallet', a.wallet,
       'failureReason', a.failure_reason, 'amountPaise', a.amount_paise::text, 'feePaise', a.fee_paise::text,
       'taxPaise', a.tax_paise::text, 'currency', a.currency, 'occurredAt', ${MS('a.created_at')}), ${IF_FIRST}
   ${ALL} WHERE ${TOUCHED}`,
  `SELECT 'settlement:' || s.settlement_id || ':' || s.status, json_build_object('fact', 'settlement',
     'settlementId', s.settlement_id, 'status', s.status, 'amountPaise', s.amount_paise::text,
     'feesPaise', s.fees_paise::text, 'taxPaise', s.tax_paise::text, 'utr', s.utr,
     'occurredAt', ${MS('s.created_at')}), NULL::timestamptz
   FROM settlements s WHERE s.settlement_id = ANY($2)`,
];

/** Whose rows may have changed. */
export interface Touched {
  readonly attemptIds: readonly string[];
  readonly settlementIds: readonly string[];
}

/**
 * Since when what the gateway says counts as known: `now`, when we hear of it; `then` for history that was complete before we
 * asked, when a webhook would have told it. Features and backtests as of an instant then see what they would have seen.
 */
export type KnownSince = 'now' | 'then';

/** Queues what is new about these attempts and settlements. */
export async function queueFacts(
  client: PoolClient,
  { attemptIds, settlementIds }: Touched,
  now: number,
  knownSince: KnownSince,
): Promise<void> {
  if (attemptIds.length + settlementIds.length === 0) return;
  // Numbers are given before they are committed: the flush waits for those that are under way.
  await client.query('SELECT pg_advisory_xact_lock_shared($1)', [QUEUE_LOCK]);
  await client.query({
    name: 'queue-facts',
    text: `INSERT INTO fact_queue (key, body, known_at, is_fed)
           SELECT key, body, CASE $4 WHEN 'then' THEN least(told_at, heard_at) ELSE heard_at END,
             $4 = 'now' AND facts.body ->> 'fact' IN ('payment', 'outcome', 'label')
               -- A replay reads the log alone: what is said of a payment goes where the payment went.
               AND coalesce((SELECT f.is_fed FROM fact_queue f WHERE f.key = 'payment:' || (facts.body ->> 'paymentId')), true)
           FROM (${FACTS.join(' UNION ALL ')}) AS facts (key, body, told_at), to_timestamp($3 / 1000.0) AS heard_at
           ON CONFLICT (key) DO NOTHING`,
    values: [attemptIds, settlementIds, now, knownSince],
  });
}

/** Queues facts that nobody derives from rows: a key and the fields of ingest/facts.ts each, amounts as decimal text. */
export async function queueStated(
  client: PoolClient,
  facts: readonly { readonly key: string; readonly body: Readonly<Record<string, unknown>> }[],
  now: number,
): Promise<void> {
  if (facts.length === 0) return;
  await client.query('SELECT pg_advisory_xact_lock_shared($1)', [QUEUE_LOCK]);
  await client.query({
    name: 'queue-stated',
    text: `INSERT INTO fact_queue (key, body, known_at)
           SELECT key, body, to_timestamp($2 / 1000.0) FROM json_to_recordset($1) AS stated(key text, body json)
           ON CONFLICT (key) DO NOTHING`,
    values: [JSON.stringify(facts), now],
  });
}

/** "hasivq" in ASCII. */
const QUEUE_LOCK = 0x686173697671;
const BATCH_NAME = /^gateway-\d+-(\d+)$/;
/** Facts of one batch: some seconds of work. */
const MAX_FACTS = 100_000;

/** Answers how many facts were moved. A batch that a crash left in both places is recognised by its name. */
export async function flushGatewayFacts(pool: Pool, lake: Lake): Promise<number> {
  const settled = await settledNumber(pool);
  return inTransaction(pool, async (client) => {
    const names = (await lake.batches()).map(({ name }) => Number(BATCH_NAME.exec(name)?.[1] ?? 0));
    const watermark = Math.max(0, ...names);
    const { rows } = await client.query<{ number: bigint; body: Record<string, unknown>; known_at: number }>(
      `SELECT number, body, known_at FROM fact_queue WHERE number > $1 AND number <= $2 AND body IS NOT NULL AND NOT is_fed
       ORDER BY number LIMIT $3 FOR UPDATE`,
      [watermark, settled, MAX_FACTS],
    );
    const last = Number(rows.at(-1)?.number ?? watermark);
    if (rows.length > 0)
      await appendFacts(
        lake,
        { name: `gateway-${watermark + 1}-${last}`, source: 'gateway' },
        rows.map(({ body, known_at }, i) => toFact(body, known_at, i)),
      );
    // The key stays: what was told is not told again.
    await client.query(
      'UPDATE fact_queue SET body = NULL WHERE number <= $1 AND body IS NOT NULL AND NOT is_fed',
      [last],
    );
    return rows.length;
  });
}

/** What the gateway does not say of a payment. */
const ABSENT = {
  retryOf: null,
  counterpartyId: null,
  instrumentId: null,
  deviceId: null,
  ip: null,
  category: null,
  country: null,
  latitude: null,
  longitude: null,
  failureReason: null,
} as const;

/** No number up to this one is still to be committed. */
function settledNumber(pool: Pool): Promise<bigint> {
  return inTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [QUEUE_LOCK]);
    const { rows } = await client.query<{ last: bigint | null }>(
      'SELECT max(number) AS last FROM fact_queue',
    );
    return rows[0]?.last ?? 0n;
  });
}

/** A provider's clock may be ahead of ours: nothing is known before it happened. */
export function toFact(body: Record<string, unknown>, knownAt: number, sequence: number): Fact {
  const occurredAt = Math.min(body['occurredAt'] as number, knownAt);
  const amounts = Object.entries(body)
    .filter(([field, value]) => field.endsWith('Paise') && value !== null)
    .map(([field, value]) => [field, BigInt(value as string)]);
  return { ...ABSENT, ...body, ...Object.fromEntries(amounts), occurredAt, knownAt, sequence } as Fact;
}
