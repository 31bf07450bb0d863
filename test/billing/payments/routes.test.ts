import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { httpWorld } from '../../app/http-world.js';
import { openScene } from '../../adapters/gateway/scene.js';
import type { Scene } from '../../adapters/gateway/scene.js';

const site = httpWorld();
let scene: Scene;
let app: FastifyInstance;
let made = 0;
beforeEach(async () => {
  // A double of the same seed makes the same ids.
  await site().world.pool.query(
    'TRUNCATE payments, payment_attempts, payment_transactions, refunds, payment_commands',
  );
  scene = await openScene();
  app = await site().build({ apiKeys: [], host: '127.0.0.1', gateway: scene.gateway });
});
afterEach(async () => {
  await app.close();
  await scene.double.close();
});

interface Payment {
  readonly paymentId: string;
  readonly orderId: string;
  readonly checkoutPath: string;
}

const post = (url: string, payload: object | undefined, key: string | null = `key-${(made += 1)}`) =>
  app.inject({
    method: 'POST',
    url,
    ...(payload === undefined ? {} : { payload }),
    headers: key === null ? {} : { 'idempotency-key': key },
  });
const create = async (more: object = {}) =>
  (await post('/v1/payments', { amountPaise: 499_00, payerId: 'payer_1', ...more })).json<Payment>();
const checkout = (payment: Payment) => {
  const { answer } = scene.double.pay({ orderId: payment.orderId, instrument: { method: 'upi' } });
  if (answer === null) throw new Error('the payer failed');
  return answer;
};

describe('payments over HTTP', () => {
  it('are decided, put before the payer, paid, shown and given back', async () => {
    const payment = await create({ purpose: 'meals', reference: `inv-${made}`, description: 'June' });
    expect(payment).toMatchObject({
      status: 'created',
      decision: { action: 'allow' },
      authentication: 'usual',
      checkoutPath: `/pay/${payment.paymentId}`,
    });
    const confirmed = await post(payment.checkoutPath, checkout(payment), null);
    expect(confirmed.json()).toEqual({ status: 'paid' });
    const refunded = await post(`/v1/payments/${payment.paymentId}/refunds`, { amountPaise: 99_00 });
    expect(refunded.statusCode).toBe(201);
    const shown = await app.inject(`/v1/payments/${payment.paymentId}`);
    expect(shown.json()).toMatchObject({
      status: 'paid',
      refundedPaise: 99_00,
      attempts: [{ method: 'upi' }],
    });
    const listed = await app.inject(`/v1/payments?payerId=payer_1&limit=1`);
    expect(listed.json()).toMatchObject({ payments: [{ paymentId: payment.paymentId }] });
  });

  it('that the gate blocks are refused with its reasons, and never reach the gateway', async () => {
    const { world } = site();
    const entry = { kind: 'block', subject: 'payer', value: 'payer_bad', reason: 'chargebacks' } as const;
    await world.listAdmin.add({ entries: [entry], actor: 'ops' }, null);
    const refused = await post('/v1/payments', { amountPaise: 100_00, payerId: 'payer_bad' });
    expect(refused.statusCode).toBe(403);
    const { code, reasons } = refused.json<{ code: string; reasons: { text: string }[] }>();
    expect(code).toBe('payment-blocked');
    expect(reasons[0]?.text).toBe('the payer is on the block list: chargebacks');
    expect(scene.double.world.orders.size).toBe(0);
  });

  const REFUSED: [what: string, url: string, body: object, key: string | null, code: string][] = [
    ['no key', '/v1/payments', { amountPaise: 100_00, payerId: 'p' }, null, 'invalid-request'],
    ['less than a rupee', '/v1/payments', { amountPaise: 99, payerId: 'p' }, 'k-a', 'invalid-request'],
    [
      'an unknown field',
      '/v1/payments',
      { amountPaise: 100, payerId: 'p', card: '4' },
      'k-b',
      'invalid-request',
    ],
    ['a refund of no payment', '/v1/payments/pmt_0/refunds', {}, 'k-c', 'payment-not-found'],
  ];
  it.each(REFUSED)('refuse %s', async (_what, url, body, key, code) => {
    expect((await post(url, body, key)).json()).toMatchObject({ code });
  });

  it('are cancelled until they are paid', async () => {
    const payment = await create();
    const cancel = () => post(`/v1/payments/${payment.paymentId}/cancel`, undefined, null);
    expect((await cancel()).json()).toMatchObject({ status: 'cancelled' });
    expect((await cancel()).json()).toMatchObject({ status: 'cancelled' });
    const paid = await create();
    await post(paid.checkoutPath, checkout(paid), null);
    const late = await post(`/v1/payments/${paid.paymentId}/cancel`, undefined, null);
    expect(late.json()).toMatchObject({ status: 409, code: 'payment-not-cancellable' });
  });

  it('go out as a link, are paid there, and the link is the same for the same key', async () => {
    const body = {
      amountPaise: 700_00,
      payerId: 'payer_1',
      collect: 'link',
      customer: { email: 'a@example.com' },
    };
    const first = (await post('/v1/payments', body, 'link-1')).json<Payment & { linkUrl: string }>();
    const second = (await post('/v1/payments', body, 'link-1')).json<Payment & { linkUrl: string }>();
    expect(second).toEqual(first);
    expect(first.linkUrl).toContain(first.orderId);
    expect(scene.double.world.links.size).toBe(1);
  });
});
