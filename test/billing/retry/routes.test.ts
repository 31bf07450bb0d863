import { expect, it } from '@jest/globals';
import { httpWorld } from '../../app/http-world.js';

const world = httpWorld();

it('the lift of retries over HTTP: only of days whose retries have ended', async () => {
  const get = (query: string) => world().app.inject({ method: 'GET', url: `/v1/reports/retry-lift${query}` });
  const plain = await get('');
  expect(plain.statusCode).toBe(200);
  const none = {
    payers: 0,
    failed: 0,
    recovered: 0,
    failedPaise: 0,
    recoveredPaise: 0,
    share: null,
    paiseShare: null,
  };
  expect(plain.json()).toMatchObject({
    model: none,
    holdOut: none,
    leastPayers: 30,
    share: null,
    gainedPaise: null,
    counts: [],
  });
  const { from, to } = plain.json<{ from: string; to: string }>();
  expect(Date.parse(to) - Date.parse(from)).toBe(180 * 86_400_000);
  expect((await get(`?from=${from}&to=2099-01-01`)).json()).toMatchObject({ from, to });
  const young = await get(`?from=${to}`);
  expect(young.statusCode).toBe(400);
  expect(young.json()).toMatchObject({ code: 'empty-span' });
  expect((await get('?from=2026-02-30')).statusCode).toBe(400);
});
