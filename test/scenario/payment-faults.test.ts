import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fault } from '../../adapters/gateway/double/faults.js';
import { cancelPayment } from '../../billing/payments/cancel.js';
import { capturePayment } from '../../billing/payments/capture.js';
import { createPayment } from '../../billing/payments/create.js';
import { refundPayment } from '../../billing/payments/refund.js';
import { seededRandom } from '../../core/random.js';
import { dyingAfter, MINUTE_MS, openDesk, requireAgreement } from '../support/payment-desk.js';
import type { Desk } from '../support/payment-desk.js';

const BODY = { amountPaise: 500_00, payerId: 'payer_1' };
const TIMEOUT_MS = 150;

let desk: Desk;
let made = 0;
beforeAll(async () => {
  desk = await openDesk(TIMEOUT_MS);
}, 60_000);
afterEach(async () => {
  await desk.settle();
  await requireAgreement(desk);
});
afterAll(() => desk.close());

/** A key, or a reference, that no other test has. */
const fresh = (): string => `fresh-${(made += 1)}`;
const ordersOf = (paymentId: string) =>
  [...desk.double.world.orders.values()].filter(({ receipt }) => receipt === paymentId);
const refundsOf = async (paymentId: string) => {
  const ids = (await desk.read(paymentId)).attempts.map(({ attemptId }) => attemptId);
  return [...desk.double.world.refunds.values()].filter(({ payment_id: id }) => ids.includes(id));
};
const newestOrder = () => [...desk.double.world.orders.values()].at(-1);

const paid = async (more: object = {}) => {
  const payment = await desk.create(more, fresh());
  desk.pay(payment);
  await desk.deliver();
  return desk.read(payment.paymentId);
};

const AFTER: readonly Fault[] = [
  'timeout-after-success',
  'reset-after-success',
  'server-error-after-success',
  'html-body',
  'malformed-json',
];
const BEFORE: readonly Fault[] = [
  'timeout',
  'reset',
  'server-error',
  'bad-gateway',
  'too-many-requests',
  'lock-error',
];

describe('an order', () => {
  it.each([...AFTER, ...BEFORE])('is made once through %s, whoever repeats', async (fault) => {
    const key = fresh();
    desk.double.planFault({ fault, on: 'POST /v1/orders' });
    const first = await desk.create({}, key).catch(() => null);
    const payment = await desk.create({}, key);
    expect(payment.orderId).toMatch(/^order_/);
    expect([null, payment.paymentId]).toContain(first?.paymentId ?? null);
    expect(ordersOf(payment.paymentId)).toHaveLength(1);
  });

  it('that a crash left unknown is found by its receipt, by itself', async () => {
    const dying = { ...desk, gateway: dyingAfter(desk.gateway, 'orders', 'create') };
    const key = fresh();
    await expect(createPayment(dying, BODY, key)).rejects.toThrow('died');
    const order = newestOrder();
    await desk.settle();
    const again = await desk.create({}, key);
    expect(again.orderId).toBe(order?.id);
    expect(ordersOf(again.paymentId)).toHaveLength(1);
  });

  it('that was paid before its answer came is the payment that was asked for', async () => {
    const dying = { ...desk, gateway: dyingAfter(desk.gateway, 'orders', 'create') };
    const key = fresh();
    await expect(createPayment(dying, BODY, key)).rejects.toThrow('died');
    const order = newestOrder();
    desk.double.pay({ orderId: order?.id ?? '', instrument: { method: 'wallet', wallet: 'paytm' } });
    await desk.deliver((events) => events.filter(({ event }) => event !== 'order.paid'));
    const payment = await desk.create({}, key);
    expect(payment).toMatchObject({ status: 'paid', capturedPaise: 500_00, orderId: order?.id });
  });

  it('is not repeated under the same key with another amount', async () => {
    const key = fresh();
    await desk.create({}, key);
    await expect(desk.create({ amountPaise: 600_00 }, key)).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
  });
});

describe('a capture', () => {
  const authorized = async () => {
    const payment = await desk.create({ capture: 'manual' }, fresh());
    desk.pay(payment);
    await desk.deliver();
    expect((await desk.read(payment.paymentId)).status).toBe('authorized');
    return payment;
  };

  it.each([...AFTER, ...BEFORE])('happens once through %s', async (fault) => {
    const { paymentId } = await authorized();
    desk.double.planFault({ fault, on: 'POST /v1/payments/*/capture' });
    await capturePayment(desk, paymentId).catch(() => null);
    await desk.settle();
    expect(await desk.read(paymentId)).toMatchObject({ status: 'paid', capturedPaise: 500_00 });
  });

  it('that a crash cut off is finished by itself', async () => {
    const { paymentId } = await authorized();
    const dying = { ...desk, gateway: dyingAfter(desk.gateway, 'payments', 'capture') };
    await expect(capturePayment(dying, paymentId)).rejects.toThrow('died');
    await desk.settle();
    expect(await desk.read(paymentId)).toMatchObject({ status: 'paid', capturedPaise: 500_00 });
  });

  it('of a payment that nobody authorised is refused', async () => {
    const { paymentId } = await desk.create({ capture: 'manual' }, fresh());
    await expect(capturePayment(desk, paymentId)).rejects.toMatchObject({ code: 'payment-not-authorized' });
  });
});

describe('a refund', () => {
  it.each([...AFTER, ...BEFORE])('happens once through %s, whoever repeats', async (fault) => {
    const { paymentId } = await paid();
    desk.double.planFault({ fault, on: 'POST /v1/payments/*/refund' });
    const key = fresh();
    const refund = () => refundPayment(desk, paymentId, { amountPaise: 200_00 }, key).catch(() => null);
    await refund();
    await refund();
    await desk.settle();
    expect(await refundsOf(paymentId)).toHaveLength(1);
    expect(await desk.read(paymentId)).toMatchObject({
      refundedPaise: 200_00,
      refunds: [{ status: 'processed', amountPaise: 200_00 }],
    });
  });

  it('that a crash cut off is finished by itself, once', async () => {
    const { paymentId } = await paid();
    const dying = { ...desk, gateway: dyingAfter(desk.gateway, 'refunds', 'create') };
    await expect(refundPayment(dying, paymentId, {}, fresh())).rejects.toThrow('died');
    await desk.settle();
    expect(await refundsOf(paymentId)).toHaveLength(1);
    expect(await desk.read(paymentId)).toMatchObject({ status: 'refunded', refundedPaise: 500_00 });
  });

  it('is not another one under the same key', async () => {
    const { paymentId } = await paid();
    const key = fresh();
    await refundPayment(desk, paymentId, { amountPaise: 200_00 }, key);
    const other = refundPayment(desk, paymentId, { amountPaise: 300_00 }, key);
    await expect(other).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    expect(await refundsOf(paymentId)).toHaveLength(1);
  });

  it('never gives back more than was taken, however many are asked for at once', async () => {
    const { paymentId } = await paid();
    const asked = Array.from({ length: 5 }, () =>
      refundPayment(desk, paymentId, { amountPaise: 200_00 }, fresh()),
    );
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    const tooMuch = refundPayment(desk, paymentId, { amountPaise: 101_00 }, fresh());
    await expect(tooMuch).rejects.toMatchObject({ code: 'refund-too-large' });
    await refundPayment(desk, paymentId, {}, fresh());
    expect(await desk.read(paymentId)).toMatchObject({ status: 'refunded', refundedPaise: 500_00 });
  });
});

describe('webhooks', () => {
  it('that come ten times change nothing more', async () => {
    const { paymentId } = await paid();
    const before = await desk.read(paymentId);
    const again = [...desk.double.sender.events];
    for (let i = 0; i < 10; i++) await desk.deliver(() => again);
    expect(await desk.read(paymentId)).toEqual(before);
  });

  it('that come before the answer to a refund leave one refund', async () => {
    const { paymentId } = await paid();
    const { refunds } = desk.gateway;
    const slow = async (asked: Parameters<typeof refunds.create>[0]) => {
      const outcome = await refunds.create(asked);
      await desk.wait(2 * MINUTE_MS);
      await desk.deliver();
      return outcome;
    };
    const gateway = { ...desk.gateway, refunds: { ...refunds, create: slow } };
    await refundPayment({ ...desk, gateway }, paymentId, {}, fresh());
    expect((await desk.read(paymentId)).refunds).toMatchObject([{ status: 'processed' }]);
  });

  it('in any order end in the same payment', async () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= 6; seed++) {
      const payment = await desk.create({}, fresh());
      desk.pay(payment, { verdict: { outcome: 'late', lateAfterMs: MINUTE_MS } });
      await desk.wait(2 * MINUTE_MS);
      await refundPayment(desk, payment.paymentId, { amountPaise: 100_00 }, fresh()).catch(() => null);
      await desk.wait(2 * MINUTE_MS);
      await desk.deliver((events) => shuffled(events, seed));
      const { status, capturedPaise, refundedPaise } = await desk.read(payment.paymentId);
      ends.add(JSON.stringify({ status, capturedPaise, refundedPaise }));
    }
    expect(ends.size).toBe(1);
  });
});

describe('money that nobody asked for', () => {
  const netbanking = { method: 'netbanking', bank: 'HDFC' };

  it('goes back when a failed payment is authorised after a second one was made', async () => {
    const reference = fresh();
    const first = await desk.create({ reference }, fresh());
    desk.pay(first, { instrument: netbanking, verdict: { outcome: 'late', lateAfterMs: 9 * MINUTE_MS } });
    await desk.deliver();
    const second = await desk.create({ reference }, fresh());
    desk.pay(second);
    await desk.settle();
    expect(await desk.read(first.paymentId)).toMatchObject({
      status: 'refunded',
      refunds: [{ reason: 'paid twice', status: 'processed' }],
    });
    expect(await desk.read(second.paymentId)).toMatchObject({ status: 'paid', refunds: [] });
  });

  it('goes back from the gateway when both attempts were on one order', async () => {
    const payment = await desk.create({}, fresh());
    desk.pay(payment, { verdict: { outcome: 'late', lateAfterMs: 9 * MINUTE_MS } });
    desk.pay(payment);
    await desk.settle();
    expect(await desk.read(payment.paymentId)).toMatchObject({
      status: 'paid',
      capturedPaise: 500_00,
      refundedPaise: 0,
    });
  });

  it('goes back when the payment was cancelled before', async () => {
    const payment = await desk.create({}, fresh());
    await cancelPayment(desk, payment.paymentId);
    desk.pay(payment);
    await desk.settle();
    expect(await desk.read(payment.paymentId)).toMatchObject({
      status: 'refunded',
      refunds: [{ reason: 'paid after it was cancelled' }],
    });
  });

  it('is not asked for again once the reference is paid', async () => {
    const reference = fresh();
    await paid({ reference });
    await expect(desk.create({ reference }, fresh())).rejects.toMatchObject({
      code: 'already-paid',
    });
  });
});

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const left = [...items];
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
