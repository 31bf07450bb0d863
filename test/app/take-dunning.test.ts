import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { takeDunning } from '../../app/take-dunning.js';
import { planDunning } from '../../billing/dunning/plan.js';
import { notices, owe } from '../billing/dunning/scene.js';
import { openDesk } from '../support/payment-desk.js';
import type { Desk } from '../support/payment-desk.js';
import { writePlan } from '../support/billing-scene.js';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
  await writePlan(desk.pool);
}, 60_000);
afterAll(() => desk.close());

it('a message carries a link of the gateway that pays the debt, and paying it is what clears the payer', async () => {
  const { pool, clock } = desk;
  await owe(desk, { reason: 'card_expired', subscriptionId: null });
  await planDunning(pool, { at: clock.now(), dryRun: false });
  expect(await takeDunning(desk)).toBe(1);
  const { rows } = await pool.query<{ link_url: string; reference: string }>(
    'SELECT link_url, reference FROM payments WHERE link_id IS NOT NULL',
  );
  expect(rows).toMatchObject([{ reference: 'inv_1' }]);
  expect(await notices(pool)).toMatchObject([
    { values: { payUrl: rows[0]?.link_url } },
    { values: { payUrl: rows[0]?.link_url } },
  ]);

  await pool.query(
    `UPDATE invoices SET status = 'paid', paid_paise = total_paise, paid_at = to_timestamp($1 / 1000.0)`,
    [clock.now()],
  );
  expect(await takeDunning(desk)).toBe(1);
  const { rows: episodes } = await pool.query('SELECT stage, cleared_by FROM dunning_episodes');
  expect(episodes).toEqual([{ stage: 'clear', cleared_by: 'paid' }]);
});
