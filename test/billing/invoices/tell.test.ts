import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { settleInvoices } from '../../../billing/invoices/settle.js';
import { createEndpoint } from '../../../billing/notices/endpoints/endpoints.js';
import { runBilling } from '../../../billing/run/bill.js';
import { moveSubscription } from '../../../billing/subscriptions/move.js';
import { lockSubscription } from '../../../billing/subscriptions/subscription.js';
import { manualClock } from '../../../core/clock.js';
import { silentLog } from '../../../core/log.js';
import { inTransaction } from '../../../core/transaction.js';
import {
  morning,
  payReference,
  refundPaymentOf,
  writePlan,
  writeSubscription,
} from '../../support/billing-scene.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const clock = manualClock(morning('2026-01-31'));
let database: TestPostgres;

beforeAll(async () => {
  database = await testPostgres();
  await writePlan(database.pool);
}, 60_000);
afterAll(() => database.close());

const deps = () => ({ pool: database.pool, clock, log: silentLog });

async function invoiced(subscriptionId: string): Promise<string> {
  await writeSubscription(database.pool, { subscriptionId });
  await runBilling(deps());
  const { rows } = await database.pool.query<{ invoice_id: string }>(
    'SELECT invoice_id FROM invoices WHERE subscription_id = $1',
    [subscriptionId],
  );
  return rows[0]?.invoice_id ?? '';
}

async function pay(reference: string, paymentId: string): Promise<void> {
  await payReference(database.pool, { reference, paymentId, amountPaise: 2_000_00n }, clock.now());
  await settleInvoices(deps());
}

async function told(): Promise<unknown[]> {
  const { rows } = await database.pool.query<{ topic: string; payload: Record<string, unknown> }>(
    'SELECT topic, payload FROM events ORDER BY sequence',
  );
  return rows.map(({ topic, payload }) => [topic, payload['invoiceId'] ?? payload['status']]);
}

describe('of invoices and subscriptions', () => {
  it('nothing is kept while nobody listens, and the payer is thanked once for what was not debited', async () => {
    const invoiceId = await invoiced('sub_alone');
    await pay(invoiceId, 'alone');
    await settleInvoices(deps());
    expect(await told()).toEqual([]);
    const { rows } = await database.pool.query('SELECT template, payer_id, values FROM notices');
    expect(rows).toMatchObject([
      {
        template: 'payment-received',
        payer_id: 'payer_sub_alone',
        values: { amountPaise: '200000', reference: invoiceId, purpose: 'invoice' },
      },
    ]);
  });

  it('others hear what was issued, what was paid, again after a refund, and each new status', async () => {
    const topics = ['invoice.*', 'subscription.changed'];
    await createEndpoint(deps(), { url: 'https://shop.example/events', topics }, 'shop');
    const invoiceId = await invoiced('sub_heard');
    await runBilling(deps());
    await pay(invoiceId, 'first');
    await refundPaymentOf(database.pool, { paymentId: 'first', amountPaise: 2_000_00n }, clock.now());
    await settleInvoices(deps());
    await pay(`${invoiceId}:again`, 'second');
    await inTransaction(database.pool, async (client) => {
      const move = { event: 'cancel', actor: 'payer', occurredAt: clock.now() } as const;
      await moveSubscription(client, await lockSubscription(client, 'sub_heard'), move, clock.now());
    });
    const heard = (await told()).filter(
      (one) => JSON.stringify(one) !== '["subscription.changed","past_due"]',
    );
    expect(heard).toEqual([
      ['invoice.issued', invoiceId],
      ['invoice.paid', invoiceId],
      ['invoice.paid', invoiceId],
      ['subscription.changed', 'cancelled'],
    ]);
  });
});
