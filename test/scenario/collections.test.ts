/**
 * Months in which families pay by mandate while everything goes wrong at random: banks decline, stay silent and answer late, webhooks are
 * lost, doubled and late, jobs die between any two steps, run twice at once, days late and before a clock that went back, people refund and
 * void, payers pause and revoke. At the end the money, the law, the statuses and the waterfall are what slow checks say.
 * HASIVU_BILLING_SUBSCRIPTIONS and HASIVU_BILLING_MONTHS ask for more, HASIVU_BILLING_SEED for another course of events.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import { voidInvoice } from '../../billing/invoices/commands.js';
import { createPayment } from '../../billing/payments/create.js';
import { refundPayment } from '../../billing/payments/refund.js';
import { carryOut } from '../../billing/subscriptions/orders.js';
import { systemEnvironment } from '../../core/config.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../core/days.js';
import { AppError } from '../../core/errors.js';
import { readSubscriptionReport } from '../../reporting/subscription-figures.js';
import { payerDoes } from '../billing/debits/scene.js';
import { dayOfText, monthStart, textOf } from '../support/billing-oracle.js';
import { morning } from '../support/billing-scene.js';
import {
  ledgerDifference,
  moneyFaults,
  unlawfulDebits,
  wrongStatuses,
} from '../support/collections-checks.js';
import { comeToRest, EVERY_TURN, openCollections, PLANS } from '../support/collections-scene.js';
import type { Collections, Family } from '../support/collections-scene.js';

const SUBSCRIPTIONS = Number(systemEnvironment['HASIVU_BILLING_SUBSCRIPTIONS'] ?? 6);
const MONTHS = Number(systemEnvironment['HASIVU_BILLING_MONTHS'] ?? 3);
const SEED = Number(systemEnvironment['HASIVU_BILLING_SEED'] ?? 28);
const FIRST_DAY = dayOfText('2027-01-29');
/** How often: a day, or a family and day. */
const ODDS = {
  outage: 0.06,
  back: 0.05,
  fault: 0.5,
  pays: 0.08,
  refund: 0.006,
  void: 0.004,
  order: 0.01,
  mandate: 0.006,
};
const WEATHER = { dies: 0.12, atOnce: 0.08, lost: 0.1, twice: 0.1, later: 0.1 };

let scene: Collections;
afterEach(() => scene.close());

/** What the bank will say next on a mandate. */
const VERDICTS = [
  { outcome: 'failure', reason: 'insufficient_funds' },
  { outcome: 'failure', reason: 'insufficient_funds' },
  { outcome: 'failure', reason: 'gateway_technical_error' },
  { outcome: 'failure', reason: 'payment_declined' },
  { outcome: 'failure', reason: 'debit_instrument_blocked' },
  { outcome: 'late', reason: 'payment_timed_out', lateAfterMs: 26 * HOUR_MS },
  { outcome: 'late', reason: 'insufficient_funds', lateAfterMs: 30 * HOUR_MS },
  { outcome: 'pending' },
] as const;
const FAULTS = [
  'reset-after-success',
  'server-error-after-success',
  'server-error',
  'html-body',
  'too-many-requests',
  'lock-error',
] as const;
const CALLS = [
  'POST /v1/payments/create/recurring',
  'POST /v1/orders',
  'POST /v1/payments/*/refund',
  'GET /v1/orders/*/payments',
];

/** What somebody asks and the books may refuse, since others were faster. */
async function perhaps(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error;
  });
}

let asked = 0;

interface Bill {
  invoice_id: string;
  payer_id: string;
  status: string;
  owed: bigint;
  payment_id: string | null;
}

async function peopleAct(): Promise<void> {
  const { desk, chance } = scene;
  const { rows } = await desk.pool.query<Bill>(
    `SELECT i.invoice_id, i.payer_id, i.status, i.total_paise - i.paid_paise AS owed, (SELECT max(p.payment_id) FROM payments p
         WHERE p.reference = i.invoice_id AND p.captured_paise > p.refunded_paise) AS payment_id
     FROM invoices i WHERE i.status IN ('open', 'paid') AND i.issued_at > to_timestamp($1::float8 / 1000) - interval '90 days'
     ORDER BY i.payer_id, i.due_at, i.kind, i.total_paise`,
    [desk.clock.now()],
  );
  for (const one of rows) {
    const draw = [chance(ODDS.pays), chance(ODDS.refund), chance(ODDS.void)];
    if (one.status === 'open' && draw[0] === true && one.owed >= 100n) await payByHand(one);
    else if (one.payment_id !== null && draw[1] === true)
      await perhaps(refundPayment(desk, one.payment_id, {}, `refund_${(asked += 1)}`));
    else if (draw[2] === true) await perhaps(voidInvoice(desk, one.invoice_id, 'never served'));
  }
  for (const family of scene.families) await familyActs(family);
}

async function payByHand({ invoice_id: reference, payer_id: payerId, owed }: Bill): Promise<void> {
  const { desk } = scene;
  const body = { payerId, reference, amountPaise: Number(owed) };
  await perhaps(
    createPayment(desk, body, `hand_${(asked += 1)}`).then(({ orderId }) => {
      if (orderId !== null) desk.double.pay({ orderId, instrument: { method: 'netbanking', bank: 'HDFC' } });
    }),
  );
}

async function familyActs(family: Family): Promise<void> {
  const { desk, chance, pick } = scene;
  const { subscriptionId, tokenId } = family;
  if (chance(ODDS.mandate) && tokenId !== null) {
    payerDoes(desk, tokenId, pick(['paused', 'resumed', 'resumed', 'cancelled'] as const));
  }
  if (chance(ODDS.mandate)) await perhaps(scene.authorise(family));
  if (tokenId !== null && chance(0.35)) desk.double.world.verdicts.set(tokenId, [pick(VERDICTS)]);
  if (!chance(ODDS.order)) return;
  const key = `order_${(asked += 1)}`;
  const quantity = pick([1, 2, 3]);
  if (chance(0.7))
    await perhaps(carryOut(desk, { subscriptionId, name: 'change', body: { at: 'now', quantity }, key }));
  else if (chance(0.5)) {
    const resumeOn = textOf(dayOfText(textOf(Math.floor((desk.clock.now() + 5.5 * HOUR_MS) / DAY_MS))) + 10);
    await perhaps(carryOut(desk, { subscriptionId, name: 'pause', body: { resumeOn }, key }));
  } else await perhaps(carryOut(desk, { subscriptionId, name: 'cancel', body: { at: 'now' }, key }));
}

async function turnAt(instant: number, isUp: boolean): Promise<void> {
  const { desk, chance, pick } = scene;
  await desk.wait(Math.max(0, instant - desk.clock.now()));
  await scene.webhooks();
  if (!isUp) return;
  // Fewer in a row than make the adapter hold its calls back.
  if (chance(ODDS.fault) && desk.double.world.faults.length < 2)
    desk.double.planFault({ on: pick(CALLS), fault: pick(FAULTS) });
  await scene.run(...EVERY_TURN);
}

/** Six in the morning, shortly after the first peak, and late at night: every window and what follows from the debits in it. */
async function day(today: number, isUp: boolean): Promise<void> {
  const { desk, chance } = scene;
  const at = (hours: number): number => morning(textOf(today)) + (hours - 6) * HOUR_MS;
  await turnAt(at(6), isUp);
  if (isUp) await scene.run('bill', 'plan-dunning');
  await turnAt(at(13.5), isUp);
  if (isUp && chance(ODDS.back)) {
    desk.clock.set(desk.clock.now() - 9 * HOUR_MS);
    await scene.run('bill', 'plan-dunning', ...EVERY_TURN);
    desk.clock.set(at(13.5));
  }
  await peopleAct();
  await turnAt(at(14), isUp);
  await turnAt(at(22), isUp);
  if (isUp) await scene.run('sweep', 'settle', 'plan-dunning');
  await turnAt(at(22.2), isUp);
}

/** What runs is worth a month, by the rows of this moment. */
async function worth(): Promise<number> {
  const { rows } = await scene.desk.pool.query<{ plan_id: string; quantity: number }>(
    `SELECT plan_id, quantity FROM subscriptions WHERE status IN ('active', 'past_due')`,
  );
  const price = new Map(PLANS);
  return rows.reduce((sum, one) => sum + Number(price.get(one.plan_id) ?? 0n) * one.quantity, 0);
}

async function live(): Promise<Map<string, number>> {
  const closing = new Map<string, number>();
  let downUntil = 0;
  for (let today = FIRST_DAY; today < monthStart(FIRST_DAY, MONTHS); today++) {
    const text = textOf(today);
    const isMonthEnd = textOf(today + 1).endsWith('-01');
    if (downUntil <= today && scene.chance(ODDS.outage)) downUntil = today + 1 + scene.pick([0, 1, 3]);
    await day(today, today >= downUntil || isMonthEnd);
    if (isMonthEnd) closing.set(`${text.slice(0, 8)}01`, await worth());
    if (scene.families.length >= SUBSCRIPTIONS) continue;
    for (let joined = 0; joined < Math.ceil(SUBSCRIPTIONS / 10); joined++) {
      const [planId] = scene.pick([...PLANS, ...PLANS.slice(0, 2), ...PLANS.slice(0, 2)]);
      const family = await scene.join(planId, textOf(today + 1 + (joined % 3)));
      if (scene.chance(0.85)) await perhaps(scene.authorise(family));
    }
  }
  return closing;
}

async function requireAllIsWell(): Promise<void> {
  const { desk } = scene;
  expect(await moneyFaults(desk)).toEqual([]);
  expect(await ledgerDifference(desk)).toEqual({});
  expect(await unlawfulDebits(desk)).toEqual([]);
  expect(await wrongStatuses(desk)).toEqual([]);
}

describe('families who pay by mandate', () => {
  it(`are charged once and lawfully over ${MONTHS} months of faults, ${SUBSCRIPTIONS} of them`, async () => {
    scene = await openCollections(SEED, WEATHER, morning(textOf(FIRST_DAY)) - HOUR_MS);
    const closing = await live();
    await comeToRest(scene, 12);
    expect(scene.deaths()).toBeGreaterThan(MONTHS * 10);
    await requireAllIsWell();
    const { months } = await readSubscriptionReport(
      scene.desk.pool,
      'INR',
      scene.desk.clock.now() + MINUTE_MS,
    );
    let before = 0;
    for (const one of months) {
      expect(one.openingPaise).toBe(before);
      const gained = one.newPaise + one.expansionPaise + one.reactivationPaise;
      expect(one.openingPaise + gained - one.contractionPaise - one.churnPaise).toBe(one.closingPaise);
      expect([one.month, one.closingPaise]).toEqual([one.month, closing.get(one.month) ?? one.closingPaise]);
      before = one.closingPaise;
    }
    expect(before).toBe(await worth());
    const { rows } = await scene.desk.pool.query<{ status: string; n: number }>(
      'SELECT status, count(*)::int AS n FROM debits GROUP BY status ORDER BY n DESC',
    );
    expect(rows.map(({ status }) => status)).toEqual(
      expect.arrayContaining(['succeeded', 'failed', 'withdrawn']),
    );
  }, 3_600_000);
});
