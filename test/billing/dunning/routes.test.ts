import { beforeEach, expect, it } from '@jest/globals';
import { planDunning } from '../../../billing/dunning/plan.js';
import { takeSteps } from '../../../billing/dunning/act.js';
import { BUILT_IN } from '../../../billing/dunning/campaign.js';
import { silentLog } from '../../../core/log.js';
import { DAY_MS } from '../../../core/days.js';
import { httpWorld } from '../../app/http-world.js';
import { clearArrears, notices, owe, payerOf } from './scene.js';
import { NOON } from './situations.js';

const world = httpWorld();
beforeEach(async () => {
  await clearArrears(world().world.pool);
  world().world.clock.set(NOON);
});

async function get<T>(url: string): Promise<T> {
  const response = await world().app.inject({ method: 'GET', url });
  expect([url, response.statusCode]).toEqual([url, 200]);
  return response.json<T>();
}

function send(method: 'POST' | 'PUT', url: string, payload: object, headers: Record<string, string> = {}) {
  return world().app.inject({ method, url, payload, headers });
}

async function look(): Promise<void> {
  const { pool, clock, decide } = world().world;
  await planDunning(pool, { at: clock.now(), dryRun: false });
  await takeSteps({ pool, clock, decide, log: silentLog, linkTo: null });
}

interface List {
  readonly items: readonly {
    readonly payerId: string;
    readonly gainPaise: number;
    readonly costPaise: number;
  }[];
}

const [first, second, heldOut] = [payerOf('campaign'), payerOf('campaign', 1), payerOf('hold-out')];

it('the work list is in the order of expected rupees for each rupee of effort, within a budget, without the hold-out', async () => {
  const { world: at } = world();
  await owe(at, { payerId: first, ageDays: 30, amountPaise: 1_000_00n, subscriptionId: null });
  await owe(at, {
    payerId: second,
    invoiceId: 'inv_2',
    ageDays: 11,
    amountPaise: 4_000_00n,
    subscriptionId: null,
  });
  await owe(at, {
    payerId: heldOut,
    invoiceId: 'inv_3',
    ageDays: 30,
    amountPaise: 9_000_00n,
    subscriptionId: null,
  });
  await look();
  const { items } = await get<List>('/v1/dunning/work-list');
  expect(items).toMatchObject([
    { payerId: second, gainPaise: 600_00, costPaise: 25_00 },
    { payerId: first, gainPaise: 150_00, costPaise: 25_00 },
  ]);
  expect(await get<List>('/v1/dunning/work-list?budgetPaise=4999')).toMatchObject({
    items: [{ payerId: second }],
  });
  expect(await get<List>('/v1/dunning/work-list?budgetPaise=0')).toEqual({ items: [] });
});

it('a promise is recorded once and keeps everything still until its day is over', async () => {
  const { world: at } = world();
  await owe(at, { payerId: first, ageDays: 9, subscriptionId: null });
  await look();
  const promise = { payerId: first, actor: 'asha', outcome: 'promised', promisedOn: '2026-07-12' };
  const record = (key: string, body: object = promise) =>
    send('POST', '/v1/dunning/contacts', body, { 'idempotency-key': key });
  const made = await record('k1');
  expect(made.statusCode).toBe(201);
  expect((await record('k1')).json()).toEqual(made.json());
  expect((await record('k1', { ...promise, promisedOn: '2026-07-13' })).statusCode).toBe(409);
  const said = (await notices(at.pool)).length;
  for (const days of [1, 2, 3, 4]) {
    at.clock.set(NOON + days * DAY_MS);
    await look();
  }
  expect(await get('/v1/dunning/work-list')).toEqual({ items: [] });
  expect(await get(`/v1/dunning/payers/${first}`)).toMatchObject({
    episodes: [{ waitsFor: 'promised', stage: 'urgent' }],
  });
  expect((await notices(at.pool)).length).toBe(said);
  at.clock.set(NOON + 5 * DAY_MS);
  await look();
  expect((await notices(at.pool)).length).toBeGreaterThan(said);
});

it('refuses promises that are none, and contacts about nobody', async () => {
  const record = (body: object) =>
    send(
      'POST',
      '/v1/dunning/contacts',
      { payerId: first, actor: 'asha', ...body },
      { 'idempotency-key': 'k' },
    );
  expect((await record({ outcome: 'promised' })).json()).toMatchObject({ code: 'bad-promise' });
  expect((await record({ outcome: 'reached', promisedOn: '2026-07-12' })).json()).toMatchObject({
    code: 'bad-promise',
  });
  expect((await record({ outcome: 'promised', promisedOn: '2026-07-07' })).json()).toMatchObject({
    code: 'bad-promise',
  });
  expect((await record({ outcome: 'promised', promisedOn: '2026-09-01' })).json()).toMatchObject({
    code: 'bad-promise',
  });
  expect((await record({ outcome: 'reached' })).json()).toMatchObject({ code: 'no-arrears' });
  const unkeyed = await send('POST', '/v1/dunning/contacts', {
    payerId: first,
    actor: 'asha',
    outcome: 'reached',
  });
  expect(unkeyed.statusCode).toBe(400);
});

it('a dispute leaves the payer to people until the tag is taken away', async () => {
  const { world: at } = world();
  await owe(at, { payerId: first, ageDays: 6, subscriptionId: null });
  await look();
  await send(
    'POST',
    '/v1/dunning/contacts',
    { payerId: first, actor: 'asha', outcome: 'disputed' },
    { 'idempotency-key': 'd' },
  );
  at.clock.set(NOON + 5 * DAY_MS);
  await look();
  const url = `/v1/dunning/payers/${first}`;
  expect(await get(url)).toMatchObject({
    tags: ['disputed'],
    episodes: [{ waitsFor: 'left-to-people' }],
    steps: [{}],
  });
  await send('PUT', `${url}/tags`, { tags: ['vip'], actor: 'asha' });
  await look();
  expect(await get(url)).toMatchObject({ tags: ['vip'], steps: [{ stage: 'urgent', status: 'sent' }, {}] });
});

it('campaigns have numbers; one that does not fit is refused with the reason', async () => {
  expect(await get('/v1/dunning/campaign')).toEqual({ version: 0, campaign: BUILT_IN });
  const adopt = (campaign: object) =>
    send('POST', '/v1/dunning/campaigns', { campaign, actor: 'asha', reason: 'less' });
  const once = { ...BUILT_IN, stages: BUILT_IN.stages.slice(0, 1) };
  expect((await adopt(once)).json()).toEqual({ version: 1, campaign: once });
  expect(await get('/v1/dunning/campaign')).toEqual({ version: 1, campaign: once });
  const twice = { ...once, stages: [...once.stages, ...once.stages] };
  expect((await adopt(twice)).json()).toMatchObject({ code: 'bad-campaign' });
  expect((await adopt({ ...once, stages: 'none' })).statusCode).toBe(400);
});

it('the report and the page show arrears by stage and why nothing is said', async () => {
  const { world: at } = world();
  await owe(at, { payerId: first, ageDays: 30, reason: null, subscriptionId: null });
  await owe(at, {
    payerId: second,
    invoiceId: 'inv_2',
    ageDays: 3,
    debit: 'unresolved',
    subscriptionId: null,
  });
  await look();
  expect(await get('/v1/reports/dunning')).toMatchObject({
    currency: 'INR',
    stages: [
      { stage: 'reminder', payers: 1, owedPaise: 1_500_00, waiting: 1 },
      { stage: 'collection', payers: 1, owedPaise: 1_500_00, waiting: 0, listed: 1 },
    ],
    waits: [{ waitsFor: 'outcome-unresolved', payers: 1, owedPaise: 1_500_00 }],
    steps: [{ kind: 'reminder', sent: 1, blocked: 0, withdrawn: 0, due: 0 }],
    withheld: 0,
    lift: { paidShare: null, recoveredShare: null },
  });
  const page = await world().app.inject({ method: 'GET', url: '/dunning' });
  expect(page.payload).toContain('Outcome unresolved');
  expect(page.payload).toContain(first);
});
