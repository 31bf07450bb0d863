import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startDouble } from '../../../adapters/gateway/double/double.js';
import type { GatewayDouble } from '../../../adapters/gateway/double/double.js';
import { createRazorpayGateway } from '../../../adapters/gateway/razorpay/gateway.js';
import { startDemoSubscriptions } from '../../../app/demo-subscriptions/start.js';
import type { DemoDeps } from '../../../app/demo-subscriptions/world.js';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import type { Clock } from '../../../core/clock.js';
import { silentLog } from '../../../core/log.js';
import { latestSubscriptionReport } from '../../../reporting/subscription-store.js';
import { openDesk } from '../../support/payment-desk.js';
import type { Desk } from '../../support/payment-desk.js';

const SMALL = { days: 30, payers: 6 };
const SIZE = { days: 70, payers: 14 };

let desk: Desk;
let double: GatewayDouble;
let deps: DemoDeps;
let notice: string | null;
let other: Clock | null = null;

beforeAll(async () => {
  desk = await openDesk();
  const { pool, clock, decide } = desk;
  double = await startDouble({ clock: { now: () => (other ?? clock).now() }, port: 0, ticks: false });
  const { keyId, keySecret, url: doubleUrl } = double;
  const gateway = createRazorpayGateway({ keyId, keySecret, doubleUrl, onBreaker: () => undefined });
  const sandbox = { double, live: (next: Clock | null) => void (other = next) };
  deps = { pool, clock, log: silentLog, gateway, sandbox, decide, stopwatch: () => 0 };
  notice = await startDemoSubscriptions(deps, () => undefined, SIZE);
}, 120_000);

afterAll(async () => {
  await double.close();
  await desk.close();
});

async function count(what: string): Promise<number> {
  const { rows } = await desk.pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${what}`);
  return rows[0]?.count ?? 0;
}

it('leaves invoices paid and unpaid, debits that failed and are planned again, and says where to look', async () => {
  expect(notice).toMatch(/^demo subscriptions: 14 with \d+ invoices, .* see \/subscriptions/);
  expect(await count('subscriptions')).toBe(SIZE.payers);
  expect(await count(`invoices WHERE status = 'paid'`)).toBeGreaterThan(5);
  expect(await count(`debits WHERE status = 'failed'`)).toBeGreaterThan(0);
  expect(await count(`debits WHERE status = 'announced' AND attempt > 1`)).toBeGreaterThan(0);
  expect(await count(`dunning_steps WHERE status = 'sent'`)).toBeGreaterThan(0);
  expect(await count(`instalment_plans WHERE status = 'active'`)).toBe(1);
});

it('was lived in the past: nothing is later than the present, and time is the present again', async () => {
  const now = desk.clock.now();
  const { rows } = await desk.pool.query<{ first: number; last: number }>(
    'SELECT min(occurred_at) AS first, max(known_at) AS last FROM subscription_events',
  );
  expect(rows[0]?.first).toBeLessThan(now - 30 * 86_400_000);
  expect(rows[0]?.last).toBeLessThanOrEqual(now);
  expect(other).toBeNull();
});

it('keeps the books and closes the waterfall of every month', async () => {
  await requireSoundLedger(desk.pool);
  const report = await latestSubscriptionReport(desk.pool, null);
  expect(report?.months.length).toBeGreaterThan(2);
  for (const month of report?.months ?? [])
    expect(month.closingPaise).toBe(
      month.openingPaise +
        month.newPaise +
        month.expansionPaise +
        month.reactivationPaise -
        month.contractionPaise -
        month.churnPaise,
    );
});

it('adds nothing the second time', async () => {
  const before = await count('payments');
  expect(await startDemoSubscriptions(deps, () => undefined, SIZE)).toBeNull();
  expect(await count('payments')).toBe(before);
});

it('names nobody: every payer is a demo payer', async () => {
  expect(await count(`subscriptions WHERE payer_id !~ '^demo-payer-[0-9]+$'`)).toBe(0);
});

it('a step that fails ends the demo and says why; the server goes on, in the present', async () => {
  const own = await openDesk();
  try {
    const decide: typeof own.decide = () => {
      throw new Error('the gate is gone');
    };
    const told = await startDemoSubscriptions({ ...deps, pool: own.pool, decide }, () => undefined, SMALL);
    expect(told).toMatch(/^demo subscriptions: \d+ with .*; it stopped half-way, .*: the gate is gone$/);
    expect(other).toBeNull();
  } finally {
    await own.close();
  }
}, 60_000);
