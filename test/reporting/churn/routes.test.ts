import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { measureEffects } from '../../../models/churn-effect.js';
import { saveChurnScores } from '../../../models/churn-store.js';
import { readChurn } from '../../../reporting/churn/overview.js';
import { latestUplift, renewUplift } from '../../../reporting/churn/uplift-store.js';
import { testPostgres, type TestPostgres } from '../../support/postgres.js';
import { reportingSite } from '../../support/reporting-site.js';

const NIGHT = Date.UTC(2026, 0, 31, 20);
let database: TestPostgres;
let site: FastifyInstance;

beforeAll(async () => {
  database = await testPostgres();
  const { pool } = database;
  site = reportingSite({
    warehousePath: 'none.duckdb',
    churn: (currency) => readChurn(pool, { now: NIGHT, currency }),
    churnUplift: (currency) => latestUplift(pool, currency),
  });
}, 60_000);

afterAll(async () => {
  await site.close();
  await database.close();
});

it('says what is missing before the first night', async () => {
  expect((await site.inject('/churn')).body).toContain('Nobody has been scored yet');
  const uplift = await site.inject('/v1/reports/churn/uplift');
  expect([uplift.statusCode, uplift.json()]).toEqual([503, { code: 'no-uplift-report' }]);
});

it('shows the list with reasons as text, and the report of the night', async () => {
  const scoredAt = NIGHT;
  const effects = measureEffects([]);
  const score = {
    subscriptionId: 'sub_1',
    payerId: 'payer_1',
    planId: '<b>monthly</b>',
    currency: 'INR',
    dueAt: NIGHT + 86_400_000,
    voluntary: 0.25,
    involuntary: 0.1,
    valuePaise: 12_345_00n,
    priorityPaise: 400_00n,
    heldOut: false,
    listed: true,
    assignedKind: 'call',
    segment: 'paid by hand',
    reasons: ['failed payments in 90 days: 2', 'days past due when a period was paid: 3'],
  } as const;
  await saveChurnScores(database.pool, [score], { scoredAt, modelVersion: 'a'.repeat(64), effects });
  await renewUplift(database.pool, NIGHT);
  const page = (await site.inject('/churn')).body.replace(/\s+/g, ' ');
  for (const text of [
    'failed payments in 90 days: 2 · days past due when a period was paid: 3',
    '35.0%',
    '₹12,345.00',
    '&lt;b&gt;monthly&lt;/b&gt;',
    '2 Feb 2026',
    'No treatment is on record',
    'No scored renewal is settled yet',
  ])
    expect(page).toContain(text);
  expect((await site.inject('/churn?currency=USD')).body).toContain('Nobody has been scored yet');
  expect((await site.inject('/churn?currency=usd')).statusCode).toBe(400);
  const uplift = (await site.inject('/v1/reports/churn/uplift')).json<object>();
  expect(uplift).toMatchObject({ currency: 'INR', since: null, effects: { voluntary: { prevented: 0.1 } } });
});
