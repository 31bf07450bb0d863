import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import type { MandateView } from '../../../billing/mandates/mandate.js';
import { openScene } from '../../adapters/gateway/scene.js';
import type { Scene } from '../../adapters/gateway/scene.js';
import { httpWorld } from '../../app/http-world.js';

const site = httpWorld();
let scene: Scene;
let app: FastifyInstance;
beforeEach(async () => {
  // A double of the same seed makes the same ids.
  await site().world.pool.query(
    'TRUNCATE mandates, debits, payments, payment_attempts, payment_transactions, payment_commands, payment_methods, payer_customers',
  );
  scene = await openScene();
  app = await site().build({ apiKeys: [], host: '127.0.0.1', gateway: scene.gateway });
});
afterEach(async () => {
  await app.close();
  await scene.double.close();
});

const BODY = {
  payerId: 'payer_1',
  method: 'upi',
  maxPaise: 5_000_00,
  customer: { name: 'Asha Rao', email: 'asha@example.com', contact: '+919000000001' },
};
const post = (url: string, payload: object | null, key: string | null) =>
  app.inject({
    method: 'POST',
    url,
    ...(payload === null ? {} : { payload }),
    ...(key === null ? {} : { headers: { 'idempotency-key': key } }),
  });
const register = async (key = 'once'): Promise<MandateView> =>
  (await post('/v1/mandates', BODY, key)).json<MandateView>();
/** Status, code and content type of a refusal. */
const refused = ({ statusCode, headers, json }: Awaited<ReturnType<typeof post>>) => [
  statusCode,
  json<{ code: string }>().code,
  headers['content-type'],
];
const problem = (status: number, code: string) => [
  status,
  code,
  expect.stringMatching(/^application\/problem\+json/),
];

describe('mandates over HTTP', () => {
  it('are registered once for each key, listed and read with their health', async () => {
    const first = await post('/v1/mandates', BODY, 'once');
    expect(first.statusCode).toBe(201);
    const mandate = first.json<MandateView>();
    expect(mandate).toMatchObject({
      status: 'pending',
      frequency: 'as_presented',
      checkoutPath: `/pay/${mandate.paymentId}`,
    });
    expect(await register()).toEqual(mandate);
    expect(refused(await post('/v1/mandates', { ...BODY, maxPaise: 1_00 }, 'once'))).toEqual(
      problem(409, 'idempotency-key-reused'),
    );
    expect((await app.inject(`/v1/mandates/${mandate.mandateId}`)).json()).toEqual(mandate);
    expect((await app.inject('/v1/mandates?payerId=payer_1&status=pending')).json()).toEqual({
      mandates: [mandate],
    });
    expect((await app.inject(`/v1/mandates?before=${mandate.mandateId}`)).json()).toEqual({ mandates: [] });
  });

  it('are ended, and stay ended', async () => {
    const { mandateId } = await register();
    for (let turn = 0; turn < 2; turn++) {
      const ended = await post(`/v1/mandates/${mandateId}/cancel`, null, null);
      expect(ended.json()).toMatchObject({ mandateId, status: 'cancelled' });
    }
  });

  it('refuse what is wrong with a problem that says what', async () => {
    await register();
    const other = { ...BODY, payerId: 'payer_2' };
    expect(refused(await post('/v1/mandates', other, 'other'))).toEqual(
      problem(409, 'contact-of-another-payer'),
    );
    expect(refused(await post('/v1/mandates', BODY, null))).toEqual(problem(400, 'invalid-request'));
    expect(refused(await post('/v1/mandates', { ...BODY, vpa: 'asha@okbank' }, 'vpa'))).toEqual(
      problem(400, 'invalid-request'),
    );
    const nobody = await app.inject(`/v1/mandates/mdt_${'0'.repeat(32)}`);
    expect(refused(nobody)).toEqual(problem(404, 'mandate-not-found'));
  });
});
