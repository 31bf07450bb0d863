import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { requireSoundLedger } from '../../../billing/ledger/check.js';
import { runBilling } from '../../../billing/run/bill.js';
import { listParked, unpark } from '../../../billing/run/failures.js';
import { readSubscription } from '../../../billing/subscriptions/subscription.js';
import { manualClock } from '../../../core/clock.js';
import { DAY_MS } from '../../../core/days.js';
import { silentLog } from '../../../core/log.js';
import { morning, writePlan, writeSubscription } from '../../support/billing-scene.js';
import { dyingPool } from '../../support/dying-pool.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';

const clock = manualClock(0);
let database: TestPostgres | null = null;

beforeEach(async () => {
  await database?.close();
  database = await testPostgres();
  await writePlan(database.pool);
  clock.set(morning('2026-01-31'));
}, 60_000);

afterAll(() => database?.close());

function pool(): Pool {
  if (database === null) throw new Error('no database');
  return database.pool;
}

const deps = (of: Pool = pool()) => ({ pool: of, clock, log: silentLog });

async function periodsOf(subscriptionId: string): Promise<string[]> {
  const { rows } = await pool().query<{ start: string }>(
    'SELECT period_start_on AS start FROM invoices WHERE subscription_id = $1 ORDER BY period_start_on, invoice_id',
    [subscriptionId],
  );
  return rows.map(({ start }) => start);
}

describe('a billing run', () => {
  it('invoices a period at six in the morning of its first day, not before', async () => {
    await writeSubscription(pool());
    clock.advance(-1);
    expect(await runBilling(deps())).toMatchObject({ subscriptions: 0, invoices: 0 });
    clock.advance(1);
    expect(await runBilling(deps())).toMatchObject({
      subscriptions: 1,
      invoices: 1,
      totals: { INR: 2_000_00n },
      failed: 0,
    });
    const { period, nextBillingAt } = await readSubscription(pool(), 'sub_1');
    expect({ period, nextBillingAt }).toEqual({ period: 0, nextBillingAt: morning('2026-02-28') });
  });

  it('changes nothing when it is repeated, or the clock has jumped back', async () => {
    await writeSubscription(pool());
    await runBilling(deps());
    expect(await runBilling(deps())).toMatchObject({ subscriptions: 0 });
    clock.advance(-40 * DAY_MS);
    expect(await runBilling(deps())).toMatchObject({ subscriptions: 0 });
    clock.set(morning('2026-02-28'));
    await runBilling(deps());
    expect(await periodsOf('sub_1')).toEqual(['2026-01-31', '2026-02-28']);
  });

  it.each([
    ['three days', '2026-02-03', ['2026-01-31']],
    ['three months', '2026-05-01', ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']],
  ])('that is %s late skips nothing and doubles nothing', async (_late, day, periods) => {
    await writeSubscription(pool());
    clock.set(morning(day));
    await runBilling(deps());
    await runBilling(deps());
    expect(await periodsOf('sub_1')).toEqual(periods);
    await requireSoundLedger(pool());
  });

  it('makes one invoice each when two run at once, and a third is delivered twice', async () => {
    for (let i = 0; i < 40; i++) await writeSubscription(pool(), { subscriptionId: `sub_${i}` });
    const reports = await Promise.all([runBilling(deps()), runBilling(deps()), runBilling(deps())]);
    await runBilling(deps());
    const { rows } = await pool().query<{ count: bigint }>('SELECT count(*) FROM invoices');
    expect(rows[0]?.count).toBe(40n);
    expect(reports.reduce((sum, { invoices }) => sum + invoices, 0)).toBe(40);
    await requireSoundLedger(pool());
  });

  it('catches up a bounded number of periods in a run and goes on in the next', async () => {
    await writePlan(pool(), { planId: 'daily', unit: 'day', pricePaise: 100_00n });
    await writeSubscription(pool(), { planId: 'daily', anchorOn: '2026-01-01' });
    clock.set(morning('2026-03-11'));
    expect(await runBilling(deps())).toMatchObject({ invoices: 60, deferred: 1 });
    expect(await runBilling(deps())).toMatchObject({ invoices: 10, deferred: 0 });
    expect(new Set(await periodsOf('sub_1')).size).toBe(70);
  });

  it('does dry what it would do and keeps nothing of it', async () => {
    await writeSubscription(pool());
    const { listed, ...report } = await runBilling(deps(), { at: morning('2026-02-28'), dryRun: true });
    expect(report).toMatchObject({ dryRun: true, invoices: 2, totals: { INR: 4_000_00n } });
    expect(listed).toMatchObject([
      { step: 'bill', onDay: '2026-01-31', totalPaise: 2_000_00n },
      { step: 'bill', onDay: '2026-02-28', totalPaise: 2_000_00n },
    ]);
    expect(await periodsOf('sub_1')).toEqual([]);
    expect((await readSubscription(pool(), 'sub_1')).period).toBeNull();
    expect((await requireSoundLedger(pool())).entries).toBe(0);
  });

  it('does not look further ahead than a month', async () => {
    await expect(runBilling(deps(), { at: clock.now() + 32 * DAY_MS })).rejects.toMatchObject({
      code: 'billing-too-far-ahead',
    });
  });

  it('lets a faulty subscription fail alone, parks it after some turns, and bills it when it is let go', async () => {
    await writePlan(pool(), { planId: 'odd', taxClass: 'luxury' });
    await writeSubscription(pool(), { subscriptionId: 'sub_odd', planId: 'odd' });
    await writeSubscription(pool(), { subscriptionId: 'sub_good' });
    expect(await runBilling(deps())).toMatchObject({ invoices: 1, failed: 1, parked: 0 });
    for (let turn = 2; turn < 5; turn++) await runBilling(deps());
    expect(await runBilling(deps())).toMatchObject({ failed: 1, parked: 1 });
    expect(await runBilling(deps())).toMatchObject({ subscriptions: 0 });
    expect(await listParked(pool(), 10)).toMatchObject([
      { subscriptionId: 'sub_odd', reason: expect.stringContaining('no tax class luxury') },
    ]);
    await pool().query(`UPDATE plans SET tax_class = 'exempt' WHERE plan_id = 'odd'`);
    await unpark(pool(), 'sub_odd', clock.now());
    expect(await runBilling(deps())).toMatchObject({ invoices: 1, failed: 0 });
    expect(await periodsOf('sub_odd')).toEqual(['2026-01-31']);
    await requireSoundLedger(pool());
  });

  it('ends the same after dying at any statement and being run again', async () => {
    await writeSubscription(pool(), { creditPaise: 300_00n });
    clock.set(morning('2026-02-28'));
    let crashes = 0;
    for (; ; crashes++) {
      const report = await runBilling(deps(dyingPool(pool(), crashes))).catch(() => null);
      if (report !== null && report.failed === 0) break;
    }
    expect(crashes).toBeGreaterThan(10);
    expect(await periodsOf('sub_1')).toEqual(['2026-01-31', '2026-02-28']);
    const { balances } = await requireSoundLedger(pool());
    expect(balances['receivable INR']).toBe(3_700_00n);
  });
});
