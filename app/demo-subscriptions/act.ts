/**
 * What the demo's payers do on a day: subscribe, allow debits, pay what they owe at the double's checkout, and ask for changes. They
 * use what any caller of the API uses, under keys of their own. What the gate refuses stays undone, as for anybody.
 */
import { registerMandate } from '../../billing/mandates/register.js';
import { createPayment } from '../../billing/payments/create.js';
import { readPayment } from '../../billing/payments/payment.js';
import { runBilling } from '../../billing/run/bill.js';
import { createSubscription } from '../../billing/subscriptions/create.js';
import { carryOut } from '../../billing/subscriptions/orders.js';
import { dayOf, formatDay } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import type { DemoOrder, DemoPayer } from './payers.js';
import type { DemoWorld } from './world.js';

const MOST_DEBIT_PAISE = 15_000_00;
const PAUSE_DAYS = 21;

/** Answers the subscription's id. Its first period is invoiced at once and, where debits are allowed, paid with that approval. */
export async function subscribe(world: DemoWorld, payer: DemoPayer): Promise<string> {
  const { payerId, schoolId, planId, quantity } = payer;
  const { subscriptionId } = await createSubscription(
    world,
    { payerId, planId, quantity, counterpartyId: schoolId, actor: 'demo' },
    `demo:${payerId}`,
  );
  await runBilling(world);
  if (payer.isDebited) await unlessRefused(() => allowDebits(world, payer, subscriptionId));
  return subscriptionId;
}

async function allowDebits(world: DemoWorld, payer: DemoPayer, subscriptionId: string): Promise<void> {
  const { payerId } = payer;
  const { rows } = await world.pool.query<{ invoice_id: string }>(
    `SELECT invoice_id FROM invoices WHERE subscription_id = $1 AND status = 'open'`,
    [subscriptionId],
  );
  const [invoice] = rows;
  const customer = {
    name: payerId.replaceAll('-', ' '),
    email: `${payerId}@example.com`,
    contact: `+9190000${payerId.replace(/\D/g, '').padStart(5, '0')}`,
  };
  const { paymentId } = await registerMandate(
    world,
    {
      payerId,
      method: 'upi',
      maxPaise: MOST_DEBIT_PAISE,
      subscriptionId,
      customer,
      ...(invoice === undefined ? {} : { invoiceId: invoice.invoice_id }),
    },
    `demo:${payerId}`,
  );
  await payAtCheckout(world, paymentId ?? '', payerId);
  const { customers, tokens, verdicts } = world.sandbox.double.world;
  const known = [...customers.values()].find(({ email }) => email === customer.email);
  const token = [...tokens.values()].find((one) => one.customer_id === known?.id);
  if (token === undefined) return;
  verdicts.set(
    token.id,
    payer.isShort.map((isShort) =>
      isShort ? { outcome: 'failure', reason: 'insufficient_funds' } : { outcome: 'success' },
    ),
  );
}

async function payAtCheckout(world: DemoWorld, paymentId: string, payerId: string): Promise<void> {
  const { orderId } = await readPayment(world.pool, paymentId);
  if (orderId === null) return;
  world.sandbox.double.pay({ orderId, instrument: { method: 'upi', vpa: `${payerId}@demo` } });
}

interface Owed {
  readonly payer_id: string;
  readonly invoice_id: string;
  readonly owed: bigint;
  readonly issued_at: number;
  readonly nth: number;
}

/** What is owed by hand, and what no debit is after any more, when its day has come. */
export async function payInvoices(world: DemoWorld, payers: readonly DemoPayer[]): Promise<void> {
  const byId = new Map(payers.map((payer) => [payer.payerId, payer]));
  const { rows } = await world.pool.query<Owed>(
    `SELECT payer_id, invoice_id, total_paise - paid_paise AS owed, issued_at,
       (SELECT count(*) FROM invoices e WHERE e.payer_id = i.payer_id AND e.issued_at < i.issued_at)::int AS nth
     FROM invoices i WHERE status = 'open' AND held_reason IS NULL AND NOT EXISTS (
       SELECT FROM debits d WHERE d.invoice_id = i.invoice_id
         AND d.status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved'))
     ORDER BY invoice_id`,
  );
  for (const { payer_id: payerId, invoice_id: reference, owed, issued_at: issuedAt, nth } of rows) {
    const waits = byId.get(payerId)?.waitsDays(nth) ?? null;
    if (waits === null || dayOf(world.clock.now()) < dayOf(issuedAt) + waits) continue;
    await unlessRefused(async () => {
      const body = { payerId, amountPaise: Number(owed), reference, purpose: 'subscription' };
      const { paymentId } = await createPayment(world, body, `demo:${reference}:${owed}`);
      await payAtCheckout(world, paymentId, payerId);
    });
  }
}

export async function order(
  world: DemoWorld,
  { payerId, quantity }: DemoPayer,
  subscriptionId: string,
  { name }: DemoOrder,
): Promise<void> {
  const about = { subscriptionId, key: `demo:${payerId}:${name}` };
  const resumeOn = formatDay(dayOf(world.clock.now()) + PAUSE_DAYS);
  await unlessRefused(async () => {
    switch (name) {
      case 'cancel':
        return carryOut(world, {
          ...about,
          name,
          body: { at: 'period-end', reason: 'moved away', actor: 'demo' },
        });
      case 'pause':
        return carryOut(world, { ...about, name, body: { resumeOn, reason: 'holidays', actor: 'demo' } });
      case 'more':
      case 'fewer': {
        const next = name === 'more' ? quantity + 1 : Math.max(1, quantity - 1);
        return carryOut(world, {
          ...about,
          name: 'change',
          body: { at: 'now', quantity: next, actor: 'demo' },
        });
      }
    }
  });
}

/** A refusal is an answer like any other, a failure is not. */
async function unlessRefused(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'internal' || error.kind === 'unavailable')
      throw error;
  }
}
