import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { markOverdue } from '../../../billing/invoices/arrears.js';
import { holdInvoice, releaseInvoice, voidInvoice } from '../../../billing/invoices/commands.js';
import { settleInvoices } from '../../../billing/invoices/settle.js';
import { readInvoice } from '../../../billing/invoices/view.js';
import type { InvoiceView } from '../../../billing/invoices/view.js';
import { runBilling } from '../../../billing/run/bill.js';
import { readSubscription } from '../../../billing/subscriptions/subscription.js';
import { manualClock } from '../../../core/clock.js';
import { DAY_MS } from '../../../core/days.js';
import { silentLog } from '../../../core/log.js';
import {
  loseDispute,
  morning,
  payReference,
  refundPaymentOf,
  writePlan,
  writeSubscription,
} from '../../support/billing-scene.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const START = morning('2026-01-31');
const clock = manualClock(START);

let database: TestPostgres;

beforeAll(async () => {
  database = await testPostgres();
  await writePlan(database.pool);
}, 60_000);

afterAll(() => database.close());

const deps = () => ({ pool: database.pool, clock, log: silentLog });

/** A subscription whose first period is invoiced: 2,000 rupees. */
async function invoiced(subscriptionId: string): Promise<string> {
  clock.set(START);
  await writeSubscription(database.pool, { subscriptionId });
  await runBilling(deps());
  const { rows } = await database.pool.query<{ invoice_id: string }>(
    'SELECT invoice_id FROM invoices WHERE subscription_id = $1',
    [subscriptionId],
  );
  return rows[0]?.invoice_id ?? '';
}

async function pay(reference: string, paymentId: string, amountPaise = 2_000_00n): Promise<void> {
  await payReference(database.pool, { reference, paymentId, amountPaise }, clock.now());
  await settleInvoices(deps());
}

const read = (invoiceId: string): Promise<InvoiceView> => readInvoice(database.pool, invoiceId);
const statusOf = async (id: string): Promise<string> => (await readSubscription(database.pool, id)).status;

async function balances(): Promise<Record<string, bigint>> {
  return (await requireSoundLedger(database.pool)).balances;
}

describe('settling', () => {
  it('pays an invoice by the payment that names it, once, and renews the subscription', async () => {
    const invoiceId = await invoiced('sub_paid');
    await pay(invoiceId, 'once');
    expect(await read(invoiceId)).toMatchObject({ status: 'paid', paidPaise: 200_000, overpaidPaise: 0 });
    expect((await readSubscription(database.pool, 'sub_paid')).startedAt).toBe(START);
    const before = await balances();
    expect(await settleInvoices(deps())).toBe(0);
    expect(await balances()).toEqual(before);
    expect(before['receivable INR'] ?? 0n).toBe(0n);
  });

  it('adds parts up, and is paid with the last', async () => {
    const invoiceId = await invoiced('sub_parts');
    await pay(`${invoiceId}:1`, 'part1', 1_500_00n);
    expect(await read(invoiceId)).toMatchObject({ status: 'open', paidPaise: 150_000 });
    await pay(`${invoiceId}:2`, 'part2', 500_00n);
    expect(await read(invoiceId)).toMatchObject({ status: 'paid', paidPaise: 200_000 });
  });

  it('leaves what is beyond the total to the payer, where a person sees it', async () => {
    const invoiceId = await invoiced('sub_over');
    await pay(invoiceId, 'over', 2_100_00n);
    expect(await read(invoiceId)).toMatchObject({
      status: 'paid',
      paidPaise: 200_000,
      overpaidPaise: 10_000,
    });
    await refundPaymentOf(database.pool, { paymentId: 'over', amountPaise: 100_00n }, clock.now());
    await settleInvoices(deps());
    expect(await read(invoiceId)).toMatchObject({ status: 'paid', overpaidPaise: 0, heldReason: null });
  });

  it('opens again what was refunded, held; a refund that the bank returned pays it again', async () => {
    const invoiceId = await invoiced('sub_back');
    await pay(invoiceId, 'back');
    await refundPaymentOf(database.pool, { paymentId: 'back', amountPaise: 2_000_00n }, clock.now());
    await settleInvoices(deps());
    expect(await read(invoiceId)).toMatchObject({
      status: 'open',
      paidPaise: 0,
      heldReason: 'refunded',
      paidAt: null,
    });
    await refundPaymentOf(
      database.pool,
      { paymentId: 'back', amountPaise: 2_000_00n },
      clock.now(),
      'failed',
    );
    await settleInvoices(deps());
    expect(await read(invoiceId)).toMatchObject({ status: 'paid', paidPaise: 200_000, heldReason: null });
    await balances();
  });

  it('opens again what a payer took back through the bank, held', async () => {
    const invoiceId = await invoiced('sub_dispute');
    await pay(invoiceId, 'disputed');
    await loseDispute(database.pool, { paymentId: 'disputed', amountPaise: 2_000_00n }, clock.now());
    await settleInvoices(deps());
    expect(await read(invoiceId)).toMatchObject({ status: 'open', paidPaise: 0, heldReason: 'chargeback' });
    await balances();
  });

  it('U13: money for a payment that was cancelled is not the invoice’s: it goes back', async () => {
    const invoiceId = await invoiced('sub_cancelled');
    await payReference(
      database.pool,
      { reference: invoiceId, paymentId: 'late', amountPaise: 2_000_00n },
      clock.now(),
    );
    await database.pool.query(`UPDATE payments SET cancelled_at = created_at WHERE payment_id = 'late'`);
    await settleInvoices(deps());
    expect(await read(invoiceId)).toMatchObject({ status: 'open', paidPaise: 0 });
  });

  it('passes over references that are no invoice', async () => {
    await pay('order-of-a-shop', 'other');
    expect(await settleInvoices(deps())).toBe(0);
  });
});

describe('arrears', () => {
  it('begin when an invoice is due and unpaid, and end in one hop with the payment', async () => {
    const invoiceId = await invoiced('sub_late');
    clock.advance(5 * DAY_MS - 1);
    expect(await markOverdue(database.pool, clock.now())).toBe(0);
    clock.advance(1);
    await markOverdue(database.pool, clock.now());
    expect(await statusOf('sub_late')).toBe('past_due');
    expect((await readSubscription(database.pool, 'sub_late')).pastDueAt).toBe(START + 5 * DAY_MS);
    await pay(invoiceId, 'after');
    const { status, pastDueAt } = await readSubscription(database.pool, 'sub_late');
    expect({ status, pastDueAt }).toEqual({ status: 'active', pastDueAt: null });
    expect(await read(invoiceId)).toMatchObject({ status: 'paid', overdueAt: null });
  });

  it('rest while the invoice is held, and go on when it is released', async () => {
    const invoiceId = await invoiced('sub_held');
    clock.advance(6 * DAY_MS);
    await markOverdue(database.pool, clock.now());
    expect(await holdInvoice(deps(), invoiceId, 'hardship')).toMatchObject({ heldReason: 'hardship' });
    expect(await statusOf('sub_held')).toBe('active');
    await releaseInvoice(deps(), invoiceId);
    expect(await statusOf('sub_held')).toBe('past_due');
  });
});

describe('voiding', () => {
  it('takes everything back: receivable, revenue, tax, and the arrears', async () => {
    const before = await balances();
    const invoiceId = await invoiced('sub_void');
    clock.advance(6 * DAY_MS);
    await markOverdue(database.pool, clock.now());
    const { status, voidReason } = await voidInvoice(deps(), invoiceId, 'never served');
    expect({ status, voidReason }).toEqual({ status: 'void', voidReason: 'never served' });
    await voidInvoice(deps(), invoiceId, 'again');
    expect(await balances()).toEqual(before);
    expect(await statusOf('sub_void')).toBe('active');
  });

  it('leaves the money of a paid one to the payer until it is refunded', async () => {
    const invoiceId = await invoiced('sub_void_paid');
    await pay(invoiceId, 'voided');
    expect(await voidInvoice(deps(), invoiceId, 'wrong child')).toMatchObject({
      status: 'void',
      paidPaise: 0,
      overpaidPaise: 200_000,
    });
    await refundPaymentOf(database.pool, { paymentId: 'voided', amountPaise: 2_000_00n }, clock.now());
    await settleInvoices(deps());
    expect(await read(invoiceId)).toMatchObject({ status: 'void', overpaidPaise: 0 });
    await balances();
  });

  it('is refused while a bank decides about a debit of it', async () => {
    const invoiceId = await invoiced('sub_void_debit');
    await database.pool.query(
      `INSERT INTO mandates (mandate_id, payer_id, method, status, frequency, max_paise, expires_at, created_at, changed_at)
       VALUES ('mandate_1', 'payer_sub_void_debit', 'upi', 'active', 'as_presented', 1500000, '2030-01-01', '2026-01-01', '2026-01-01')`,
    );
    await database.pool.query(
      `INSERT INTO debits (debit_id, invoice_id, mandate_id, attempt, status, amount_paise, currency, slot_at, due_at, chosen_by,
         created_at, changed_at) VALUES ('debit_1', $1, 'mandate_1', 1, 'unresolved', 200000, 'INR', '2026-02-01', '2026-02-01', 'first',
         '2026-01-01', '2026-01-01')`,
      [invoiceId],
    );
    await expect(voidInvoice(deps(), invoiceId, 'no')).rejects.toMatchObject({
      code: 'invoice-being-debited',
    });
    clock.advance(6 * DAY_MS);
    await markOverdue(database.pool, clock.now());
    expect(await statusOf('sub_void_debit')).toBe('active');
  });
});
