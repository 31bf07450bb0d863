import { beforeEach, describe, expect, it } from '@jest/globals';
import { parseDay, startOfDay } from '../../../core/days.js';
import { httpWorld } from '../../app/http-world.js';

const world = httpWorld();
const TEN_MINUTES = 600_000;
const plan = { planId: 'lunch', name: 'Lunch', taxClass: 'school-catering' };
const version = { pricePaise: 3000_00, interval: { unit: 'month' } };

beforeEach(async () => {
  await send('POST', '/v1/plans', { ...plan, version }, 'plan lunch');
});

async function send(method: 'POST' | 'PUT' | 'GET', url: string, payload: object | undefined, key = 'once') {
  const headers = { 'idempotency-key': key };
  const response = await world().app.inject({
    method,
    url,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
}

describe('subscriptions over HTTP', () => {
  it('are made, read with their events and listed', async () => {
    const made = await send(
      'POST',
      '/v1/subscriptions',
      { payerId: 'payer_1', planId: 'lunch', beneficiary: 'b1' },
      'k1',
    );
    expect(made).toMatchObject({
      status: 201,
      body: { status: 'active', beneficiary: 'b1', periodPaise: 3000_00 },
    });
    const url = `/v1/subscriptions/${String(made.body['subscriptionId'])}`;
    expect(await send('GET', url, undefined)).toMatchObject({
      body: {
        events: [{ event: 'create', fromStatus: null, toStatus: 'active', mrrPaise: 3000_00, actor: 'api' }],
      },
    });
    expect(await send('POST', `${url}/pause`, { from: '2020-01-01' }, 'k2')).toMatchObject({
      status: 400,
      body: { code: 'invalid-request' },
    });
    expect(await send('GET', '/v1/subscriptions?payerId=payer_1&status=active', undefined)).toMatchObject({
      body: { subscriptions: [{ payerId: 'payer_1' }] },
    });
  });

  it('show the next invoice with what waits for it and the credit that it would use', async () => {
    const { pool } = world().world;
    const body = { payerId: 'payer_2', planId: 'lunch', quantity: 2 };
    const { body: made } = await send('POST', '/v1/subscriptions', body, 'k3');
    const id = String(made['subscriptionId']);
    await pool.query('UPDATE subscriptions SET credit_paise = 10000 WHERE subscription_id = $1', [id]);
    const { body: seen } = await send('GET', `/v1/subscriptions/${id}/upcoming-invoice`, undefined);
    expect(seen).toMatchObject({
      invoice: {
        lines: [{ kind: 'plan', quantity: 2, unitPaise: 3000_00, amountPaise: 6000_00 }],
        creditPaise: 100_00,
        totalPaise: 5900_00,
      },
    });
    await send('POST', `/v1/subscriptions/${id}/cancel`, { at: 'period-end' }, 'k4');
    expect(await send('GET', `/v1/subscriptions/${id}/upcoming-invoice`, undefined)).toMatchObject({
      body: { invoice: null },
    });
  });

  it('are not touched without a key, for an unknown id or by an unknown field', async () => {
    const bare = await world().app.inject({
      method: 'POST',
      url: '/v1/subscriptions',
      payload: { payerId: 'p', planId: 'lunch' },
    });
    expect([bare.statusCode, bare.json()]).toMatchObject([400, { code: 'invalid-request' }]);
    expect(await send('GET', '/v1/subscriptions/sub_none', undefined)).toMatchObject({
      status: 404,
      body: { code: 'subscription-not-found' },
    });
    expect(await send('POST', '/v1/subscriptions/sub_none/resume', { when: 'now' }, 'k5')).toMatchObject({
      status: 400,
    });
    expect(await send('POST', '/v1/subscriptions/sub_none/resume', {}, 'k6')).toMatchObject({ status: 404 });
  });

  it('start on the day that it is in India, whatever day it is elsewhere', async () => {
    const { clock } = world().world;
    const day = parseDay('2026-12-31') ?? 0;
    // Ten minutes after midnight in India, still the day before in UTC.
    clock.set(startOfDay(day) + TEN_MINUTES);
    const { body } = await send('POST', '/v1/subscriptions', { payerId: 'payer_3', planId: 'lunch' }, 'k7');
    expect(body).toMatchObject({ anchorOn: '2026-12-31', nextStepAt: '2026-12-31T00:30:00.000Z' });
  });
});
