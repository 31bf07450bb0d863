/**
 * Attempts and the payments they belong to, from what the gateway says of them. A status moves only through its table; an amount
 * that can only grow takes the greater one; a gap is filled and never emptied. So any order of the same sightings, each any
 * number of times, gives the same rows. A payment's status follows from all its attempts together.
 */
import type { PoolClient } from 'pg';
import { jsonRows } from '../../core/json-rows.js';
import { advance } from '../../core/state.js';
import type { SeenOrder, SeenPayment } from '../../ingest/webhooks/sighting.js';
import { ATTEMPT, PAYMENT } from './states.js';
import type { AttemptStatus, PaymentEvent, PaymentStatus } from './states.js';

/** Without its times; amounts in minor units. */
interface Attempt {
  readonly attemptId: string;
  readonly orderId: string | null;
  readonly status: AttemptStatus;
  readonly isCaptured: boolean;
  readonly amountPaise: bigint;
  readonly refundedPaise: bigint;
  readonly currency: string;
  readonly method: string;
  readonly feePaise: bigint | null;
  readonly taxPaise: bigint | null;
  readonly failureReason: string | null;
  readonly invoiceId: string | null;
  readonly customerId: string | null;
  readonly tokenId: string | null;
  readonly isInternational: boolean;
  readonly bank: string | null;
  readonly wallet: string | null;
  readonly createdAt: number;
}

/** The caller holds the lock of every attempt (apply.ts). Answers the payments that were touched. */
export async function applyPayments(
  client: PoolClient,
  seen: readonly SeenPayment[],
  now: number,
): Promise<void> {
  if (seen.length === 0) return;
  await openPayments(client, seen, now);
  const attempts = await readAttempts(
    client,
    seen.map(({ id }) => id),
  );
  for (const payment of seen)
    attempts.set(payment.id, mergeAttempt(attempts.get(payment.id) ?? null, payment));
  await writeAttempts(client, [...attempts.values()], now);
  await recordTransactions(client, seen, now);
  await followAttempts(client, [...attempts.keys()], now);
}

/** What is known of an attempt after one more sighting. */
function mergeAttempt(known: Attempt | null, seen: SeenPayment): Attempt {
  // One published sample of a failed payment says `captured`.
  const isCaptured = seen.status === 'captured' || (seen.status === 'refunded' && seen.isCaptured);
  const fresh: Attempt = {
    attemptId: seen.id,
    orderId: seen.orderId,
    status: seen.status,
    isCaptured,
    amountPaise: seen.amountPaise,
    refundedPaise: seen.refundedPaise,
    currency: seen.currency,
    method: seen.method,
    feePaise: isCaptured ? seen.feePaise : null,
    taxPaise: isCaptured ? seen.taxPaise : null,
    failureReason: seen.status === 'failed' ? (seen.decline?.reason ?? null) : null,
    invoiceId: seen.invoiceId,
    customerId: seen.customerId,
    tokenId: seen.tokenId,
    isInternational: seen.isInternational,
    bank: seen.bank,
    wallet: seen.wallet,
    createdAt: seen.createdAt,
  };
  if (known === null) return fresh;
  return {
    ...known,
    status: advance(ATTEMPT, known.status, fresh.status) ?? known.status,
    isCaptured: known.isCaptured || isCaptured,
    refundedPaise: greater(known.refundedPaise, fresh.refundedPaise) ?? 0n,
    feePaise: greater(known.feePaise, fresh.feePaise),
    taxPaise: greater(known.taxPaise, fresh.taxPaise),
    // Of two reasons always the same one, whichever came first.
    failureReason: greater(known.failureReason, fresh.failureReason),
    invoiceId: known.invoiceId ?? fresh.invoiceId,
    customerId: known.customerId ?? fresh.customerId,
    tokenId: known.tokenId ?? fresh.tokenId,
    bank: known.bank ?? fresh.bank,
    wallet: known.wallet ?? fresh.wallet,
  };
}

function greater<T extends bigint | string>(one: T | null, other: T | null): T | null {
  if (one === null || other === null) return one ?? other;
  return one > other ? one : other;
}

/** A payment that did not begin with us gets a row under its order's id, or the attempt's. */
async function openPayments(client: PoolClient, seen: readonly SeenPayment[], now: number): Promise<void> {
  await client.query(
    `INSERT INTO payments (payment_id, order_id, origin, status, amount_paise, currency, created_at, changed_at)
     SELECT DISTINCT ON (payment_id) payment_id, order_id, 'gateway', 'created', amount, currency,
       to_timestamp(created / 1000.0), to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(payment_id text, order_id text, amount bigint, currency text, created float8)
     WHERE NOT EXISTS (SELECT FROM payments WHERE payments.order_id = row.order_id)
     ORDER BY payment_id
     ON CONFLICT DO NOTHING`,
    [
      now,
      jsonRows(
        seen.map(({ id, orderId, amountPaise, currency, createdAt }) => ({
          payment_id: orderId ?? id,
          order_id: orderId,
          amount: amountPaise,
          currency,
          created: createdAt,
        })),
      ),
    ],
  );
}

interface AttemptRow {
  attempt_id: string;
  order_id: string | null;
  status: AttemptStatus;
  is_captured: boolean;
  amount_paise: bigint;
  refunded_paise: bigint;
  currency: string;
  method: string;
  fee_paise: bigint | null;
  tax_paise: bigint | null;
  failure_reason: string | null;
  invoice_id: string | null;
  customer_id: string | null;
  token_id: string | null;
  is_international: boolean;
  bank: string | null;
  wallet: string | null;
  created_at: number;
}

async function readAttempts(client: PoolClient, ids: readonly string[]): Promise<Map<string, Attempt>> {
  const { rows } = await client.query<AttemptRow>(
    `SELECT a.*, p.order_id FROM payment_attempts a JOIN payments p USING (payment_id) WHERE attempt_id = ANY($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.attempt_id, fromRow(row)]));
}

function fromRow(row: AttemptRow): Attempt {
  return {
    attemptId: row.attempt_id,
    orderId: row.order_id,
    status: row.status,
    isCaptured: row.is_captured,
    amountPaise: row.amount_paise,
    refundedPaise: row.refunded_paise,
    currency: row.currency,
    method: row.method,
    feePaise: row.fee_paise,
    taxPaise: row.tax_paise,
    failureReason: row.failure_reason,
    invoiceId: row.invoice_id,
    customerId: row.customer_id,
    tokenId: row.token_id,
    isInternational: row.is_international,
    bank: row.bank,
    wallet: row.wallet,
    createdAt: row.created_at,
  };
}

async function writeAttempts(client: PoolClient, attempts: readonly Attempt[], now: number): Promise<void> {
  await client.query(
    `INSERT INTO payment_attempts AS kept (attempt_id, payment_id, status, is_captured, amount_paise, refunded_paise,
       currency, method, fee_paise, tax_paise, failure_reason, invoice_id, customer_id, token_id, is_international,
       bank, wallet, created_at, changed_at)
     SELECT attempt_id, coalesce((SELECT payment_id FROM payments WHERE payments.order_id = row.order_id), attempt_id),
       status, is_captured, amount_paise, refunded_paise, currency, method, fee_paise, tax_paise, failure_reason,
       invoice_id, customer_id, token_id, is_international, bank, wallet, to_timestamp(created_at / 1000.0),
       to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(attempt_id text, order_id text, status text, is_captured boolean,
       amount_paise bigint, refunded_paise bigint, currency text, method text, fee_paise bigint, tax_paise bigint,
       failure_reason text, invoice_id text, customer_id text, token_id text, is_international boolean, bank text,
       wallet text, created_at float8)
     ON CONFLICT (attempt_id) DO UPDATE SET status = excluded.status, is_captured = excluded.is_captured,
       refunded_paise = excluded.refunded_paise, fee_paise = excluded.fee_paise, tax_paise = excluded.tax_paise,
       failure_reason = excluded.failure_reason, invoice_id = excluded.invoice_id, customer_id = excluded.customer_id,
       token_id = excluded.token_id, bank = excluded.bank, wallet = excluded.wallet, changed_at = excluded.changed_at`,
    [now, jsonRows(attempts.map(toRow))],
  );
}

function toRow(attempt: Attempt): AttemptRow {
  return {
    attempt_id: attempt.attemptId,
    order_id: attempt.orderId,
    status: attempt.status,
    is_captured: attempt.isCaptured,
    amount_paise: attempt.amountPaise,
    refunded_paise: attempt.refundedPaise,
    currency: attempt.currency,
    method: attempt.method,
    fee_paise: attempt.feePaise,
    tax_paise: attempt.taxPaise,
    failure_reason: attempt.failureReason,
    invoice_id: attempt.invoiceId,
    customer_id: attempt.customerId,
    token_id: attempt.tokenId,
    is_international: attempt.isInternational,
    bank: attempt.bank,
    wallet: attempt.wallet,
    created_at: attempt.createdAt,
  };
}

const TRANSACTION_OF = { authorized: 'authorize', captured: 'capture', failed: 'fail' } as const;

/** One for each step that was heard of; a call of ours whose outcome was not known is answered here. */
async function recordTransactions(
  client: PoolClient,
  seen: readonly SeenPayment[],
  now: number,
): Promise<void> {
  const steps = seen.flatMap(({ id, status, amountPaise }) =>
    status === 'created' || status === 'refunded'
      ? []
      : [{ attempt_id: id, kind: TRANSACTION_OF[status], amount: amountPaise }],
  );
  await client.query(
    `INSERT INTO payment_transactions AS kept (attempt_id, kind, outcome, amount_paise, recorded_at)
     SELECT DISTINCT attempt_id, kind, CASE kind WHEN 'fail' THEN 'declined' ELSE 'ok' END, amount,
       to_timestamp($1 / 1000.0)
     FROM json_to_recordset($2) AS row(attempt_id text, kind text, amount bigint)
     ON CONFLICT (attempt_id, kind, reference) DO UPDATE SET outcome = excluded.outcome
       WHERE kept.outcome IN ('requested', 'unknown')`,
    [now, jsonRows(steps)],
  );
}

interface Standing {
  payment_id: string;
  status: PaymentStatus;
  captured: bigint;
  refunded: bigint;
  is_authorized: boolean;
  is_lapsed: boolean;
  created_at: number;
}

/** Locks the payments in the order of their ids, then reads what their attempts amount to. */
async function followAttempts(client: PoolClient, attemptIds: readonly string[], now: number): Promise<void> {
  await client.query(
    `SELECT FROM payments WHERE payment_id IN (SELECT payment_id FROM payment_attempts WHERE attempt_id = ANY($1))
     ORDER BY payment_id FOR UPDATE`,
    [attemptIds],
  );
  const { rows } = await client.query<Standing>(
    `SELECT p.payment_id, p.status,
       coalesce(sum(a.amount_paise) FILTER (WHERE is_captured), 0)::bigint AS captured,
       coalesce(sum(a.refunded_paise) FILTER (WHERE is_captured), 0)::bigint AS refunded,
       bool_or(a.status = 'authorized') AS is_authorized, bool_or(a.status = 'refunded') AS is_lapsed,
       CASE p.origin WHEN 'gateway' THEN least(p.created_at, min(a.created_at)) ELSE p.created_at END AS created_at
     FROM payments p JOIN payment_attempts a USING (payment_id)
     WHERE payment_id IN (SELECT payment_id FROM payment_attempts WHERE attempt_id = ANY($1))
     GROUP BY p.payment_id`,
    [attemptIds],
  );
  const standings = rows.map((row) => ({
    payment_id: row.payment_id,
    status: advance(PAYMENT, row.status, eventOf(row)) ?? row.status,
    captured: row.captured,
    refunded: row.refunded,
    // The gateway's payments begin with their first attempt, whichever is heard of first.
    created: row.created_at,
  }));
  await client.query(
    `UPDATE payments SET status = row.status, captured_paise = row.captured, refunded_paise = row.refunded,
       created_at = to_timestamp(row.created / 1000.0), changed_at = to_timestamp($1 / 1000.0), revision = revision + 1
     FROM json_to_recordset($2) AS row(payment_id text, status text, captured bigint, refunded bigint, created float8)
     WHERE payments.payment_id = row.payment_id AND (payments.status, captured_paise, refunded_paise, created_at)
       IS DISTINCT FROM (row.status, row.captured, row.refunded, to_timestamp(row.created / 1000.0))`,
    [now, jsonRows(standings)],
  );
}

function eventOf({ captured, refunded, is_authorized, is_lapsed }: Standing): PaymentEvent {
  if (captured > 0n) return refunded >= captured ? 'refunded' : 'paid';
  if (is_authorized) return 'authorized';
  return is_lapsed ? 'refunded' : 'attempted';
}

/**
 * An order names our payment in its receipt. When its webhooks came before the answer to our call, or the answer was
 * lost, the attempts wait under the order's own row: they move to the payment, and the row goes.
 */
export async function bindOrders(client: PoolClient, orders: readonly SeenOrder[]): Promise<void> {
  for (const { id, receipt } of orders) {
    if (receipt === null) continue;
    const { rowCount } = await client.query(
      'SELECT FROM payments WHERE payment_id = $1 AND order_id IS NULL FOR UPDATE',
      [receipt],
    );
    if (rowCount === 0) continue;
    await client.query('UPDATE payment_attempts SET payment_id = $1 WHERE payment_id = $2', [receipt, id]);
    await client.query("DELETE FROM payments WHERE payment_id = $1 AND origin = 'gateway'", [id]);
    await client.query('UPDATE payments SET order_id = $2 WHERE payment_id = $1', [receipt, id]);
  }
}
