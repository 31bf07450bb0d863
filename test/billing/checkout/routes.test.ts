import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { must, openScene } from '../../adapters/gateway/scene.js';
import type { Scene } from '../../adapters/gateway/scene.js';
import { httpWorld } from '../../app/http-world.js';

const KEY = 'a-key-for-programs-1';
const site = httpWorld();
let scene: Scene;
let app: FastifyInstance;
let payment: { readonly paymentId: string; readonly orderId: string };
beforeEach(async () => {
  // A double of the same seed makes the same ids.
  await site().world.pool.query(
    'TRUNCATE payments, payment_attempts, payment_transactions, refunds, payment_commands',
  );
  scene = await openScene();
  app = await site().build({ apiKeys: [KEY], host: '127.0.0.1', gateway: scene.gateway });
  const created = await app.inject({
    method: 'POST',
    url: '/v1/payments',
    payload: { amountPaise: 1234_50, payerId: 'payer_1', description: 'Meals <June> & "July"' },
    headers: { 'idempotency-key': scene.double.url, 'x-api-key': KEY },
  });
  payment = created.json();
});
afterEach(async () => {
  await app.close();
  await scene.double.close();
});

describe('the page on which a payer pays', () => {
  it('needs no key, escapes what it shows and lets only the checkout of the gateway in', async () => {
    const page = await app.inject(`/pay/${payment.paymentId}`);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('₹1,234.50');
    expect(page.body).toContain('Meals &lt;June&gt; &amp; &quot;July&quot;');
    expect(page.body).toContain(`${scene.double.url}/v1/checkout.js`);
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain(`script-src 'self' ${scene.double.url};`);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    const script = await app.inject('/pay/checkout.js');
    expect(script.headers['content-type']).toContain('text/javascript');
  });

  it('shows nothing of the API without a key', async () => {
    expect((await app.inject(`/v1/payments/${payment.paymentId}`)).statusCode).toBe(401);
    expect((await app.inject('/pay/pmt_1')).statusCode).toBe(400);
  });

  it('believes an answer for its signature only, over our own order', async () => {
    const pay = (payload: object) =>
      app.inject({ method: 'POST', url: `/pay/${payment.paymentId}`, payload });
    const { answer } = scene.double.pay({ orderId: payment.orderId, instrument: { method: 'upi' } });
    const forged = await pay({ ...answer, razorpay_signature: 'a'.repeat(64) });
    expect(forged.json()).toMatchObject({ status: 403, code: 'checkout-not-authentic' });
    const elsewhere = scene.double.pay({
      orderId: must(await scene.gateway.orders.create({ amountPaise: 100n, receipt: 'other' })).id,
      instrument: { method: 'upi' },
    });
    expect((await pay({ ...elsewhere.answer })).statusCode).toBe(403);
    expect((await pay({ ...answer })).json()).toEqual({ status: 'paid' });
    expect((await pay({ ...answer })).json()).toEqual({ status: 'paid' });
    expect((await app.inject(`/pay/${payment.paymentId}`)).body).toContain('Paid. Thank you.');
  });
});
