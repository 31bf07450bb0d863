import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sweepGateway } from '../../../billing/payments/sweep.js';
import type { SweptGateway } from '../../../billing/payments/sweep.js';
import { manualClock } from '../../../core/clock.js';
import type { GatewayPayment, GatewayRefund } from '../../../core/ports/gateway-entities.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { CREATED_AT, seenDispute, seenPayment, seenRefund, seenSettlement } from '../../support/sightings.js';

let database: TestPostgres;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
afterAll(() => database.close());

async function* pages<T>(...all: T[][]): AsyncGenerator<readonly T[]> {
  yield* all;
}

/** What the gateway lists after an outage in which no webhook arrived. */
const gateway: SweptGateway = {
  payments: {
    list: () =>
      pages(
        [seenPayment({ id: 'pay_1', status: 'captured' }) as GatewayPayment],
        [seenPayment({ id: 'pay_2', status: 'failed' }) as GatewayPayment],
      ),
  },
  refunds: {
    list: () =>
      pages([seenRefund({ id: 'rfnd_1', paymentId: 'pay_1', status: 'processed' }) as GatewayRefund]),
  },
  settlements: { list: () => pages([seenSettlement({ id: 'setl_1', status: 'processed' })]) },
  disputes: { list: () => pages([seenDispute({ id: 'disp_1', paymentId: 'pay_1', status: 'open' })]) },
};

it('a sweep after an outage applies what was missed, and a second one changes nothing', async () => {
  const { pool } = database;
  const sweep = () =>
    sweepGateway(
      { pool, clock: manualClock(CREATED_AT + 1000), gateway },
      { fromAt: CREATED_AT, toAt: CREATED_AT },
    );
  const state = async () => {
    const attempts = await pool.query('SELECT attempt_id, status FROM payment_attempts ORDER BY 1');
    const balances = await pool.query('SELECT account, balance_paise FROM ledger_balances ORDER BY 1');
    return [...attempts.rows, ...balances.rows];
  };
  expect(await sweep()).toEqual({ payments: 2, refunds: 1, settlements: 1, disputes: 1 });
  const first = await state();
  expect(first).toEqual([
    { attempt_id: 'pay_1', status: 'captured' },
    { attempt_id: 'pay_2', status: 'failed' },
    { account: 'advances', balance_paise: -500_00n },
    { account: 'gateway-clearing', balance_paise: 0n },
    { account: 'gateway-fees', balance_paise: 10_00n },
    { account: 'gst-on-fees', balance_paise: 1_80n },
    { account: 'refunds', balance_paise: 100_00n },
    { account: 'settlement-in-transit', balance_paise: 388_20n },
  ]);
  await sweep();
  expect(await state()).toEqual(first);
});
