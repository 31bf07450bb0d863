import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { followPayments } from '../../../billing/payments/follow.js';
import { HOUR_MS } from '../../../core/days.js';
import { MINUTE_MS, openDesk } from '../../support/payment-desk.js';
import type { Desk } from '../../support/payment-desk.js';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
}, 60_000);
afterAll(() => desk.close());

/** One that the gate has never decided about: its outcome cannot be reported. */
async function insertUndecided(paymentId: string): Promise<void> {
  await desk.pool.query(
    `INSERT INTO payments (payment_id, origin, status, amount_paise, currency, payer_id, captured_paise, refunded_paise, revision,
       created_at, changed_at)
     VALUES ($1, 'api', 'paid', 100, 'INR', 'payer_x', 100, 0, 1, to_timestamp($2 / 1000.0), to_timestamp($2 / 1000.0))`,
    [paymentId, desk.clock.now()],
  );
}

const unfollowed = async (): Promise<string[]> =>
  (
    await desk.pool.query<{ payment_id: string }>(
      `SELECT payment_id FROM payments WHERE origin = 'api' AND followed_revision < revision ORDER BY payment_id`,
    )
  ).rows.map(({ payment_id }) => payment_id);

describe('a payment that cannot be followed', () => {
  it('holds up no other, is looked at again ever more seldom, and is followed once it can be', async () => {
    const bad = 'a_pmt_bad';
    await insertUndecided(bad);
    const good = await desk.create({ reference: 'order-good' }, 'good');
    desk.pay(good);
    await desk.deliver();
    expect(await followPayments(desk)).toBe(2);
    expect(await unfollowed()).toEqual([bad]);
    expect(await followPayments(desk)).toBe(0);
    await desk.wait(MINUTE_MS);
    expect(await followPayments(desk)).toBe(1);
    await desk.wait(HOUR_MS);
    expect(await followPayments(desk)).toBe(1);
    await desk.wait(MINUTE_MS);
    expect(await followPayments(desk)).toBe(0);
    await desk.decide({ paymentId: bad, payerId: 'payer_x', amountPaise: 100 }, null);
    await desk.wait(2 * HOUR_MS);
    expect(await followPayments(desk)).toBe(1);
    expect(await unfollowed()).toEqual([]);
  });
});
