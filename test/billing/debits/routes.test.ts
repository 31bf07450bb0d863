import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { planFirstDebit } from '../../../billing/debits/plan-first.js';
import type { DebitView } from '../../../billing/debits/view.js';
import { inTransaction } from '../../../core/transaction.js';
import { openScene } from '../../adapters/gateway/scene.js';
import type { Scene } from '../../adapters/gateway/scene.js';
import { httpWorld } from '../../app/http-world.js';
import { writePlan, writeSubscription } from '../../support/billing-scene.js';

const site = httpWorld();
let scene: Scene;
let app: FastifyInstance;
let debitId: string;
beforeEach(async () => {
  const { pool, clock } = site().world;
  await pool.query('TRUNCATE subscriptions, mandates, invoices, debits, payments, plans CASCADE');
  await writePlan(pool);
  await writeSubscription(pool, { subscriptionId: 'sub_1' });
  await pool.query(
    `INSERT INTO mandates (mandate_id, payer_id, customer_id, token_id, method, status, frequency, max_paise, expires_at, confirmed_at,
       created_at, changed_at)
     SELECT 'mdt_1', payer_id, 'cust_1', 'token_1', 'upi', 'active', 'as_presented', 1500000, '2036-01-01', '2026-01-01', '2026-01-01',
       '2026-01-01' FROM subscriptions;
     UPDATE subscriptions SET mandate_id = 'mdt_1', collection = 'mandate';
     INSERT INTO invoices (invoice_id, payer_id, subscription_id, kind, cause, status, currency, total_paise, net_paise, tax_paise,
       issued_at, due_at, changed_at)
     SELECT 'inv_1', payer_id, 'sub_1', 'change', 'c1', 'open', 'INR', 50000, 50000, 0, '2026-01-05', '2026-01-07', '2026-01-05'
     FROM subscriptions`,
  );
  const planned = await inTransaction(pool, (client) =>
    planFirstDebit(client, { invoiceId: 'inv_1' }, clock.now()),
  );
  debitId = planned.kind === 'none' ? planned.reason : planned.debitId;
  scene = await openScene();
  app = await site().build({ apiKeys: [], host: '127.0.0.1', gateway: scene.gateway });
});
afterEach(async () => {
  await app.close();
  await scene.double.close();
});

const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload });
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
const PAYER = '?payerId=payer_sub_1&status=planned';
const WORD = { by: 'asha', reason: 'known family' };

describe('debits over HTTP', () => {
  it('are listed by what and whose they pay, what they are made on and where they stand, and read', async () => {
    const debit = (await app.inject(`/v1/debits/${debitId}`)).json<DebitView>();
    expect(debit).toMatchObject({ debitId, invoiceId: 'inv_1', status: 'planned', choice: { by: 'first' } });
    for (const query of ['', '?invoiceId=inv_1', '?mandateId=mdt_1&limit=1', PAYER])
      expect((await app.inject(`/v1/debits${query}`)).json()).toEqual({ debits: [debit] });
    for (const query of [`?before=${debitId}`, '?invoiceId=inv_2', '?payerId=nobody', '?status=failed'])
      expect((await app.inject(`/v1/debits${query}`)).json()).toEqual({ debits: [] });
  });

  it('E5: are skipped when the payer says so, as often as it is said', async () => {
    for (const reason of ['on holiday', 'again']) {
      const skipped = await post(`/v1/debits/${debitId}/skip`, { reason });
      expect(skipped.json()).toMatchObject({ status: 'skipped', note: 'on holiday', failure: null });
    }
  });

  it('are approved by a person when the gate left them, and then alike', async () => {
    expect(refused(await post(`/v1/debits/${debitId}/approval`, WORD))).toEqual(
      problem(409, 'debit-not-in-review'),
    );
    await site().world.pool.query(
      `UPDATE debits SET status = 'withdrawn', note = 'a person must review it';
       UPDATE payments SET action = 'review'`,
    );
    const approved = await post(`/v1/debits/${debitId}/approval`, WORD);
    expect(approved.json()).toMatchObject({ status: 'planned', choice: { by: 'person' } });
    expect((await post(`/v1/debits/${debitId}/approval`, WORD)).json()).toEqual(approved.json());
  });

  it('refuse what is wrong with a problem that says what', async () => {
    const none = `/v1/debits/deb_${'0'.repeat(32)}`;
    expect(refused(await app.inject(none))).toEqual(problem(404, 'debit-not-found'));
    expect(refused(await post(`${none}/skip`, {}))).toEqual(problem(404, 'debit-not-found'));
    expect(refused(await post(`/v1/debits/${debitId}/approval`, {}))).toEqual(
      problem(400, 'invalid-request'),
    );
    expect(refused(await app.inject('/v1/debits?limit=0'))).toEqual(problem(400, 'invalid-request'));
  });
});
