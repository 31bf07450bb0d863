import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { raiseDispute } from '../../../adapters/gateway/double/settlements.js';
import { followPayments } from '../../../billing/payments/follow.js';
import { openDesk } from '../../support/payment-desk.js';
import type { Desk } from '../../support/payment-desk.js';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
}, 60_000);
afterAll(() => desk.close());

it('a chargeback as fraud labels the payment once, in the running fold and for the next training', async () => {
  const payment = await desk.create({}, 'key-of-the-payment');
  const { payment: attempt } = desk.pay(payment);
  await desk.settle();
  const wire = desk.double.world.payments.get(attempt.id);
  if (wire === undefined) throw new Error('the double forgot a payment');
  raiseDispute(desk.double.world, wire, wire.amount, 'suspected_fraud');
  await desk.settle();
  await followPayments(desk);
  const { rows } = await desk.pool.query(
    'SELECT outcome FROM outcome_reports WHERE payment_id = $1 ORDER BY sequence',
    [payment.paymentId],
  );
  expect(rows).toEqual([{ outcome: 'captured' }, { outcome: 'fraud' }]);
  const { rows: queued } = await desk.pool.query(
    `SELECT body ->> 'fact' AS fact, body ->> 'paymentId' AS payment FROM fact_queue WHERE key NOT LIKE 'attempt:%'`,
  );
  // The gate's live log has the payment, its result and its label; the dispute names the same payment.
  expect(queued).toEqual([{ fact: 'dispute', payment: payment.paymentId }]);
});
