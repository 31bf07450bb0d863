import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { openScene } from '../../adapters/gateway/scene.js';
import type { Scene } from '../../adapters/gateway/scene.js';
import { httpWorld } from '../../app/http-world.js';

const site = httpWorld();
let scene: Scene;
let app: FastifyInstance;
beforeEach(async () => {
  // A double of the same seed makes the same ids.
  await site().world.pool.query(
    `TRUNCATE payments, payment_attempts, payment_transactions, refunds, payment_commands, payment_methods, payer_customers`,
  );
  scene = await openScene();
  app = await site().build({ apiKeys: [], host: '127.0.0.1', gateway: scene.gateway });
});
afterEach(async () => {
  await app.close();
  await scene.double.close();
});

interface Method {
  readonly methodId: string;
  readonly label: string;
  readonly role: string | null;
  readonly health: number;
}

const CUSTOMER = { name: 'Asha Rao', contact: '+919000000001' };
const enrol = async (body: object = {}): Promise<Method[]> =>
  (
    await app.inject({ method: 'POST', url: '/v1/payment-methods', payload: { payerId: 'payer_1', ...body } })
  ).json<{ methods: Method[] }>().methods;
const patch = (methodId: string, role: string | null) =>
  app.inject({ method: 'PATCH', url: `/v1/payment-methods/${methodId}`, payload: { role } });
const listed = async (): Promise<Method[]> =>
  (await app.inject('/v1/payment-methods?payerId=payer_1')).json<{ methods: Method[] }>().methods;

/** The payer pays on our page and agrees to be remembered. */
async function payAndSave(instrument: object, key: string): Promise<void> {
  const created = await app.inject({
    method: 'POST',
    url: '/v1/payments',
    payload: { amountPaise: 500_00, payerId: 'payer_1' },
    headers: { 'idempotency-key': key },
  });
  const { paymentId, orderId, customerId } = created.json<Record<string, string>>();
  const { answer } = scene.double.pay({
    orderId: orderId ?? '',
    instrument: instrument as { method: string },
    customerId: customerId ?? '',
    isRemembered: true,
  });
  await app.inject({ method: 'POST', url: `/pay/${paymentId}`, payload: { ...answer } });
}

describe('saved methods', () => {
  const card = { method: 'card', card: { last4: '1007', network: 'Visa', type: 'debit', issuer: 'HDFC' } };

  it('are taken over from the gateway under names that cannot be charged, with roles and health', async () => {
    expect(await enrol({ customer: CUSTOMER })).toEqual([]);
    await payAndSave(card, 'key-1');
    await payAndSave({ method: 'upi', vpa: 'asha@okbank' }, 'key-2');
    const methods = await enrol();
    expect(methods.map(({ label }) => label).sort()).toEqual([
      'UPI at okbank',
      'Visa debit ending 1007, HDFC',
    ]);
    expect(methods.every(({ health }) => health > 0.8 && health < 1)).toBe(true);
    const [one, other] = methods;
    await patch(one?.methodId ?? '', 'default');
    await patch(other?.methodId ?? '', 'default');
    await patch(one?.methodId ?? '', 'fallback');
    expect((await listed()).map(({ methodId, role }) => [methodId, role])).toEqual([
      [other?.methodId, 'default'],
      [one?.methodId, 'fallback'],
    ]);
    const kept = await site().world.pool.query('SELECT * FROM payment_methods');
    expect(JSON.stringify(kept.rows, (_key, value: unknown) => String(value))).not.toContain('asha');
  });

  it('lose their health by failures, and all of it by a refusal for good', async () => {
    await enrol({ customer: CUSTOMER });
    await payAndSave(card, 'key-1');
    const [before] = await enrol();
    const fail = async (reason: string) => {
      await site().world.pool.query(
        `INSERT INTO payment_attempts SELECT $1, payment_id, 'failed', false, amount_paise, 0, currency, method, NULL, NULL, $2,
           NULL, customer_id, token_id, false, NULL, NULL, 0, 0, 0, created_at + interval '1 minute', changed_at
         FROM payment_attempts LIMIT 1`,
        [`pay_${reason}`, reason],
      );
      return (await listed())[0]?.health ?? -1;
    };
    const soft = await fail('insufficient_funds');
    expect(soft).toBeLessThan(before?.health ?? 0);
    expect(soft).toBeGreaterThan(0);
    await site().world.pool.query("DELETE FROM payment_attempts WHERE attempt_id = 'pay_insufficient_funds'");
    expect(await fail('card_expired')).toBe(0);
  });

  it('are removed at the gateway too, and do not come back', async () => {
    await enrol({ customer: CUSTOMER });
    await payAndSave(card, 'key-1');
    const [method] = await enrol();
    const remove = () =>
      app.inject({ method: 'DELETE', url: `/v1/payment-methods/${method?.methodId ?? ''}` });
    expect((await remove()).statusCode).toBe(204);
    expect((await remove()).json()).toMatchObject({ code: 'method-not-found' });
    expect(await enrol()).toEqual([]);
    expect(scene.double.world.tokens.size).toBe(0);
  });

  it('of a payer whom nobody enrolled are asked for in vain', async () => {
    const refused = await app.inject({
      method: 'POST',
      url: '/v1/payment-methods',
      payload: { payerId: 'nobody' },
    });
    expect(refused.json()).toMatchObject({ status: 404, code: 'payer-not-enrolled' });
  });
});
