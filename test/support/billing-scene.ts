/**
 * Plans, subscriptions and payments for tests of billing, written as rows: only what a test is about is written down. What is paid
 * arrives as the gateway says it, through sightings.
 */
import type { Pool } from 'pg';
import type { InvoiceDraft } from '../../billing/invoices/draft.js';
import { issueInvoices } from '../../billing/invoices/issue.js';
import type { IssuedInvoice } from '../../billing/invoices/issue.js';
import { postEntries } from '../../billing/ledger/post.js';
import { applySightings } from '../../billing/payments/apply.js';
import { nextBillingAt } from '../../billing/subscriptions/next-billing.js';
import { readSubscription } from '../../billing/subscriptions/subscription.js';
import { HOUR_MS, parseDay, startOfDay } from '../../core/days.js';
import { inTransaction } from '../../core/transaction.js';
import { seenDispute, seenPayment, seenRefund } from './sightings.js';

/** Six in the morning of a day in India, when the calendar moves subscriptions. */
export function morning(day: string): number {
  const number = parseDay(day);
  if (number === null) throw new Error(`${day} is no day`);
  return startOfDay(number) + 6 * HOUR_MS;
}

interface PlanTerms {
  readonly planId: string;
  readonly pricePaise: bigint;
  readonly taxClass: string;
  readonly unit: string;
  readonly setupFeePaise: bigint;
}

export async function writePlan(pool: Pool, given: Partial<PlanTerms> = {}): Promise<string> {
  const { planId = 'lunch', pricePaise = 2_000_00n, taxClass = 'school-catering', unit = 'month' } = given;
  await pool.query(
    `INSERT INTO plans (plan_id, name, tax_class, created_at) VALUES ($1, 'Lunch', $2, '2020-01-01') ON CONFLICT DO NOTHING`,
    [planId, taxClass],
  );
  await pool.query(
    `INSERT INTO plan_versions (plan_id, version, currency, price_paise, interval_unit, interval_count, trial_days,
       setup_fee_paise, proration, created_at) VALUES ($1, 1, 'INR', $2, $3, 1, 0, $4, 'calendar-days', '2020-01-01')`,
    [planId, pricePaise, unit, given.setupFeePaise ?? 0n],
  );
  return planId;
}

interface SubscriptionTerms {
  readonly subscriptionId: string;
  readonly planId: string;
  /** `YYYY-MM-DD`. */
  readonly anchorOn: string;
  readonly status: string;
  readonly creditPaise: bigint;
  readonly collection: 'mandate' | 'manual';
}

/** Ready for the billing run; by default active from its anchor, not billed yet. */
export async function writeSubscription(pool: Pool, given: Partial<SubscriptionTerms> = {}): Promise<string> {
  const { subscriptionId = 'sub_1', planId = 'lunch', anchorOn = '2026-01-31', status = 'active' } = given;
  await pool.query(
    `INSERT INTO subscriptions (subscription_id, payer_id, counterparty_id, plan_id, plan_version, quantity, currency, status,
       starts_on, anchor_on, collection, credit_paise, created_at, changed_at)
     VALUES ($1, 'payer_' || $1, 'school_1', $2, 1, 1, 'INR', $3, $4, $4, $5, $6, '2025-12-01', '2025-12-01')`,
    [subscriptionId, planId, status, anchorOn, given.collection ?? 'manual', given.creditPaise ?? 0n],
  );
  await pool.query(
    'UPDATE subscriptions SET next_billing_at = to_timestamp($2 / 1000.0) WHERE subscription_id = $1',
    [subscriptionId, nextBillingAt(await readSubscription(pool, subscriptionId))],
  );
  return subscriptionId;
}

interface Paying {
  readonly reference: string;
  readonly amountPaise: bigint;
  readonly paymentId: string;
  readonly payerId?: string;
  readonly status?: 'captured' | 'failed';
}

/** A payment of ours that the gateway says is captured, or has failed. */
export async function payReference(pool: Pool, paying: Paying, now: number): Promise<void> {
  const { reference, amountPaise, paymentId, payerId = 'payer_sub_1', status = 'captured' } = paying;
  await pool.query(
    `INSERT INTO payments (payment_id, order_id, origin, status, amount_paise, currency, payer_id, reference, created_at, changed_at)
     VALUES ($1, 'order_' || $1, 'api', 'created', $2, 'INR', $3, $4, to_timestamp($5 / 1000.0), to_timestamp($5 / 1000.0))`,
    [paymentId, amountPaise, payerId, reference, now],
  );
  const payment = seenPayment({
    id: `pay_${paymentId}`,
    orderId: `order_${paymentId}`,
    status,
    amountPaise,
    createdAt: now,
  });
  await inTransaction(pool, (client) => applySightings(client, [{ occurredAt: now, payment }], now));
}

/** The gateway says that all or a part of it went back. */
export async function refundPaymentOf(
  pool: Pool,
  { paymentId, amountPaise }: Pick<Paying, 'paymentId' | 'amountPaise'>,
  now: number,
  status: 'processed' | 'failed' = 'processed',
): Promise<void> {
  const refund = seenRefund({
    id: `rfnd_${paymentId}`,
    paymentId: `pay_${paymentId}`,
    status,
    amountPaise,
    createdAt: now,
  });
  await inTransaction(pool, (client) => applySightings(client, [{ occurredAt: now, refund }], now));
}

export async function loseDispute(
  pool: Pool,
  paying: Pick<Paying, 'paymentId' | 'amountPaise'>,
  now: number,
) {
  const dispute = {
    ...seenDispute({ id: `disp_${paying.paymentId}`, paymentId: `pay_${paying.paymentId}`, status: 'lost' }),
    amountPaise: paying.amountPaise,
    deductedPaise: paying.amountPaise,
    createdAt: now,
  };
  await inTransaction(pool, (client) => applySightings(client, [{ occurredAt: now, dispute }], now));
}

/** One invoice with its entry in the books. */
export function issueOne(pool: Pool, draft: InvoiceDraft, now: number): Promise<IssuedInvoice> {
  return inTransaction(pool, async (client) => {
    const { invoices, entries } = await issueInvoices(client, [draft], now);
    await postEntries(client, entries, now);
    const [invoice] = invoices;
    if (invoice === undefined) throw new Error('a draft gives an invoice');
    return invoice;
  });
}
