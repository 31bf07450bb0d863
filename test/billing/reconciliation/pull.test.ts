import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pullDays, pullRange } from '../../../billing/reconciliation/pull.js';
import type { SettlingGateway } from '../../../billing/reconciliation/pull.js';
import { reconcile } from '../../../billing/reconciliation/reconcile.js';
import { dayReport, dayTotals, listAdjustments } from '../../../billing/reconciliation/report.js';
import { importCredits } from '../../../billing/reconciliation/credits.js';
import { AppError } from '../../../core/errors.js';
import { manualClock } from '../../../core/clock.js';
import { all, DAY_MS, openScene, paidOrder, START } from '../../adapters/gateway/scene.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { seenPayment } from '../../support/sightings.js';
import { gatewayOf, newHistory, NOW, openCases, paymentRow, SETTLED_ON, settleOn, tell } from './scene.js';

let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
afterAll(() => database.close());

it('a reading that breaks off is taken up where it broke, and the newest days are read again', async () => {
  const { pool } = database;
  const history = newHistory();
  settleOn(history, SETTLED_ON, ...['pay_a', 'pay_b', 'pay_c'].map((id) => paymentRow(id)));
  const asked: string[] = [];
  const whole = gatewayOf(history, 2);
  const counting: SettlingGateway = {
    ...whole,
    movements: (day) => {
      asked.push(day);
      return whole.movements(day);
    },
  };
  const broken: SettlingGateway = { ...whole, movements: () => breaksAfterOnePage(history.rows) };
  const clock = manualClock(NOW);
  await expect(pullRange({ pool, clock, settlements: broken }, SETTLED_ON, SETTLED_ON)).rejects.toThrow(
    'broke off',
  );
  const stored = async () => (await pool.query('SELECT FROM settlement_rows')).rowCount;
  expect(await stored()).toBe(2);
  expect(await dayTotals(pool, SETTLED_ON, SETTLED_ON)).toMatchObject([{ readAt: null, rows: 2n }]);
  await pullDays({ pool, clock, settlements: counting }, '2026-06-05', 2);
  expect(asked).toEqual([SETTLED_ON, '2026-06-04', '2026-06-05']);
  expect(await stored()).toBe(3);
  asked.length = 0;
  const again = await pullDays({ pool, clock, settlements: counting }, '2026-06-06', 2);
  expect(asked).toEqual(['2026-06-05', '2026-06-06']);
  expect(again.map(({ changed }) => changed)).toEqual([0, 0]);
});

async function* breaksAfterOnePage(rows: ReadonlyMap<string, readonly ReturnType<typeof paymentRow>[]>) {
  yield (rows.get(SETTLED_ON) ?? []).slice(0, 2);
  throw new AppError('unavailable', 'gateway-unavailable', "the gateway's list broke off");
}

it('what the double settles for real orders comes out even through the SDK: books, rows and bank', async () => {
  const scene = await openScene();
  const fresh = await testPostgres();
  try {
    const { pool } = fresh;
    const { gateway, double } = scene;
    const paid = [
      await paidOrder(scene, 'rcpt_1'),
      await paidOrder(scene, 'rcpt_2', 123_457n),
      await paidOrder(scene, 'rcpt_3'),
    ];
    const [first, , third] = paid.map(({ paymentId }) => paymentId);
    const refunded = { paymentId: first ?? '', amountPaise: 100_00n, idempotencyKey: 'refund-of-the-first' };
    await gateway.refunds.create(refunded);
    // Nobody told us of the third: the second alone came by webhook, the first and its refund by the sweep.
    const payments = await all(gateway.payments.list({ fromAt: START - DAY_MS, toAt: START + DAY_MS }));
    await tell(pool, {
      ...newHistory(),
      sightings: payments
        .filter(({ id }) => id !== third)
        .map((payment) => ({ occurredAt: START, payment: seenPayment(payment) })),
    });
    await double.advance(3 * DAY_MS);
    const clock = manualClock(scene.now() + DAY_MS);
    const settledOn = '2026-03-04';
    const pulled = await pullDays({ pool, clock, settlements: gateway.settlements }, '2026-03-05', 4);
    expect(pulled.reduce((sum, { rows }) => sum + rows, 0)).toBe(4);
    expect(await reconcile(pool, { now: clock.now() })).toMatchObject({
      matched: 2,
      adjusted: 1,
      exceptions: 1,
    });
    const day = await dayReport(pool, settledOn);
    expect(day).toMatchObject({ rows: 4n, matched: 2n, adjusted: 1n, exceptions: 1n, late: 0n });
    expect(day?.adjustments).toEqual([{ name: 'refund', rows: 1n, paise: 100_00n }]);
    expect(await listAdjustments(pool, settledOn)).toHaveLength(1);
    expect(Object.values(await openCases(pool))).toEqual(['payment-unknown -48820']);
    const [line] = day?.settlements ?? [];
    expect(line?.rowsPaise).toBe(line?.paidPaise);
    // The sweep finds the third, the books learn of the refund, the bank of the payout: nothing is left to explain.
    const refunds = await all(gateway.refunds.list({ fromAt: START - DAY_MS, toAt: scene.now() }));
    await tell(pool, {
      ...newHistory(),
      sightings: [
        ...payments.map((payment) => ({ occurredAt: START, payment: seenPayment(payment) })),
        ...refunds.map((refund) => ({ occurredAt: START, refund })),
      ],
    });
    const credit = { reference: 'bank-1', creditedOn: settledOn, currency: 'INR', utr: line?.utr ?? null };
    await importCredits(
      pool,
      [{ ...credit, amountPaise: line?.paidPaise ?? 0n, narration: '' }],
      clock.now(),
    );
    expect(await reconcile(pool, { now: clock.now() })).toMatchObject({
      matched: 4,
      reversed: 1,
      cleared: 1,
    });
    const { rows } = await pool.query<{ account: string }>(
      "SELECT account FROM ledger_balances WHERE balance_paise <> 0 AND account IN ('gateway-clearing', 'settlement-in-transit')",
    );
    expect(rows).toEqual([]);
    expect(await openCases(pool)).toEqual({});
  } finally {
    await scene.double.close();
    await fresh.close();
  }
}, 30_000);
