/**
 * Random histories of payments: callers that repeat, payers that fail, come late or pay twice, faults on every call, crashes between
 * the gateway's answer and its keeping, webhooks late, doubled, shuffled or lost. Whatever the schedule, in the end nobody is
 * charged twice, no payment is lost and the books agree with the gateway.
 */
import { FAULTS } from '../../adapters/gateway/double/faults.js';
import { cancelPayment } from '../../billing/payments/cancel.js';
import { capturePayment } from '../../billing/payments/capture.js';
import { createPayment } from '../../billing/payments/create.js';
import { refundPayment } from '../../billing/payments/refund.js';
import { sweepGateway } from '../../billing/payments/sweep.js';
import { seededRandom } from '../../core/random.js';
import type { Random } from '../../core/random.js';
import { dyingAfter, MINUTE_MS, requireAgreement } from './payment-desk.js';
import type { Desk } from './payment-desk.js';

/** Silence costs the time of its deadline; the rest of the faults cost nothing. */
const QUICK_FAULTS = FAULTS.filter((fault) => !fault.startsWith('timeout'));
const CALLS = [
  'POST /v1/orders',
  'POST /v1/payments/*/capture',
  'POST /v1/payments/*/refund',
  'GET /v1/payments/*',
];
const OUTCOMES = ['success', 'success', 'failure', 'late'] as const;
const DAY_MS = 86_400_000;

/** So many schedules at once on one desk; then everything is compared. @throws Error that says what does not agree. */
export async function runSchedules(desk: Desk, count: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const startedAt = desk.clock.now();
  for (let i = 0; i < count; i++) await oneSchedule(desk, random.fork(String(i)), `${seed}-${i}`);
  desk.double.world.faults.length = 0;
  await desk.settle();
  const range = { fromAt: startedAt - DAY_MS, toAt: desk.clock.now() + DAY_MS };
  await sweepGateway(desk, range);
  await desk.settle();
  await sweepGateway(desk, range);
  await requireAgreement(desk);
  await requireNothingLost(desk);
}

async function oneSchedule(desk: Desk, random: Random, name: string): Promise<void> {
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)] as T;
  const may = (share: number): boolean => random.unit() < share;
  // One at a time: five in a row would have the adapter leave the gateway alone for a while.
  if (may(0.6) && desk.double.world.faults.length === 0)
    desk.double.planFault({ fault: pick(QUICK_FAULTS), on: pick(CALLS) });
  const reference = `ref-${name}`;
  const body = { amountPaise: 100_00 + random.below(900_00), payerId: `payer_${random.below(5)}`, reference };
  const capture = may(0.4) ? ('manual' as const) : ('automatic' as const);
  const payments: string[] = [];
  for (let n = may(0.3) ? 2 : 1; n > 0; n--) {
    const deps = may(0.2) ? { ...desk, gateway: dyingAfter(desk.gateway, 'orders', 'create') } : desk;
    const ask = (by: typeof deps) => createPayment(by, { ...body, capture }, `key-${name}-${n}`);
    const made = (await ask(deps).catch(() => null)) ?? (await ask(desk).catch(() => null));
    if (made === null) continue;
    payments.push(made.paymentId);
    for (let tries = 1 + random.below(2); tries > 0 && made.orderId !== null; tries--) {
      const verdict = { outcome: pick(OUTCOMES), lateAfterMs: random.below(8) * MINUTE_MS };
      // An order that is paid takes no more.
      try {
        desk.pay(made, { verdict });
      } catch {
        break;
      }
    }
    if (may(0.5)) await desk.deliver((events) => weather(events, random));
  }
  const steps = [
    (id: string) => capturePayment(desk, id),
    (id: string) => capturePayment({ ...desk, gateway: dyingAfter(desk.gateway, 'payments', 'capture') }, id),
    (id: string) =>
      refundPayment(
        desk,
        id,
        { amountPaise: 100 + random.below(60_00) },
        `refund-${name}-${random.below(3)}`,
      ),
    (id: string) =>
      refundPayment(
        { ...desk, gateway: dyingAfter(desk.gateway, 'refunds', 'create') },
        id,
        {},
        `rest-${name}`,
      ),
    (id: string) => cancelPayment(desk, id),
  ];
  for (let n = random.below(4); n > 0 && payments.length > 0; n--) {
    // Refusals are part of the schedule; what they leave is compared in the end.
    await pick(steps)(pick(payments)).catch(() => null);
    if (may(0.3)) await desk.wait(random.below(3) * MINUTE_MS);
  }
  if (may(0.3)) await desk.deliver((events) => weather(events, random));
}

/** Lost, doubled and out of order. */
function weather<T>(events: readonly T[], random: Random): T[] {
  const left = events.flatMap((event) =>
    random.unit() < 0.1 ? [] : random.unit() < 0.2 ? [event, event] : [event],
  );
  const arrived: T[] = [];
  while (left.length > 0) arrived.push(...left.splice(random.below(left.length), 1));
  return arrived;
}

/** Every payment at the gateway is an attempt of ours, in the state that the gateway gives it, and nothing is left open. */
async function requireNothingLost({ pool, double }: Desk): Promise<void> {
  const { rows } = await pool.query<{ attempt_id: string; status: string; origin: string }>(
    'SELECT attempt_id, a.status, origin FROM payment_attempts a JOIN payments USING (payment_id)',
  );
  const ours = new Map(rows.map((row) => [row.attempt_id, row]));
  for (const { id, status } of double.world.payments.values()) {
    const known = ours.get(id);
    if (known?.status !== status || known.origin !== 'api')
      throw new Error(`${id} is ${status} at the gateway and ${known?.origin}:${known?.status} with us`);
  }
  const open = await pool.query(
    `SELECT FROM payment_transactions t WHERE outcome IN ('requested', 'unknown') AND kind IN ('capture', 'refund')
       AND NOT EXISTS (SELECT FROM refunds r WHERE r.attempt_id = t.attempt_id AND coalesce(r.receipt, r.refund_id) = t.reference)`,
  );
  if ((open.rowCount ?? 0) > 0) throw new Error(`${open.rowCount} transactions have no answer`);
  const held = await pool.query(
    `SELECT coalesce(p.reference, p.payment_id) FROM payments p JOIN payment_attempts a USING (payment_id)
     WHERE a.is_captured AND a.refunded_paise < a.amount_paise AND p.origin = 'api'
     GROUP BY 1 HAVING count(*) > 1`,
  );
  if ((held.rowCount ?? 0) > 0) throw new Error(`${held.rowCount} references are paid twice`);
}
