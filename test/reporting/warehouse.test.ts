import { mkdir, readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { openDuckdb } from '../../core/duckdb.js';
import type { Fact, SubscriptionFact } from '../../ingest/facts.js';
import { MARTS } from '../../reporting/marts.js';
import { buildWarehouse } from '../../reporting/warehouse.js';
import type { GateDecision } from '../../reporting/warehouse.js';
import { at, label, outcome, payment, refund } from '../support/facts.js';
import type { TestWarehouse } from '../support/warehouse.js';
import { testWarehouse } from '../support/warehouse.js';

const LATER = at('2030-01-01T00:00:00Z');
const opened: TestWarehouse[] = [];

async function warehouseOf(facts: Iterable<Fact>): Promise<TestWarehouse> {
  const warehouse = await testWarehouse(facts);
  opened.push(warehouse);
  return warehouse;
}

async function built(
  facts: Iterable<Fact>,
  asOf = LATER,
  decisions: GateDecision[] = [],
): Promise<TestWarehouse> {
  const warehouse = await warehouseOf(facts);
  await warehouse.build(asOf, decisions);
  return warehouse;
}

afterEach(async () => {
  for (const warehouse of opened.splice(0)) await warehouse.remove();
});

describe('payments and days', () => {
  it('cuts the day at midnight in India: 18:29:59Z is today, 18:30:00Z tomorrow', async () => {
    const warehouse = await built([
      payment({ paymentId: 'a', occurredAt: at('2026-03-01T18:29:59Z'), amountPaise: 1_00n }),
      payment({ paymentId: 'b', occurredAt: at('2026-03-01T18:30:00Z'), amountPaise: 2_00n }),
    ]);
    const days = await warehouse.rows(
      'SELECT day::VARCHAR AS day, captured_amount_paise AS amount FROM daily_payments ORDER BY day',
    );
    expect(days).toEqual([
      { day: '2026-03-01', amount: 1_00n },
      { day: '2026-03-02', amount: 2_00n },
    ]);
  });

  it('adds up attempts, results, refunds, net and distinct payers by hand-computed sums', async () => {
    const day = (hour: number) => at('2026-03-01T00:00:00Z') + hour * 3_600_000;
    const warehouse = await built([
      payment({ paymentId: 'a', payerId: 'p1', occurredAt: day(1), amountPaise: 500_00n }),
      payment({ paymentId: 'b', payerId: 'p1', occurredAt: day(2), amountPaise: 250_50n }),
      payment({ paymentId: 'c', payerId: 'p2', occurredAt: day(3), amountPaise: 99_00n }),
      payment({
        paymentId: 'd',
        payerId: 'p3',
        occurredAt: day(4),
        status: 'failed',
        failureReason: 'incorrect_otp',
      }),
      payment({ paymentId: 'e', payerId: 'p4', occurredAt: day(5), status: 'attempted' }),
      payment({ paymentId: 'f', payerId: 'p5', occurredAt: day(5), currency: 'USD', amountPaise: 7_00n }),
      refund({ refundId: 'r1', paymentId: 'a', occurredAt: day(6), amountPaise: 500_00n }),
      refund({ refundId: 'r2', occurredAt: day(30), amountPaise: 10_00n }),
    ]);
    const [inr, usd, next] = await warehouse.rows(
      'SELECT * EXCLUDE day FROM daily_payments ORDER BY day, currency',
    );
    expect(inr).toEqual({
      currency: 'INR',
      attempts: 5n,
      captured: 3n,
      failed: 1n,
      captured_amount_paise: 849_50n,
      refunds: 1n,
      refunds_amount_paise: 500_00n,
      net_amount_paise: 349_50n,
      payers: 2n,
    });
    expect(usd).toMatchObject({ currency: 'USD', captured_amount_paise: 7_00n });
    expect(next).toMatchObject({ attempts: 0n, refunds: 1n, net_amount_paise: -10_00n });
    const reasons = await warehouse.rows('SELECT failure_reason, method, failed FROM failure_reasons');
    expect(reasons).toEqual([{ failure_reason: 'incorrect_otp', method: 'upi', failed: 1n }]);
    const payers = await warehouse.rows(
      "SELECT captured, captured_amount_paise FROM payers WHERE payer_id = 'p1'",
    );
    expect(payers).toEqual([{ captured: 2n, captured_amount_paise: 750_50n }]);
    const [refunded] = await warehouse.rows(
      "SELECT payer_id, counterparty_id FROM refunds WHERE refund_id = 'r1'",
    );
    expect(refunded).toEqual({ payer_id: 'p1', counterparty_id: 'school_1' });
  });

  it('counts a payment that two sources reported once', async () => {
    const twice = payment({ paymentId: 'a', occurredAt: at('2026-03-01T06:00:00Z') });
    const warehouse = await built([twice, { ...twice, sequence: 1, knownAt: twice.knownAt + 1 }]);
    expect(await warehouse.rows('SELECT attempts, captured FROM daily_payments')).toEqual([
      { attempts: 1n, captured: 1n },
    ]);
  });
});

describe('knowledge as of an instant', () => {
  const paid = at('2026-03-01T06:00:00Z');
  const late = at('2026-03-04T06:00:00Z');
  const facts = [
    payment({ paymentId: 'a', occurredAt: paid, status: 'failed', failureReason: 'payment_timed_out' }),
    outcome({ paymentId: 'a', status: 'captured', knownAt: late }),
    label({ paymentId: 'a', knownAt: late, occurredAt: paid }),
  ];

  it('lets the latest known outcome decide, and forgets the reason of an earlier failure', async () => {
    const warehouse = await built(facts);
    const [row] = await warehouse.rows('SELECT status, failure_reason, fraud FROM payments');
    expect(row).toEqual({ status: 'captured', failure_reason: null, fraud: true });
    expect(await warehouse.rows('SELECT lag_days, frauds FROM label_lag')).toEqual([
      { lag_days: 3n, frauds: 1n },
    ]);
  });

  it('does not see a fact that became known at the as-of instant itself', async () => {
    const warehouse = await built(facts, late);
    const [row] = await warehouse.rows('SELECT status, failure_reason, fraud FROM payments');
    expect(row).toEqual({ status: 'failed', failure_reason: 'payment_timed_out', fraud: null });
    expect(await warehouse.rows('SELECT * FROM label_lag')).toEqual([]);
    const [record] = await warehouse.rows('SELECT as_of, next_known_at, lake_batches FROM mart_info LIMIT 1');
    expect(record).toEqual({ as_of: late, next_known_at: late, lake_batches: 1n });
  });

  it('takes the newest label: a withdrawn report of fraud is no fraud', async () => {
    const withdrawn = label({ paymentId: 'a', fraud: false, knownAt: late + 1 });
    const warehouse = await built([...facts, withdrawn]);
    expect(await warehouse.rows('SELECT fraud, fraud_known_at FROM payments')).toEqual([
      { fraud: false, fraud_known_at: null },
    ]);
  });
});

describe('the gate', () => {
  it('measures precision and recall by ISO week and says which weeks are mature', async () => {
    const monday = at('2026-03-02T04:00:00Z');
    const week = 7 * 86_400_000;
    const decision = (paymentId: string, given: Partial<GateDecision>): GateDecision => ({
      decisionId: `dec_${paymentId}`,
      paymentId,
      action: 'allow',
      fraudProbability: 0.1,
      flagProbability: 0.5,
      modelVersion: 'm',
      decidedAt: monday,
      ...given,
    });
    const warehouse = await built(
      [
        ...['a', 'b', 'c', 'd'].map((paymentId) => payment({ paymentId, occurredAt: monday })),
        payment({ paymentId: 'e', occurredAt: monday + 2 * week }),
        label({ paymentId: 'a', knownAt: monday + 2 * 86_400_000 }),
        label({ paymentId: 'b', knownAt: monday + 2 * 86_400_000 }),
        label({ paymentId: 'd', knownAt: monday + 2 * 86_400_000 }),
      ],
      monday + 2 * week + 1,
      [
        decision('a', { action: 'block' }),
        decision('b', { action: null, fraudProbability: 0.5 }),
        decision('c', { action: 'challenge' }),
        decision('d', {}),
        decision('e', { decidedAt: monday + 2 * week }),
      ],
    );
    const weeks = await warehouse.rows('SELECT * REPLACE (week::VARCHAR AS week) FROM gate_weekly');
    expect(weeks).toEqual([
      {
        week: '2026-03-02',
        decided: 4n,
        backtested: 1n,
        flagged: 3n,
        frauds: 3n,
        frauds_flagged: 2n,
        precision: 2 / 3,
        recall: 2 / 3,
        mature: true,
      },
      {
        week: '2026-03-16',
        decided: 1n,
        backtested: 0n,
        flagged: 0n,
        frauds: 0n,
        frauds_flagged: 0n,
        precision: null,
        recall: null,
        mature: false,
      },
    ]);
    const blocked = await warehouse.rows(
      "SELECT decisions, frauds FROM decisions_daily WHERE action = 'block'",
    );
    expect(blocked).toEqual([{ decisions: 1n, frauds: 1n }]);
  });
});

describe('subscriptions', () => {
  it('counts what is active at the end of each month, also of a month without events', async () => {
    const event = (
      name: SubscriptionFact['event'],
      occurredAt: number,
      amountPaise = 100_00n,
    ): SubscriptionFact => ({
      fact: 'subscription',
      subscriptionId: 's',
      payerId: 'p',
      counterpartyId: null,
      planId: 'plan',
      event: name,
      amountPaise,
      currency: 'INR',
      sequence: 0,
      occurredAt,
      knownAt: occurredAt,
    });
    const warehouse = await built([
      event('started', at('2026-01-10T00:00:00Z')),
      event('price_changed', at('2026-01-20T00:00:00Z'), 150_00n),
      event('cancelled', at('2026-03-31T18:29:59Z'), 150_00n),
    ]);
    const months = await warehouse.rows(
      'SELECT month::VARCHAR AS month, cancelled, active_at_end AS active, active_amount_paise AS amount FROM subscriptions_monthly',
    );
    expect(months).toEqual([
      { month: '2026-01-01', cancelled: 0n, active: 1n, amount: 150_00n },
      { month: '2026-02-01', cancelled: 0n, active: 1n, amount: 150_00n },
      { month: '2026-03-01', cancelled: 1n, active: 0n, amount: 0n },
    ]);
  });
});

describe('the file', () => {
  it('replaces the old one while its readers go on reading it', async () => {
    const warehouse = await warehouseOf([
      payment({ paymentId: 'a', occurredAt: at('2026-03-01T06:00:00Z') }),
    ]);
    await warehouse.build(at('2026-01-01T00:00:00Z'));
    const reader = await openDuckdb(warehouse.path, { readOnly: true });
    await warehouse.build(LATER);
    expect(await reader.rows('SELECT count(*) AS n FROM payments')).toEqual([{ n: 0n }]);
    expect(await warehouse.rows('SELECT count(*) AS n FROM payments')).toEqual([{ n: 1n }]);
    reader.close();
    expect((await readdir(warehouse.dataDir)).sort()).toEqual(['lake', 'warehouse.duckdb']);
  });

  it('describes every mart, its rows and the build', async () => {
    const warehouse = await built([payment({ paymentId: 'a', occurredAt: at('2026-03-01T06:00:00Z') })]);
    const marts = await warehouse.rows<{ mart: string; meaning: string; rows: bigint }>(
      'SELECT * FROM mart_info',
    );
    expect(marts.map(({ mart }) => mart).sort()).toEqual([...MARTS].sort());
    expect(marts.every(({ meaning }) => meaning.endsWith('.'))).toBe(true);
    expect(marts.find(({ mart }) => mart === 'payments')?.rows).toBe(1n);
  });

  it('stays as it was when a build fails, and the next build clears what a killed one left', async () => {
    const warehouse = await built([]);
    const broken = { batches: () => Promise.resolve([]), attach: () => Promise.reject(new Error('no lake')) };
    const build = { lake: broken, path: warehouse.path, asOf: LATER, builtAt: LATER };
    await expect(buildWarehouse(build)).rejects.toThrow('no lake');
    const abandoned = path.join(warehouse.dataDir, '.warehouse-build_killed');
    await mkdir(abandoned);
    await utimes(abandoned, 1_000_000, 1_000_000);
    await warehouse.build(LATER);
    expect((await readdir(warehouse.dataDir)).sort()).toEqual(['lake', 'warehouse.duckdb']);
  });
});

describe('sums of any history', () => {
  const asOf = at('2026-03-08T00:00:00Z');
  const instants = fc.integer({ min: at('2026-03-01T00:00:00Z'), max: at('2026-03-10T00:00:00Z') });
  const drawn = fc.record({
    occurredAt: instants,
    delayMs: fc.integer({ min: 0, max: 86_400_000 }),
    amountPaise: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    status: fc.constantFrom('captured' as const, 'failed' as const, 'attempted' as const),
    late: fc.option(
      fc.record({
        status: fc.constantFrom('captured' as const, 'failed' as const),
        delayMs: fc.integer({ min: 1, max: 86_400_000 }),
      }),
    ),
    refundPaise: fc.option(fc.bigInt({ min: 0n, max: 10n ** 12n })),
  });

  it('equals an independent sum over the facts that were known', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(drawn, { maxLength: 60 }), async (cases) => {
        const facts: Fact[] = [];
        let revenue = 0n;
        let refunds = 0n;
        cases.forEach(({ occurredAt, delayMs, amountPaise, status, late, refundPaise }, index) => {
          const knownAt = occurredAt + delayMs;
          const paymentId = `pay_${index}`;
          facts.push(payment({ paymentId, occurredAt, knownAt, amountPaise, status }));
          if (late !== null)
            facts.push(outcome({ paymentId, status: late.status, knownAt: knownAt + late.delayMs }));
          const lateKnown = late !== null && knownAt + late.delayMs < asOf;
          const final = lateKnown ? late.status : status;
          if (knownAt < asOf && final === 'captured') revenue += amountPaise;
          if (refundPaise === null) return;
          facts.push(refund({ refundId: `rfnd_${index}`, occurredAt, knownAt, amountPaise: refundPaise }));
          if (knownAt < asOf) refunds += refundPaise;
        });
        const warehouse = await testWarehouse(facts);
        try {
          await warehouse.build(asOf);
          const [sums] = await warehouse.rows(`SELECT
            coalesce(sum(captured_amount_paise), 0)::BIGINT AS revenue,
            coalesce(sum(refunds_amount_paise), 0)::BIGINT AS refunds FROM daily_payments`);
          expect(sums).toEqual({ revenue, refunds });
        } finally {
          await warehouse.remove();
        }
      }),
      { numRuns: 12, seed: 7 },
    );
  });
});
