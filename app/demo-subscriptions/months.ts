/**
 * The demo's months, lived day by day with our own functions at their instants: billing at six in the morning in India, payers before noon,
 * dunning after them. Debits and their retries happen in between, at the moments that the rules leave. What is under way at
 * the end goes on in the present.
 */
import { planDunning } from '../../billing/dunning/plan.js';
import { createPlan as createInstalments } from '../../billing/instalments/create.js';
import { runBilling } from '../../billing/run/bill.js';
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS } from '../../core/days.js';
import { takeDunning } from '../take-dunning.js';
import { order, payInvoices, subscribe } from './act.js';
import type { DemoPayer } from './payers.js';
import type { DemoWorld } from './world.js';

const BILLING_AT = 6 * HOUR_MS + 5 * MINUTE_MS;
const PAYING_AT = 10 * HOUR_MS;
const DUNNING_AT = 11 * HOUR_MS + 30 * MINUTE_MS;
const INSTALMENTS = 3;

/** @param world stands at the first midnight. @param present where it ends, UTC epoch ms. */
export async function liveMonths(
  world: DemoWorld,
  payers: readonly DemoPayer[],
  present: number,
  onDay: (done: number, total: number) => void,
): Promise<void> {
  const midnight = world.clock.now();
  const days = dayOf(present) - dayOf(midnight);
  const subscriptions = new Map<DemoPayer, string>();
  for (let day = 0; day <= days; day++) {
    onDay(day, days);
    const passTo = async (ofDay: number): Promise<boolean> => {
      const at = midnight + day * DAY_MS + ofDay;
      if (at >= present) return false;
      await world.passTo(at);
      return true;
    };
    if (!(await passTo(BILLING_AT))) break;
    await runBilling(world);
    if (!(await passTo(PAYING_AT))) break;
    await settleDay(world);
    await act(world, payers, subscriptions, day);
    if (!(await passTo(DUNNING_AT))) break;
    await planDunning(world.pool, { at: world.clock.now(), dryRun: false });
    await takeDunning(world);
  }
  await agreeInstalments(world);
  await world.passTo(present);
}

async function act(
  world: DemoWorld,
  payers: readonly DemoPayer[],
  subscriptions: Map<DemoPayer, string>,
  day: number,
): Promise<void> {
  for (const payer of payers) {
    if (payer.startsOn === day) subscriptions.set(payer, await subscribe(world, payer));
    const subscriptionId = subscriptions.get(payer);
    const today = payer.orders.find(({ afterDays }) => payer.startsOn + afterDays === day);
    if (subscriptionId !== undefined && today !== undefined) await order(world, payer, subscriptionId, today);
  }
  await payInvoices(world, payers);
}

/** As Razorpay does each working day, so that there is something to reconcile. */
async function settleDay({ sandbox }: DemoWorld): Promise<void> {
  await fetch(`${sandbox.double.url}/double/settlements`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ isForced: false }),
  });
}

/** One of those in arrears agrees to pay in parts. */
async function agreeInstalments(world: DemoWorld): Promise<void> {
  const { rows } = await world.pool.query<{ invoice_id: string; payer_id: string; owed: bigint }>(
    `SELECT invoice_id, payer_id, total_paise - paid_paise AS owed FROM invoices i
     WHERE status = 'open' AND held_reason IS NULL AND overdue_at IS NOT NULL AND NOT EXISTS (
       SELECT FROM debits d WHERE d.invoice_id = i.invoice_id
         AND d.status IN ('planned', 'announcing', 'announced', 'charging', 'unresolved'))
     ORDER BY due_at DESC, invoice_id LIMIT 1`,
  );
  const [invoice] = rows;
  if (invoice === undefined) return;
  const { invoice_id: reference, payer_id: payerId, owed } = invoice;
  await createInstalments(
    world,
    { reference, payerId, amountPaise: Number(owed), schedule: { count: INSTALMENTS, every: 'month' } },
    `demo:${reference}`,
  );
}
