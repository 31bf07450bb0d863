import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { raiseDispute } from '../../../../adapters/gateway/double/settlements.js';
import { all, DAY_MS, MINUTE_MS, must, openScene, paidOrder, said, START } from '../scene.js';
import type { Scene } from '../scene.js';

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.double.close());

const BY_UPI = { method: 'upi', vpa: 'success@razorpay' };

describe('orders', () => {
  it('are made once for a receipt and read back in paise and milliseconds', async () => {
    const { orders } = scene.gateway;
    const made = must(
      await orders.create({ amountPaise: 123_456n, receipt: 'attempt-1', notes: { a: 'b' } }),
    );
    const again = must(
      await orders.create({ amountPaise: 123_456n, receipt: 'attempt-1', notes: { a: 'b' } }),
    );
    expect(again.id).toBe(made.id);
    expect(made).toMatchObject({
      amountPaise: 123_456n,
      duePaise: 123_456n,
      paidPaise: 0n,
      currency: 'INR',
      receipt: 'attempt-1',
      status: 'created',
      notes: { a: 'b' },
      createdAt: START,
    });
    expect(must(await orders.fetch(made.id))).toEqual(made);
    expect(must(await orders.findByReceipt('attempt-1'))).toEqual(made);
    expect(must(await orders.findByReceipt('attempt-2'))).toBeNull();
  });

  it('refuse a receipt that belongs to another amount', async () => {
    const { orders } = scene.gateway;
    must(await orders.create({ amountPaise: 100n, receipt: 'r1' }));
    expect(said(await orders.create({ amountPaise: 200n, receipt: 'r1' }))).toBe('declined:receipt_reused');
  });

  it('have empty notes where the API answers a list', async () => {
    expect(must(await scene.gateway.orders.create({ amountPaise: 100n, receipt: 'r1' })).notes).toEqual({});
  });

  it('are listed page by page, by time, without gaps or repeats', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 205; i++) {
      const { world } = scene.double;
      ids.push(must(await scene.gateway.orders.create({ amountPaise: 100n, receipt: `r${i}` })).id);
      if (i === 2) await world.agenda.advance(MINUTE_MS);
    }
    const range = { fromAt: START + MINUTE_MS, toAt: START + DAY_MS };
    const listed = await all(scene.gateway.orders.list(range));
    expect(listed.map(({ id }) => id)).toEqual(ids.slice(3).reverse());
  });

  it('list every attempt to pay them, failed ones with reason, class and advice', async () => {
    const order = must(await scene.gateway.orders.create({ amountPaise: 201n, receipt: 'r1' }));
    scene.double.pay({ orderId: order.id, instrument: { method: 'upi', vpa: 'payer@bank' } });
    const [payment] = must(await scene.gateway.orders.payments(order.id));
    expect(payment).toMatchObject({
      status: 'failed',
      isCaptured: false,
      decline: { reason: 'insufficient_funds', class: 'funds', autoRetry: 'schedule', source: 'customer' },
    });
    expect(payment?.decline?.advice).toMatch(/not enough money/);
    expect(must(await scene.gateway.orders.fetch(order.id))).toMatchObject({
      status: 'attempted',
      attempts: 1,
    });
  });
});

describe('payments', () => {
  it('are captured by themselves, with fee and tax, and their answer is signed', async () => {
    const { order, paymentId, answer } = await paidOrder(scene, 'r1', 100_000n);
    const payment = must(await scene.gateway.payments.fetch(paymentId));
    // 2 % and GST of 18 % on it.
    expect(payment).toMatchObject({ status: 'captured', isCaptured: true, feePaise: 2360n, taxPaise: 360n });
    expect(must(await scene.gateway.orders.fetch(order.id))).toMatchObject({
      status: 'paid',
      paidPaise: 100_000n,
    });
    const { checkout } = scene.gateway.authentic;
    const signed = { orderId: order.id, paymentId, signature: answer.razorpay_signature };
    expect(checkout(signed)).toBe(true);
    expect(checkout({ ...signed, orderId: 'order_another0000000' })).toBe(false);
    expect(checkout({ ...signed, signature: signed.signature.toUpperCase() })).toBe(false);
  });

  it('wait for capture when the order says so, and a second capture answers the same payment', async () => {
    const { orders, payments } = scene.gateway;
    const order = must(await orders.create({ amountPaise: 5_000n, receipt: 'r1', capture: 'manual' }));
    const { payment } = scene.double.pay({ orderId: order.id, instrument: BY_UPI });
    expect(must(await payments.fetch(payment.id)).status).toBe('authorized');
    const capture = { paymentId: payment.id, amountPaise: 5_000n };
    expect(said(await payments.capture({ ...capture, amountPaise: 4_999n }))).toBe(
      'declined:input_validation_failed',
    );
    expect(must(await payments.capture(capture)).status).toBe('captured');
    expect(must(await payments.capture(capture)).status).toBe('captured');
    expect(said(await payments.capture({ ...capture, amountPaise: 4_999n }))).toBe(
      'declined:already_captured',
    );
  });

  it('go back to the payer when nobody captures them', async () => {
    const { orders, payments, refunds } = scene.gateway;
    const order = must(await orders.create({ amountPaise: 5_000n, receipt: 'r1', capture: 'manual' }));
    const { payment } = scene.double.pay({ orderId: order.id, instrument: BY_UPI });
    await scene.double.advance(5 * DAY_MS);
    expect(must(await payments.fetch(payment.id))).toMatchObject({ status: 'refunded', isCaptured: false });
    expect(must(await refunds.ofPayment(payment.id))).toHaveLength(1);
  });

  it('are listed with their cards, and an unknown id is declined', async () => {
    const order = must(await scene.gateway.orders.create({ amountPaise: 5_000n, receipt: 'r1' }));
    const card = { last4: '1007', network: 'Visa', type: 'debit', issuer: 'HDFC' };
    scene.double.pay({ orderId: order.id, instrument: { method: 'card', card } });
    const [payment] = await all(scene.gateway.payments.list({ fromAt: START, toAt: START }));
    expect(payment?.card).toMatchObject({ last4: '1007', network: 'Visa', isInternational: false });
    expect(said(await scene.gateway.payments.fetch('pay_00000000000000'))).toBe('declined:id_not_found');
    expect(said(await scene.gateway.payments.fetch('../orders'))).toBe('declined:id_not_found');
  });
});

describe('refunds', () => {
  it('are made once for a key, are processed later, and another body under the key is declined', async () => {
    const { paymentId } = await paidOrder(scene, 'r1');
    const { refunds, payments } = scene.gateway;
    const wanted = { paymentId, amountPaise: 20_000n, idempotencyKey: 'refund-key-1', receipt: 'refund-1' };
    const made = must(await refunds.create(wanted));
    expect(made).toMatchObject({ amountPaise: 20_000n, status: 'pending', receipt: 'refund-1' });
    expect(must(await refunds.create(wanted)).id).toBe(made.id);
    expect(said(await refunds.create({ ...wanted, amountPaise: 30_000n }))).toBe(
      'declined:idempotency_key_reused',
    );
    await scene.double.advance(MINUTE_MS);
    expect(must(await refunds.fetch(made.id)).status).toBe('processed');
    expect(must(await payments.fetch(paymentId))).toMatchObject({
      status: 'captured',
      refundedPaise: 20_000n,
    });
    expect(await all(refunds.list({ fromAt: START, toAt: START }))).toHaveLength(1);
    expect(must(await refunds.ofPayment(paymentId))).toHaveLength(1);
  });

  it('refuse more than is left, less than a rupee, an unpaid payment and a short key', async () => {
    const { paymentId } = await paidOrder(scene, 'r1');
    const { refunds } = scene.gateway;
    const refund = { paymentId, amountPaise: 50_001n, idempotencyKey: 'refund-key-1' };
    expect(said(await refunds.create(refund))).toBe('declined:input_validation_failed');
    expect(said(await refunds.create({ ...refund, amountPaise: 99n }))).toBe(
      'declined:input_validation_failed',
    );
    expect(said(await refunds.create({ ...refund, idempotencyKey: 'short' }))).toBe(
      'declined:input_validation_failed',
    );
    expect(must(await refunds.ofPayment(paymentId))).toEqual([]);
  });
});

describe('settlements, disputes and downtimes', () => {
  it('settle to the paisa: the settlement is the sum of its rows, refund and lost dispute taken off', async () => {
    const first = await paidOrder(scene, 'r1', 100_000n);
    const second = await paidOrder(scene, 'r2', 70_000n);
    const { refunds, settlements, disputes } = scene.gateway;
    const refund = { paymentId: first.paymentId, amountPaise: 30_000n, idempotencyKey: 'refund-key-1' };
    must(await refunds.create(refund));
    const { id } = raise(second.paymentId, 20_000);
    expect(
      said(await refunds.create({ ...refund, paymentId: second.paymentId, idempotencyKey: 'refund-key-2' })),
    ).toBe('declined:input_validation_failed');
    expect(must(await disputes.accept(id))).toMatchObject({ status: 'lost', deductedPaise: 20_000n });
    expect(must(await disputes.accept(id)).status).toBe('lost');
    await scene.double.advance(3 * DAY_MS);
    const [settlement] = await all(settlements.list({ fromAt: START, toAt: scene.now() }));
    const rows = await all(settlements.movements('2026-03-04'));
    expect(rows.map(({ type }) => type).sort()).toEqual(['adjustment', 'payment', 'payment', 'refund']);
    const net = rows.reduce((sum, row) => sum + row.creditPaise - row.debitPaise, 0n);
    expect(net).toBe(100_000n - 2360n + 70_000n - 1652n - 30_000n - 20_000n);
    expect(settlement).toMatchObject({ amountPaise: net, status: 'processed' });
    expect(must(await settlements.fetch(settlement?.id ?? '')).utr).toBe(rows[0]?.utr);
    for (const row of rows.filter(({ type }) => type === 'payment'))
      expect(row.creditPaise).toBe(row.amountPaise - row.feePaise);
    expect(rows.find(({ entityId }) => entityId === first.paymentId)).toMatchObject({
      paymentId: first.paymentId,
      orderId: first.order.id,
      orderReceipt: 'r1',
    });
    expect(await all(settlements.movements('2026-03-02'))).toEqual([]);
  });

  const raise = (paymentId: string, amount: number) => {
    const payment = scene.double.world.payments.get(paymentId);
    if (payment === undefined) throw new Error('no such payment');
    return raiseDispute(scene.double.world, payment, amount, 'goods_not_received');
  };

  it('contest a dispute, as a draft and for good', async () => {
    const { paymentId } = await paidOrder(scene, 'r1');
    const { id } = raise(paymentId, 5_000);
    const { disputes } = scene.gateway;
    expect(must(await disputes.contest(id, { summary: 'Served', action: 'draft' })).status).toBe('open');
    const submitted = must(
      await disputes.contest(id, { summary: 'Served', action: 'submit', amountPaise: 5_000n }),
    );
    expect(submitted.status).toBe('under_review');
    expect(said(await disputes.accept(id))).toBe('declined:invalid_state');
    expect((await all(disputes.list())).map((dispute) => dispute.id)).toEqual([id]);
    expect(must(await disputes.fetch(id)).respondBy).toBe(START + 7 * DAY_MS);
  });

  it('show downtimes while they last', async () => {
    const report = { method: 'netbanking', instrument: { bank: 'HDFC' }, severity: 'high' };
    await post('/double/downtimes', { ...report, status: 'started' });
    const [downtime] = must(await scene.gateway.downtimes.list());
    expect(downtime).toMatchObject({
      method: 'netbanking',
      instrument: { bank: 'HDFC' },
      beginsAt: START,
      endsAt: null,
    });
    await post('/double/downtimes', { ...report, status: 'resolved', id: downtime?.id });
    expect(must(await scene.gateway.downtimes.list())[0]?.endsAt).toBe(START);
  });

  const post = (path: string, body: object) =>
    fetch(`${scene.double.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
});
