/**
 * Sets what payers have paid against what they owe. An invoice follows the payments that name it in their reference, as the books have
 * them: captured, less refunds and lost disputes. At most its total is paid; what came beyond it stays the payer's advance, seen as
 * overpaid, and pays nothing else by itself (what was paid twice under one reference goes back by itself, payments/follow.ts).
 * Money that goes back opens the invoice again, held: nobody is debited a second time without a person. Derived from the rows,
 * not accumulated: any order and any repeat end in the same. Locks: subscriptions, invoices, payments, each by id, then the ledger.
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import { jsonRows } from '../../core/json-rows.js';
import { advance } from '../../core/state.js';
import { inTransaction } from '../../core/transaction.js';
import { postEntries } from '../ledger/post.js';
import { entryOf } from '../ledger/templates.js';
import type { Entry } from '../ledger/templates.js';
import { postNotice } from '../notices/post.js';
import { publishEvents } from '../notices/publish.js';
import type { NewEvent } from '../notices/publish.js';
import { lockSubscriptions } from '../subscriptions/subscription.js';
import { followArrears } from './arrears.js';
import { renew } from './renew.js';
import { INVOICE } from './states.js';
import type { InvoiceEvent, InvoiceStatus } from './states.js';
import { paidEvent } from './tell.js';

export interface SettleDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

/** Invoices of one transaction: bounded by the locks that it holds. */
const BATCH = 500;

/** Until nothing is left. Answers how many invoices were looked at. */
export async function settleInvoices({ pool, clock }: SettleDeps): Promise<number> {
  for (let settled = 0; ;) {
    const now = clock.now();
    const changed = await inTransaction(pool, async (client) => {
      const changes = await takeChanges(client);
      await lockInvoices(client, changes.invoiceIds);
      await postEntries(client, await settleLocked(client, changes.invoiceIds, now), now);
      return changes;
    });
    settled += changed.invoiceIds.length;
    if (changed.rows < BATCH) return settled;
  }
}

interface Changes {
  /** What named them, invoices or not. */
  readonly rows: number;
  readonly invoiceIds: readonly string[];
}

interface ChangeRow {
  readonly kind: 'payment' | 'refund' | 'dispute';
  readonly id: string;
  readonly reference: string | null;
}

/** Ticks off what never was about an invoice; the rest when the invoice has followed it. */
async function takeChanges(client: PoolClient): Promise<Changes> {
  const { rows } = await client.query<ChangeRow>(
    `(SELECT 'payment' AS kind, payment_id AS id, reference FROM payments
      WHERE reference IS NOT NULL AND settled_revision < revision ORDER BY payment_id LIMIT $1)
     UNION ALL
     (SELECT 'refund', r.refund_id, p.reference FROM refunds r JOIN payment_attempts USING (attempt_id)
      JOIN payments p USING (payment_id) WHERE r.is_settled <> r.is_booked ORDER BY r.refund_id LIMIT $1)
     UNION ALL
     (SELECT 'dispute', d.dispute_id, p.reference FROM disputes d JOIN payment_attempts USING (attempt_id)
      JOIN payments p USING (payment_id) WHERE d.is_settled <> d.is_booked ORDER BY d.dispute_id LIMIT $1)
     LIMIT $1`,
    [BATCH],
  );
  const named = [...new Set(rows.flatMap(({ reference }) => reference?.split(':', 1) ?? []))];
  const { rows: found } = await client.query<{ invoice_id: string }>(
    'SELECT invoice_id FROM invoices WHERE invoice_id = ANY($1)',
    [named],
  );
  const invoiceIds = found.map(({ invoice_id }) => invoice_id);
  const isInvoice = new Set(invoiceIds);
  const others = rows.filter(({ reference }) => !isInvoice.has(reference?.split(':', 1)[0] ?? ''));
  const idsOf = (kind: ChangeRow['kind']): string[] =>
    others.filter((row) => row.kind === kind).map(({ id }) => id);
  await tickOff(client, { payments: idsOf('payment'), refunds: idsOf('refund'), disputes: idsOf('dispute') });
  return { rows: rows.length, invoiceIds };
}

async function tickOff(
  client: PoolClient,
  ids: { readonly payments: string[]; readonly refunds: string[]; readonly disputes: string[] },
): Promise<void> {
  if (ids.payments.length > 0)
    await client.query(
      `UPDATE payments SET settled_revision = revision WHERE payment_id IN
         (SELECT payment_id FROM payments WHERE payment_id = ANY($1) ORDER BY payment_id FOR UPDATE)`,
      [ids.payments],
    );
  if (ids.refunds.length > 0)
    await client.query('UPDATE refunds SET is_settled = is_booked WHERE refund_id = ANY($1)', [ids.refunds]);
  if (ids.disputes.length > 0)
    await client.query('UPDATE disputes SET is_settled = is_booked WHERE dispute_id = ANY($1)', [
      ids.disputes,
    ]);
}

interface Standing {
  invoice_id: string;
  payer_id: string;
  subscription_id: string | null;
  kind: string;
  status: InvoiceStatus;
  currency: string;
  total_paise: bigint;
  paid_paise: bigint;
  overpaid_paise: bigint;
  settlements: number;
  held_paise: bigint;
  went_back: 'refunded' | 'chargeback' | null;
  /** Money for it came by a debit, of which the payer hears elsewhere. */
  is_debited: boolean;
}

/** The caller has locked the invoices, and posts the entries. */
export async function settleLocked(
  client: PoolClient,
  invoiceIds: readonly string[],
  now: number,
): Promise<Entry[]> {
  if (invoiceIds.length === 0) return [];
  const settled = (await readStandings(client, invoiceIds)).map(follow);
  await writeSettled(client, settled, now);
  await renew(client, await lockSubscriptions(client, ownersOf(settled)), settled.flatMap(paidPeriod), now);
  await followArrears(client, ownersOf(settled), now);
  await publishEvents(client, settled.flatMap(toEvents), now);
  for (const one of settled) await thank(client, one, now);
  return settled.flatMap((one) => entriesOf(one, now));
}

function ownersOf(standings: readonly Standing[]): string[] {
  return [...new Set(standings.flatMap(({ subscription_id: id }) => id ?? []))];
}

/** Of a period that is paid now for the first time. */
function paidPeriod({ invoice_id: invoiceId, subscription_id: subscriptionId, ...one }: Settled) {
  if (subscriptionId === null || one.kind !== 'recurring' || one.went_back !== null) return [];
  return one.next === 'paid' && one.status !== 'paid' ? [{ invoiceId, subscriptionId }] : [];
}

/** Locks the payments of the invoices, ticks them off, and reads what is held for each. */
async function readStandings(client: PoolClient, invoiceIds: readonly string[]): Promise<Standing[]> {
  const { rows: payments } = await client.query<{ payment_id: string }>(
    `SELECT payment_id FROM payments WHERE reference IS NOT NULL AND split_part(reference, ':', 1) = ANY($1)
     ORDER BY payment_id FOR UPDATE`,
    [invoiceIds],
  );
  const paymentIds = payments.map(({ payment_id }) => payment_id);
  const { rows } = await client.query<Standing>(STANDINGS, [invoiceIds]);
  await client.query('UPDATE payments SET settled_revision = revision WHERE payment_id = ANY($1)', [
    paymentIds,
  ]);
  const ofPayments = `FROM payment_attempts a WHERE a.payment_id = ANY($1)`;
  await client.query(
    `UPDATE refunds r SET is_settled = is_booked ${ofPayments} AND r.attempt_id = a.attempt_id`,
    [paymentIds],
  );
  await client.query(
    `UPDATE disputes d SET is_settled = is_booked ${ofPayments} AND d.attempt_id = a.attempt_id`,
    [paymentIds],
  );
  return rows;
}

/** In the order that everybody keeps. */
export async function lockInvoices(client: PoolClient, invoiceIds: readonly string[]): Promise<void> {
  await client.query(
    `SELECT FROM subscriptions WHERE subscription_id IN (SELECT subscription_id FROM invoices WHERE invoice_id = ANY($1))
     ORDER BY subscription_id FOR UPDATE`,
    [invoiceIds],
  );
  await client.query('SELECT FROM invoices WHERE invoice_id = ANY($1) ORDER BY invoice_id FOR UPDATE', [
    invoiceIds,
  ]);
}

/** Money for a cancelled payment is on its way back already. */
const STANDINGS = `
  SELECT i.invoice_id, i.payer_id, i.subscription_id, i.kind, i.status, i.currency, i.total_paise, i.paid_paise, i.overpaid_paise,
    i.settlements, greatest(coalesce(m.held, 0), 0)::bigint AS held_paise,
    CASE WHEN m.disputed > 0 THEN 'chargeback' WHEN m.refunded > 0 THEN 'refunded' END AS went_back,
    EXISTS (SELECT FROM debits d JOIN payments p ON p.payment_id = d.debit_id
      WHERE d.invoice_id = i.invoice_id AND p.captured_paise > 0) AS is_debited
  FROM invoices i LEFT JOIN LATERAL (
    SELECT sum(a.booked_paise - coalesce(r.amount, 0) - coalesce(d.amount, 0)) AS held, sum(r.amount) AS refunded,
      sum(d.amount) AS disputed
    FROM payments p JOIN payment_attempts a USING (payment_id)
    LEFT JOIN LATERAL (SELECT sum(amount_paise) AS amount FROM refunds
      WHERE refunds.attempt_id = a.attempt_id AND is_booked) r ON true
    LEFT JOIN LATERAL (SELECT sum(deducted_paise) AS amount FROM disputes
      WHERE disputes.attempt_id = a.attempt_id AND is_booked) d ON true
    WHERE p.reference IS NOT NULL AND split_part(p.reference, ':', 1) = i.invoice_id AND p.origin = 'api'
      AND p.cancelled_at IS NULL AND p.currency = i.currency) m ON true
  WHERE i.invoice_id = ANY($1)`;

interface Settled extends Standing {
  readonly next: InvoiceStatus;
  readonly paid: bigint;
  readonly overpaid: bigint;
}

/** Pure: what follows from what is held. */
function follow(one: Standing): Settled {
  const owed = one.status === 'void' ? 0n : one.total_paise;
  const paid = one.held_paise < owed ? one.held_paise : owed;
  const event = eventOf(one, paid === owed);
  const next =
    event === null
      ? one.status
      : (advance<InvoiceStatus, InvoiceEvent>(INVOICE, one.status, event) ?? one.status);
  return { ...one, next, paid, overpaid: one.held_paise - paid };
}

function eventOf({ status }: Standing, isWhole: boolean): InvoiceEvent | null {
  if (isWhole) return status === 'paid' ? null : 'pay';
  return status === 'paid' ? 'reopen' : null;
}

async function writeSettled(client: PoolClient, settled: readonly Settled[], now: number): Promise<void> {
  const rows = settled
    .filter(
      (one) => one.next !== one.status || one.paid !== one.paid_paise || one.overpaid !== one.overpaid_paise,
    )
    .map((one) => ({
      id: one.invoice_id,
      status: one.next,
      paid: one.paid,
      overpaid: one.overpaid,
      went_back: one.next === 'open' && one.paid < one.paid_paise ? (one.went_back ?? 'refunded') : null,
    }));
  if (rows.length === 0) return;
  await client.query(
    `UPDATE invoices i SET status = row.status, paid_paise = row.paid, overpaid_paise = row.overpaid,
       settlements = settlements + CASE WHEN row.paid <> i.paid_paise THEN 1 ELSE 0 END,
       paid_at = CASE row.status WHEN 'paid' THEN coalesce(i.paid_at, at) END,
       overdue_at = CASE row.status WHEN 'open' THEN i.overdue_at END,
       held_reason = CASE row.status WHEN 'paid' THEN NULL ELSE coalesce(i.held_reason, row.went_back) END, changed_at = at
     FROM json_to_recordset($1) AS row(id text, status text, paid bigint, overpaid bigint, went_back text),
       to_timestamp($2 / 1000.0) AS at
     WHERE i.invoice_id = row.id`,
    [jsonRows(rows), now],
  );
}

/** At once, whatever the hour: the payer has just paid. Nothing is said where money goes to and fro (refunds, disputes). */
async function thank(client: PoolClient, one: Settled, now: number): Promise<void> {
  const { invoice_id: invoiceId, payer_id: payerId, currency, paid } = one;
  const amountPaise = paid - one.paid_paise;
  if (amountPaise <= 0n || one.is_debited || one.went_back !== null) return;
  const values = { amountPaise, currency, paidAt: now, purpose: 'invoice', reference: invoiceId };
  const key = `payment-received:${invoiceId}:${one.settlements + 1}`;
  await postNotice(
    client,
    { key, payerId, channel: 'email', template: 'payment-received', values, topic: 'payments' },
    now,
  );
}

function toEvents({ next, status, settlements, ...one }: Settled): NewEvent[] {
  if (next !== 'paid' || status === 'paid') return [];
  const { invoice_id: invoiceId, payer_id: payerId, subscription_id: subscriptionId, kind, currency } = one;
  const invoice = { invoiceId, payerId, subscriptionId, kind, currency, totalPaise: one.total_paise };
  return [paidEvent(invoice, settlements + 1)];
}

/**
 * The ledger's key counts how often the invoice was set against money: each change is an entry of its own. What was given up is no
 * receivable until money comes for it.
 */
function entriesOf(one: Settled, now: number): Entry[] {
  const amount = one.paid - one.paid_paise;
  if (amount === 0n) return [];
  const source = { occurredAt: now, currency: one.currency, party: one.payer_id };
  const keyOf = (what: string): string => `invoice:${one.invoice_id}:${what}:${one.settlements + 1}`;
  const settled = entryOf({ ...source, key: keyOf('settled'), kind: 'invoice-settled', amounts: { amount } });
  if (one.status !== 'uncollectible') return [settled];
  const amounts = { amount: -amount };
  return [entryOf({ ...source, key: keyOf('expected-again'), kind: 'invoice-given-up', amounts }), settled];
}
