import { describe, expect, it } from '@jest/globals';
import { httpWorld } from '../../app/http-world.js';

const world = httpWorld();
const monthly = { pricePaise: 3000_00, interval: { unit: 'month' } };
const lunch = { name: 'Lunch', taxClass: 'school-catering' };

async function send(method: 'POST' | 'PUT' | 'GET', url: string, payload: object | null, key: string) {
  const headers = { 'idempotency-key': key };
  const response = await world().app.inject({
    method,
    url,
    headers,
    ...(payload === null ? {} : { payload }),
  });
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() };
}

describe('the catalogue over HTTP', () => {
  it('has plans in versions that never change, made once for each key', async () => {
    const first = {
      planId: 'lunch',
      ...lunch,
      version: { ...monthly, addOns: [{ addOnId: 'fruit', name: 'Fruit', pricePaise: 300_00 }] },
    };
    const made = await send('POST', '/v1/plans', first, 'p1');
    expect(made).toMatchObject({
      status: 201,
      body: {
        versions: [
          {
            version: 1,
            pricePaise: 3000_00,
            interval: { unit: 'month', count: 1 },
            addOns: [{ addOnId: 'fruit' }],
            proration: 'calendar-days',
          },
        ],
      },
    });
    expect(await send('POST', '/v1/plans', first, 'p1')).toEqual(made);
    expect(await send('POST', '/v1/plans', first, 'p2')).toMatchObject({
      status: 409,
      body: { code: 'plan-exists' },
    });
    const dearer = { ...monthly, pricePaise: 3300_00 };
    await send('POST', '/v1/plans/lunch/versions', dearer, 'v1');
    const { body } = await send('POST', '/v1/plans/lunch/versions', dearer, 'v1');
    expect(body['versions']).toMatchObject([
      { version: 1, pricePaise: 3000_00 },
      { version: 2, pricePaise: 3300_00 },
    ]);
    expect(await send('POST', '/v1/plans/lunch/versions', monthly, 'v1')).toMatchObject({
      status: 409,
      body: { code: 'idempotency-key-reused' },
    });
  });

  it('counts serving days on calendars, a counterparty on its own, settled before anybody there subscribes', async () => {
    const week = {
      name: 'School days',
      week: '0111110',
      exceptions: [{ day: '2026-08-15', isServed: false }],
    };
    const version = { ...monthly, proration: 'serving-days' };
    const plan = { planId: 'school', ...lunch, version: { ...version, calendarId: 'school' } };
    expect(await send('POST', '/v1/plans', plan, 's1')).toMatchObject({
      status: 404,
      body: { code: 'calendar-not-found' },
    });
    expect(await send('POST', '/v1/plans', { ...plan, version }, 's2')).toMatchObject({
      status: 400,
      body: { code: 'plan-version-invalid' },
    });
    await send('PUT', '/v1/serving-calendars/school', week, 'c1');
    expect(await send('GET', '/v1/serving-calendars/school', null, 'c1')).toMatchObject({
      body: { ...week, calendarId: 'school' },
    });
    expect(await send('POST', '/v1/plans', plan, 's3')).toMatchObject({ status: 201 });
    const own = '/v1/plans/school/versions/1/overrides/school_7';
    expect(await send('PUT', own, { pricePaise: 2500_00 }, 'o1')).toMatchObject({
      body: {
        versions: [{ overrides: [{ counterpartyId: 'school_7', pricePaise: 2500_00, calendarId: null }] }],
      },
    });
    expect(await send('PUT', own, { pricePaise: 2400_00 }, 'o2')).toMatchObject({
      status: 409,
      body: { code: 'override-settled' },
    });
    const there = { payerId: 'payer_1', planId: 'school', counterpartyId: 'school_7' };
    expect(await send('POST', '/v1/subscriptions', there, 'sub1')).toMatchObject({
      body: { periodPaise: 2500_00 },
    });
    const elsewhere = { ...there, counterpartyId: 'school_8' };
    expect(await send('POST', '/v1/subscriptions', elsewhere, 'sub2')).toMatchObject({
      body: { periodPaise: 3000_00 },
    });
    const late = '/v1/plans/school/versions/1/overrides/school_8';
    expect(await send('PUT', late, { pricePaise: 1 }, 'o3')).toMatchObject({
      status: 409,
      body: { code: 'override-settled' },
    });
  });

  it('sells an archived plan to nobody new', async () => {
    await send('POST', '/v1/plans', { planId: 'old', ...lunch, version: monthly }, 'a1');
    expect(await send('POST', '/v1/plans/old/archive', null, 'a2')).toMatchObject({
      body: { archivedAt: expect.any(String) },
    });
    expect(
      await send('POST', '/v1/subscriptions', { payerId: 'payer_1', planId: 'old' }, 'a3'),
    ).toMatchObject({
      status: 409,
      body: { code: 'plan-archived' },
    });
    expect(await send('GET', '/v1/plans?limit=2&after=lunch', null, '')).toMatchObject({
      body: { plans: [{ planId: 'old' }, { planId: 'school' }] },
    });
  });

  it('says how plans do', async () => {
    const { body } = await send('GET', '/v1/plan-analytics/mix', null, '');
    expect(body['mix']).toEqual([
      expect.objectContaining({
        planId: 'school',
        planVersion: 1,
        status: 'active',
        subscriptions: 2,
        mrrPaise: 5500_00,
      }),
    ]);
    expect(await send('GET', '/v1/plan-analytics/moves?from=2020-01-01T00:00:00Z', null, '')).toMatchObject({
      body: { moves: [] },
    });
    expect(await send('GET', '/v1/plans/lunch/versions/2/effect', null, '')).toMatchObject({
      body: { effect: null },
    });
  });
});
