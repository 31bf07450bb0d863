import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { markOverdue } from '../../../billing/invoices/arrears.js';
import { giveUpInvoice, voidInvoice } from '../../../billing/invoices/commands.js';
import { settleInvoices } from '../../../billing/invoices/settle.js';
import { readInvoice } from '../../../billing/invoices/view.js';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { runBilling } from '../../../billing/run/bill.js';
import { readSubscription } from '../../../billing/subscriptions/subscription.js';
import { manualClock } from '../../../core/clock.js';
import { DAY_MS } from '../../../core/days.js';
import { silentLog } from '../../../core/log.js';
import {
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
const read = (invoiceId: string) => readInvoice(database.pool, invoiceId);

/** 2,000 rupees, past due. */
async function overdue(subscriptionId: string): Promise<string> {
  clock.set(START);
  await writeSubscription(database.pool, { subscriptionId });
  await runBilling(deps());
  clock.advance(6 * DAY_MS);
  await markOverdue(database.pool, clock.now());
  const { rows } = await database.pool.query<{ invoice_id: string }>(
    'SELECT invoice_id FROM invoices WHERE subscription_id = $1',
    [subscriptionId],
  );
  return rows[0]?.invoice_id ?? '';
}

async function pay(reference: string, paymentId: string, amountPaise: bigint): Promise<void> {
  await payReference(database.pool, { reference, paymentId, amountPaise }, clock.now());
  await settleInvoices(deps());
}

/** Of the accounts that giving up moves, since `before`. */
async function moved(before: Readonly<Record<string, bigint>>): Promise<[bigint, bigint]> {
  const after = await balances();
  const of = (account: string): bigint => (after[account] ?? 0n) - (before[account] ?? 0n);
  return [of('receivable INR'), of('bad-debts INR')];
}

async function balances(): Promise<Record<string, bigint>> {
  return (await requireSoundLedger(database.pool)).balances;
}

describe('an invoice that a person gives up', () => {
  it('is a bad debt in the books and no arrears any more, however often it is said', async () => {
    const before = await balances();
    const invoiceId = await overdue('sub_given_up');
    await pay(`${invoiceId}:1`, 'some', 500_00n);
    const given = await giveUpInvoice(deps(), invoiceId, 'moved away');
    expect(given).toMatchObject({ status: 'uncollectible', giveUpReason: 'moved away', overdueAt: null });
    expect(await giveUpInvoice(deps(), invoiceId, 'again')).toEqual(given);
    expect((await readSubscription(database.pool, 'sub_given_up')).status).toBe('active');
    expect(await moved(before)).toEqual([0n, 1_500_00n]);
  });

  it('is paid after all by what comes for it, in parts or whole, and opens when that goes back', async () => {
    const before = await balances();
    const invoiceId = await overdue('sub_after_all');
    await giveUpInvoice(deps(), invoiceId, 'no answer');
    await pay(`${invoiceId}:1`, 'first', 500_00n);
    expect(await read(invoiceId)).toMatchObject({ status: 'uncollectible', paidPaise: 500_00 });
    expect(await moved(before)).toEqual([0n, 1_500_00n]);
    await pay(`${invoiceId}:2`, 'second', 1_500_00n);
    expect(await read(invoiceId)).toMatchObject({ status: 'paid', giveUpReason: 'no answer' });
    expect(await moved(before)).toEqual([0n, 0n]);
    await refundPaymentOf(database.pool, { paymentId: 'second', amountPaise: 1_500_00n }, clock.now());
    await settleInvoices(deps());
    expect(await read(invoiceId)).toMatchObject({ status: 'open', heldReason: 'refunded' });
    expect(await moved(before)).toEqual([1_500_00n, 0n]);
    await giveUpInvoice(deps(), invoiceId, 'enough');
    expect(await moved(before)).toEqual([0n, 1_500_00n]);
  });

  it('may turn out never to have been owed', async () => {
    const before = await balances();
    const invoiceId = await overdue('sub_not_owed');
    await pay(`${invoiceId}:1`, 'little', 300_00n);
    await giveUpInvoice(deps(), invoiceId, 'no answer');
    expect(await voidInvoice(deps(), invoiceId, 'never served')).toMatchObject({ status: 'void' });
    expect(await moved(before)).toEqual([0n, 0n]);
  });

  it('must be open', async () => {
    const invoiceId = await overdue('sub_paid_up');
    await pay(invoiceId, 'whole', 2_000_00n);
    await expect(giveUpInvoice(deps(), invoiceId, 'no')).rejects.toMatchObject({ code: 'invoice-not-open' });
  });
});
