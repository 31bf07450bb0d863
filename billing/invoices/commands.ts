/**
 * What people may do to an invoice: void it (it was never owed), give it up (owed, and not expected any more), hold it (no debits and
 * no dunning while somebody deals with it) and release it. Repeating a command changes nothing. A void invoice's money is seen as
 * overpaid; the credit that it had used is the subscription's again. One that was given up may still be paid (settle.ts).
 */
import type { Pool, PoolClient } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { advance } from '../../core/state.js';
import { inTransaction } from '../../core/transaction.js';
import { postEntries } from '../ledger/post.js';
import { entryOf } from '../ledger/templates.js';
import type { Entry } from '../ledger/templates.js';
import { followArrears } from './arrears.js';
import { lockInvoices, settleLocked } from './settle.js';
import { INVOICE } from './states.js';
import type { InvoiceEvent, InvoiceStatus } from './states.js';
import { noInvoice, readInvoice } from './view.js';
import type { InvoiceView } from './view.js';

interface CommandDeps {
  readonly pool: Pool;
  readonly clock: Clock;
}

interface Locked {
  payer_id: string;
  subscription_id: string | null;
  status: InvoiceStatus;
  currency: string;
  total_paise: bigint;
  net_paise: bigint;
  tax_paise: bigint;
  round_off_paise: bigint;
  credit_paise: bigint;
  paid_paise: bigint;
  settlements: number;
}

async function lock(client: PoolClient, invoiceId: string): Promise<Locked> {
  await lockInvoices(client, [invoiceId]);
  const { rows } = await client.query<Locked>('SELECT * FROM invoices WHERE invoice_id = $1', [invoiceId]);
  if (rows[0] === undefined) throw noInvoice(invoiceId);
  return rows[0];
}

/**
 * @throws AppError `invoice-being-debited` while a bank decides about it, `invoice-credit-used` when the credit that it left has
 * been used since.
 */
export async function voidInvoice(
  { pool, clock }: CommandDeps,
  invoiceId: string,
  reason: string,
): Promise<InvoiceView> {
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const invoice = await lock(client, invoiceId);
    const next = advance<InvoiceStatus, InvoiceEvent>(INVOICE, invoice.status, 'void');
    if (next === null) return readInvoice(client, invoiceId);
    await requireNoDebit(client, invoiceId);
    await returnCredit(client, invoiceId, invoice);
    await client.query(
      `UPDATE invoices SET status = $2, voided_at = at, void_reason = $3, paid_at = NULL, overdue_at = NULL, held_reason = NULL,
         changed_at = at
       FROM to_timestamp($4 / 1000.0) AS at WHERE invoice_id = $1`,
      [invoiceId, next, reason, now],
    );
    const entries = await settleLocked(client, [invoiceId], now);
    await postEntries(client, [...entries, ...reversalOf(invoiceId, invoice, now)], now);
    return readInvoice(client, invoiceId);
  });
}

/**
 * Only a person gives an invoice up: it is a bad debt then, neither debited nor chased.
 * @throws AppError `invoice-not-open`, `invoice-being-debited` while a bank decides about it.
 */
export async function giveUpInvoice(
  { pool, clock }: CommandDeps,
  invoiceId: string,
  reason: string,
): Promise<InvoiceView> {
  return inTransaction(pool, async (client) => {
    const now = clock.now();
    const invoice = await lock(client, invoiceId);
    if (invoice.status === 'uncollectible') return readInvoice(client, invoiceId);
    const next = advance<InvoiceStatus, InvoiceEvent>(INVOICE, invoice.status, 'give-up');
    if (next === null) throw notOpen(invoiceId, invoice.status, 'given up');
    await requireNoDebit(client, invoiceId);
    await client.query(
      `UPDATE invoices SET status = $2, given_up_at = at, give_up_reason = $3, overdue_at = NULL, held_reason = NULL,
         changed_at = at
       FROM to_timestamp($4 / 1000.0) AS at WHERE invoice_id = $1`,
      [invoiceId, next, reason, now],
    );
    if (invoice.subscription_id !== null) await followArrears(client, [invoice.subscription_id], now);
    await postEntries(client, [givenUp(invoiceId, invoice, 1n, now)], now);
    return readInvoice(client, invoiceId);
  });
}

/** What is still owed becomes a bad debt; with sign -1 it is none. The key counts as the settlements' does. */
function givenUp(invoiceId: string, invoice: Locked, sign: 1n | -1n, now: number): Entry {
  const { currency, payer_id: party, settlements } = invoice;
  const amounts = { amount: sign * (invoice.total_paise - invoice.paid_paise) };
  const key = `invoice:${invoiceId}:${sign === 1n ? 'given-up' : 'not-given-up'}:${settlements}`;
  return entryOf({ key, kind: 'invoice-given-up', occurredAt: now, currency, party, amounts });
}

/** Between the call and its result nobody knows whether it is paid (India rules, U13). */
async function requireNoDebit(client: PoolClient, invoiceId: string): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM debits WHERE invoice_id = $1 AND status IN ('charging', 'unresolved')`,
    [invoiceId],
  );
  if (rowCount === 0) return;
  const message = `a debit for ${invoiceId} is at the bank: wait for its result`;
  throw new AppError('conflict', 'invoice-being-debited', message, { retryable: true });
}

async function returnCredit(client: PoolClient, invoiceId: string, invoice: Locked): Promise<void> {
  if (invoice.credit_paise === 0n) return;
  const { rowCount } = await client.query(
    `UPDATE subscriptions SET credit_paise = credit_paise + $2
     WHERE subscription_id = $1 AND credit_paise + $2 >= 0`,
    [invoice.subscription_id, invoice.credit_paise],
  );
  if (rowCount === 1) return;
  const message = `the credit that ${invoiceId} left is used by a later invoice: void that one first`;
  throw new AppError('conflict', 'invoice-credit-used', message);
}

function reversalOf(invoiceId: string, invoice: Locked, now: number): Entry[] {
  const { net_paise: net, total_paise: total, credit_paise: credit } = invoice;
  if (net === 0n && total === 0n && credit === 0n) return [];
  const { currency, payer_id: party } = invoice;
  const amounts = { total, net, credit, tax: invoice.tax_paise, roundOff: invoice.round_off_paise };
  const key = `invoice:${invoiceId}:void`;
  const voided = entryOf({ key, kind: 'invoice-voided', occurredAt: now, currency, party, amounts });
  return invoice.status === 'uncollectible' ? [givenUp(invoiceId, invoice, -1n, now), voided] : [voided];
}

function notOpen(invoiceId: string, status: InvoiceStatus, done: string): AppError {
  const message = `${invoiceId} is ${status}: only an open invoice is ${done}`;
  return new AppError('conflict', 'invoice-not-open', message);
}

/** @throws AppError `invoice-not-open`. */
export async function holdInvoice(
  deps: CommandDeps,
  invoiceId: string,
  reason: string,
): Promise<InvoiceView> {
  return setHold(deps, invoiceId, reason);
}

/** It is asked for again: debits and dunning go on, and it is overdue when its day has passed. */
export async function releaseInvoice(deps: CommandDeps, invoiceId: string): Promise<InvoiceView> {
  return setHold(deps, invoiceId, null);
}

async function setHold(
  { pool, clock }: CommandDeps,
  invoiceId: string,
  reason: string | null,
): Promise<InvoiceView> {
  return inTransaction(pool, async (client) => {
    await setHoldWithin(client, invoiceId, reason, clock.now());
    return readInvoice(client, invoiceId);
  });
}

/** In the caller's transaction. @param reason null releases it. @throws AppError `invoice-not-open`. */
export async function setHoldWithin(
  client: PoolClient,
  invoiceId: string,
  reason: string | null,
  now: number,
): Promise<void> {
  const { status, subscription_id } = await lock(client, invoiceId);
  if (status !== 'open') throw notOpen(invoiceId, status, 'held or released');
  await client.query(
    `UPDATE invoices SET held_reason = $2, overdue_at = CASE WHEN $2::text IS NULL AND due_at <= at THEN coalesce(overdue_at, at)
         ELSE overdue_at END, changed_at = at
       FROM to_timestamp($3 / 1000.0) AS at WHERE invoice_id = $1 AND held_reason IS DISTINCT FROM $2::text`,
    [invoiceId, reason, now],
  );
  if (subscription_id !== null) await followArrears(client, [subscription_id], now);
}
