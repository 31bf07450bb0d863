/**
 * Months of subscriptions under a fixed clock, month ends and a leap day among them: plans and quantities change, pauses come and go, runs
 * are missed and made up, payers pay, fail and are late, and the program dies between any two statements and is run again. At
 * the end every invoice, every line and the ledger are what an oracle without shared code says.
 * HASIVU_BILLING_SUBSCRIPTIONS and HASIVU_BILLING_MONTHS ask for more, HASIVU_BILLING_SEED for another course of events.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { requireSoundLedger } from '../../billing/ledger/check.js';
import { settleInvoices } from '../../billing/invoices/settle.js';
import { runBilling } from '../../billing/run/bill.js';
import { createSubscription } from '../../billing/subscriptions/create.js';
import { carryOut } from '../../billing/subscriptions/orders.js';
import type { Order, OrderName } from '../../billing/subscriptions/orders.js';
import { manualClock } from '../../core/clock.js';
import { systemEnvironment } from '../../core/config.js';
import { HOUR_MS } from '../../core/days.js';
import { silentLog } from '../../core/log.js';
import { seededRandom } from '../../core/random.js';
import * as oracle from '../support/billing-oracle.js';
import type { OracleInvoice, OraclePlan, OracleSubscription } from '../support/billing-oracle.js';
import { morning, payReference, writePlan } from '../support/billing-scene.js';
import { dyingPool } from '../support/dying-pool.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';

const SUBSCRIPTIONS = Number(systemEnvironment['HASIVU_BILLING_SUBSCRIPTIONS'] ?? 10);
const MONTHS = Number(systemEnvironment['HASIVU_BILLING_MONTHS'] ?? 14);
const SEED = Number(systemEnvironment['HASIVU_BILLING_SEED'] ?? 28);
/** 31 January and 29 February 2028 are among the days. */
const FIRST_DAY = oracle.dayOfText('2027-01-29');
const LAST_DAY = oracle.monthStart(FIRST_DAY, MONTHS);

const PLANS: readonly OraclePlan[] = [
  { planId: 'lunch', pricePaise: 2_345_67n, setupFeePaise: 0n },
  { planId: 'snack', pricePaise: 999_99n, setupFeePaise: 250_01n },
];
/** How often, a day or a subscription and day. */
const ODDS = { outage: 0.12, crash: 0.25, order: 0.03, pays: 0.35, fails: 0.1 } as const;

const random = seededRandom(SEED);
const clock = manualClock(0);
const chance = (probability: number): boolean => random.unit() < probability;
const pick = <T>(from: readonly T[]): T => from[random.below(from.length)] as T;

let database: TestPostgres;
const subscriptions: OracleSubscription[] = [];
let paidPaise = 0n;
let commands = 0;
let crashes = 0;

beforeAll(async () => {
  database = await testPostgres();
  for (const { planId, pricePaise, setupFeePaise } of PLANS)
    await writePlan(database.pool, { planId, pricePaise, setupFeePaise });
}, 60_000);

afterAll(() => database.close());

/** Perhaps dies on the way first; then, as after a restart, does the same again. */
async function survive<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  if (chance(ODDS.crash)) {
    const died = await work(dyingPool(database.pool, random.below(45))).then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof Error) || error.message !== 'died') throw error;
        return true;
      },
    );
    if (died) crashes += 1;
  }
  return work(database.pool);
}

const order = <Name extends OrderName>(
  { id: subscriptionId }: OracleSubscription,
  name: Name,
  body: Order<Name>['body'],
): Promise<unknown> => {
  const key = `order_${(commands += 1)}`;
  return survive((pool) => carryOut({ pool, clock }, { subscriptionId, name, body, key }));
};

/** From tomorrow on: the calendar of today is done. */
async function subscribe(today: number): Promise<void> {
  const plan = pick(PLANS);
  const quantity = 1 + random.below(3);
  const startDay = today + 1 + random.below(3);
  const trialDays = chance(0.3) ? 1 + random.below(10) : 0;
  const periods = chance(0.25) ? 2 + random.below(10) : null;
  const body = {
    payerId: `payer_${(commands += 1)}`,
    planId: plan.planId,
    quantity,
    startOn: oracle.textOf(startDay),
    trialDays,
    ...(periods === null ? {} : { periods }),
  };
  const key = `new_${commands}`;
  const { subscriptionId } = await survive((pool) => createSubscription({ pool, clock }, body, key));
  const anchorDay = startDay + trialDays;
  subscriptions.push({
    id: subscriptionId,
    status: 'scheduled',
    plan,
    quantity,
    startDay,
    anchorDay,
    lastDay: periods === null ? null : oracle.monthStart(anchorDay, periods) - 1,
    begun: 0,
    cancelsAtEnd: false,
    pending: null,
    resumeDay: null,
    credit: 0n,
    invoices: [],
  });
}

/** Something that is possible now: what the books refuse while a period is unpaid is not asked for. */
async function orderSomething(one: OracleSubscription, day: number): Promise<void> {
  const at = clock.now();
  if (!oracle.isServed(one) || oracle.current(one) === null) return;
  const to = { plan: pick(PLANS), quantity: 1 + random.below(4) };
  const terms = { planId: to.plan.planId, quantity: to.quantity };
  const what = random.unit();
  if (what < 0.25) {
    await order(one, 'change', { at: 'period-end', ...terms });
    one.pending = to;
  } else if (what < 0.35) {
    await order(one, 'cancel', { at: 'period-end' });
    Object.assign(one, { cancelsAtEnd: true, pending: null });
  } else if (what < 0.45 && one.cancelsAtEnd) {
    await order(one, 'undo', { what: 'cancel' });
    one.cancelsAtEnd = false;
  } else if (!oracle.isAllPaid(one)) return;
  else if (what < 0.75) {
    await order(one, 'change', { at: 'now', ...terms });
    oracle.changeNow(one, to, day, at);
  } else if (what < 0.95 && !one.cancelsAtEnd && (one.lastDay === null || day <= one.lastDay)) {
    const resumeDay = day + 1 + random.below(60);
    await order(one, 'pause', { resumeOn: oracle.textOf(resumeDay) });
    oracle.pauseNow(one, resumeDay, day, at);
  } else if (what >= 0.95) {
    await order(one, 'cancel', { at: 'now' });
    oracle.cancelNow(one, day, at);
  }
}

interface Open {
  invoice_id: string;
  subscription_id: string;
  period_start_on: string;
  total_paise: bigint;
}

async function paySome(): Promise<void> {
  const { rows } = await database.pool.query<Open>(
    `SELECT invoice_id, subscription_id, period_start_on, total_paise FROM invoices WHERE status = 'open'
     ORDER BY issued_at, payer_id, period_start_on, kind, total_paise`,
  );
  for (const { invoice_id: reference, total_paise: amountPaise, ...row } of rows) {
    const draw = random.unit();
    if (draw > ODDS.pays) continue;
    const status = draw < ODDS.fails * ODDS.pays ? 'failed' : 'captured';
    const paymentId = `p${(commands += 1)}`;
    await payReference(database.pool, { reference, amountPaise, paymentId, status }, clock.now());
    if (status === 'failed') continue;
    const owed = invoicesOf(row.subscription_id).find(
      (one) => !one.isPaid && one.total === amountPaise && one.periodStart === row.period_start_on,
    );
    if (owed === undefined) throw new Error(`nobody owes ${amountPaise} for ${row.period_start_on}`);
    Object.assign(owed, { isPaid: true, isOverdue: false });
    paidPaise += amountPaise;
  }
  await survive((pool) => settleInvoices({ pool, clock }));
}

function invoicesOf(subscriptionId: string): readonly OracleInvoice[] {
  return subscriptions.find(({ id }) => id === subscriptionId)?.invoices ?? [];
}

/** Every morning since the last run, in order; then what has fallen due. */
async function bill(days: readonly number[]): Promise<void> {
  const at = clock.now();
  const report = await survive((pool) => runBilling({ pool, clock, log: silentLog }));
  expect(report).toMatchObject({ failed: 0, deferred: 0 });
  for (const one of subscriptions) {
    for (const day of days) oracle.morningOf(one, day, at);
    for (const owed of one.invoices) if (!owed.isPaid && owed.dueAt <= at) owed.isOverdue = true;
  }
}

async function live(): Promise<void> {
  let missed: number[] = [];
  for (let day = FIRST_DAY; day < LAST_DAY; day++) {
    missed.push(day);
    clock.set(morning(oracle.textOf(day)));
    const isUp = !chance(ODDS.outage) || day === LAST_DAY - 1;
    if (isUp) {
      await bill(missed);
      missed = [];
    }
    clock.advance(4 * HOUR_MS);
    await paySome();
    if (!isUp) continue;
    // Who has left makes room for somebody new.
    if (subscriptions.filter(({ status }) => status !== 'ended').length < SUBSCRIPTIONS) await subscribe(day);
    for (const one of subscriptions) if (chance(ODDS.order)) await orderSomething(one, day);
    if (day % 30 === 0) await requireSameWorth();
  }
}

/** What runs is worth a month what its latest event says. */
async function requireSameWorth(): Promise<void> {
  const { rows } = await database.pool.query<{ mrr: bigint }>(
    `SELECT coalesce(sum(mrr_paise), 0)::bigint AS mrr FROM (
       SELECT DISTINCT ON (subscription_id) mrr_paise FROM subscription_events ORDER BY subscription_id, number DESC) AS latest`,
  );
  const expected = subscriptions
    .filter(oracle.isServed)
    .reduce((sum, { plan, quantity }) => sum + plan.pricePaise * BigInt(quantity), 0n);
  expect(rows[0]?.mrr).toBe(expected);
}

interface Row {
  subscription_id: string;
  kind: string;
  period_start_on: string;
  status: string;
  total_paise: bigint;
  net_paise: bigint;
  tax_paise: bigint;
  credit_paise: bigint;
  lines: [string, string][];
}

async function readInvoices(): Promise<Map<string, string[]>> {
  const { rows } = await database.pool.query<Row>(
    `SELECT i.*, (SELECT json_agg(json_build_array(amount_paise::text, tax_paise::text) ORDER BY line) FROM invoice_lines l
       WHERE l.invoice_id = i.invoice_id) AS lines FROM invoices i`,
  );
  const found = new Map<string, string[]>();
  for (const row of rows) {
    const amounts = [row.total_paise, row.net_paise, row.tax_paise, row.credit_paise];
    const text = [row.kind, row.period_start_on, row.status, ...amounts, ...row.lines.flat()].join(' ');
    found.set(row.subscription_id, [...(found.get(row.subscription_id) ?? []), text].sort());
  }
  return found;
}

function expectedInvoices(): Map<string, string[]> {
  return new Map(
    subscriptions
      .filter(({ invoices }) => invoices.length > 0)
      .map(({ id, invoices }) => [id, invoices.map(textOfInvoice).sort()]),
  );
}

function textOfInvoice({ kind, periodStart, isPaid, total, net, tax, credit, lines }: OracleInvoice): string {
  const status = isPaid ? 'paid' : 'open';
  return [kind, periodStart, status, total, net, tax, credit, ...lines.flat()].join(' ');
}

function statusOf(one: OracleSubscription): string {
  if (one.status === 'running')
    return one.invoices.some(({ isOverdue }) => isOverdue) ? 'past_due' : 'active';
  return one.status;
}

describe(`${SUBSCRIPTIONS} subscriptions over ${MONTHS} months`, () => {
  it('leave the invoices, lines, statuses and ledger that the oracle says', async () => {
    await live();
    expect(crashes).toBeGreaterThan(MONTHS);
    expect(await readInvoices()).toEqual(expectedInvoices());
    const { rows } = await database.pool.query<{ id: string; status: string; credit_paise: bigint }>(
      `SELECT subscription_id AS id, CASE WHEN ended_at IS NULL THEN status ELSE 'ended' END AS status, credit_paise
       FROM subscriptions`,
    );
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    expect(rows.sort(byId)).toEqual(
      subscriptions
        .map((one) => ({ id: one.id, status: statusOf(one), credit_paise: one.credit }))
        .sort(byId),
    );
    const { balances } = await requireSoundLedger(database.pool);
    const sum = (of: (one: OracleInvoice) => bigint): bigint =>
      subscriptions.flatMap(({ invoices }) => invoices).reduce((total, one) => total + of(one), 0n);
    const kept = subscriptions.reduce((total, { credit }) => total + credit, 0n);
    expect({ revenue: 0n, ...rename(balances) }).toMatchObject({
      receivable: sum(({ total }) => total) - paidPaise,
      revenue: -sum(({ net }) => net),
      'gst-payable': -sum(({ tax }) => tax),
      advances: -kept,
    });
  }, 3_600_000);
});

function rename(balances: Readonly<Record<string, bigint>>): Record<string, bigint> {
  return Object.fromEntries(
    Object.entries(balances).map(([name, paise]) => [name.replace(' INR', ''), paise]),
  );
}
