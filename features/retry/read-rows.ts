/**
 * Debits of the lake as rows: payments of payers who were ever debited unattended, with what was said of them, in the order in which it was
 * known. A payment without device and address was made by nobody at a screen. The bank is the gateway's, of its newest word on the attempt.
 */
import type { Duckdb } from '../../core/duckdb.js';
import type { Method, PaymentKind, PaymentStatus } from '../../ingest/facts.js';
import { rowsOfPayer, type RetryRow, type TriedPayment } from './rows.js';

interface Stated {
  readonly payer_id: string;
  readonly payment_id: string;
  readonly kind: PaymentKind;
  readonly retry_of: string | null;
  readonly method: Method | null;
  readonly issuer: string | null;
  readonly paise: bigint;
  readonly attended: boolean;
  readonly at_ms: bigint;
  readonly status: PaymentStatus;
  readonly reason: string | null;
  readonly known_ms: bigint;
}

const UNATTENDED = 'device_id IS NULL AND ip IS NULL';

/** Instants are compared as of `asOfMs`: nothing known at or after it is read. */
const QUERY = `
  WITH debited AS (
    SELECT DISTINCT payer_id FROM payments WHERE ${UNATTENDED} AND known_at < epoch_ms($1::BIGINT)
  ), banks AS (
    SELECT payment_id, arg_max(bank, known_at) AS issuer FROM attempts
    WHERE known_at < epoch_ms($1::BIGINT) GROUP BY payment_id
  ), said AS (
    SELECT payment_id, status, failure_reason, known_at, sequence FROM payments
    UNION ALL SELECT payment_id, status, failure_reason, known_at, sequence FROM outcomes
  )
  SELECT p.payer_id, p.payment_id, p.kind, p.retry_of, p.method, banks.issuer, p.amount_paise AS paise,
    NOT (p.device_id IS NULL AND p.ip IS NULL) AS attended, epoch_ms(p.occurred_at) AS at_ms,
    said.status, said.failure_reason AS reason, epoch_ms(said.known_at) AS known_ms
  FROM payments p JOIN debited USING (payer_id) JOIN said USING (payment_id) LEFT JOIN banks USING (payment_id)
  WHERE p.known_at < epoch_ms($1::BIGINT) AND said.known_at < epoch_ms($1::BIGINT)
  ORDER BY p.payer_id, p.occurred_at, p.sequence, said.known_at, said.sequence`;

export async function readRetryRows(db: Duckdb, asOfMs: number): Promise<RetryRow[]> {
  const rows: RetryRow[] = [];
  let payer = '';
  let payments: TriedPayment[] = [];
  for (const row of await db.rows<Stated>(QUERY, [BigInt(asOfMs)])) {
    if (row.payer_id !== payer) {
      rows.push(...rowsOfPayer(payer, payments));
      payer = row.payer_id;
      payments = [];
    }
    if (payments.at(-1)?.paymentId !== row.payment_id) payments.push(paymentOf(row));
    const { status, reason, known_ms: known } = row;
    payments.at(-1)!.results.push({ status, reason, knownAtMs: Number(known) });
  }
  rows.push(...rowsOfPayer(payer, payments));
  return rows;
}

function paymentOf(row: Stated): TriedPayment {
  return {
    paymentId: row.payment_id,
    kind: row.kind,
    retryOf: row.retry_of,
    method: row.method,
    issuer: row.issuer,
    amountPaise: BigInt(row.paise),
    attended: row.attended,
    atMs: Number(row.at_ms),
    results: [],
  };
}
