import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { PlanView } from '../../../billing/instalments/plan.js';
import type { PaymentView } from '../../../billing/payments/payment.js';
import { openScene } from '../../adapters/gateway/scene.js';
import type { Scene } from '../../adapters/gateway/scene.js';
import { httpWorld } from '../../app/http-world.js';

const site = httpWorld();
let scene: Scene;
let app: FastifyInstance;
let made = 0;
beforeEach(async () => {
  await site().world.pool.query(
    'TRUNCATE instalments, instalment_plans, payments, payment_attempts, payment_transactions, refunds, payment_commands',
  );
  scene = await openScene();
  app = await site().build({ apiKeys: [], host: '127.0.0.1', gateway: scene.gateway });
});
afterEach(async () => {
  await app.close();
  await scene.double.close();
});

const post = (url: string, payload?: object, key = `key-${(made += 1)}`) =>
  app.inject({
    method: 'POST',
    url,
    headers: { 'idempotency-key': key },
    ...(payload === undefined ? {} : { payload }),
  });
const DEBT = { amountPaise: 90_000, payerId: 'payer_1', reference: 'fees-june' };

describe('instalment plans over HTTP', () => {
  it('begin with a payment in parts: the first one is asked for at once, and a repeat answers it again', async () => {
    const body = { ...DEBT, instalments: { count: 3, every: 'month' }, context: { ip: '203.0.113.7' } };
    const first = await post('/v1/payments', body, 'parts');
    expect(first.statusCode).toBe(201);
    const payment = first.json<PaymentView>();
    expect(payment).toMatchObject({ amountPaise: 30_000, decision: { action: 'allow' } });
    expect((await post('/v1/payments', body, 'parts')).json<PaymentView>().paymentId).toBe(payment.paymentId);
    const plan = (await app.inject(`/v1/instalment-plans/${payment.instalmentPlanId}`)).json<PlanView>();
    expect(plan).toMatchObject({ status: 'active', totalPaise: 90_000, paidPaise: 0 });
    expect(plan.instalments.map(({ status }) => status)).toEqual(['asked', 'waiting', 'waiting']);
  });

  it('can be made, listed, paid part by part or at once, and given up', async () => {
    const schedule = { count: 2, every: 'week' };
    const plan = (await post('/v1/instalment-plans', { ...DEBT, schedule })).json<PlanView>();
    const url = `/v1/instalment-plans/${plan.planId}`;
    const part = await post(`${url}/instalments/2/payment`);
    expect(part.json()).toMatchObject({
      amountPaise: 45_000,
      checkoutPath: expect.stringMatching(/^\/pay\//),
    });
    const rest = await post(`${url}/settlement`);
    expect(rest.json()).toMatchObject({ amountPaise: 90_000 });
    const listed = await app.inject('/v1/instalment-plans?reference=fees-june');
    expect(listed.json()).toMatchObject({ plans: [{ planId: plan.planId }] });
    const ended = await post(`${url}/cancel`, { reason: 'the family asked' });
    expect(ended.json()).toMatchObject({ status: 'cancelled', note: 'the family asked' });
    expect((await post(`${url}/settlement`)).json()).toMatchObject({ code: 'instalment-plan-over' });
  });

  it.each([
    ['no reference', { reference: undefined }, /need a reference/],
    ['a colon in the reference', { reference: 'a:b' }, /colon/],
    ['parts that are too small', { amountPaise: 200, instalments: { count: 36, every: 'week' } }, /at least/],
  ])('are refused with %s', async (_what, more, message) => {
    const refused = await post('/v1/payments', {
      ...DEBT,
      instalments: { count: 3, every: 'month' },
      ...more,
    });
    expect(refused.statusCode).toBe(400);
    expect(refused.json<{ detail: string }>().detail).toMatch(message);
  });

  it('name what is not there', async () => {
    expect((await app.inject('/v1/instalment-plans/ipl_none')).statusCode).toBe(404);
  });
});
