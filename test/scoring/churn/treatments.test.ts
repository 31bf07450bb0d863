import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { manualClock } from '../../../core/clock.js';
import { AppError } from '../../../core/errors.js';
import { measureEffects } from '../../../models/churn-effect.js';
import { saveChurnScores } from '../../../models/churn-store.js';
import type { ChurnScore } from '../../../models/tasks/score-churn.js';
import { assignedKind, isHeldOut } from '../../../models/uplift.js';
import { churnRoutes } from '../../../scoring/churn/routes.js';
import { testPostgres, type TestPostgres } from '../../support/postgres.js';

const NIGHT = Date.UTC(2026, 0, 31, 20);
const HOUR_MS = 3_600_000;
const clock = manualClock(NIGHT + HOUR_MS);
const ids = Array.from({ length: 60 }, (_, i) => `payer_${i}`);
const [heldOut] = ids.filter(isHeldOut) as [string];
const [first, second] = ids.filter((id) => !isHeldOut(id)) as [string, string];

let database: TestPostgres;
let app: FastifyInstance;

beforeAll(async () => {
  database = await testPostgres();
  await saveChurnScores(database.pool, [heldOut, first, second].map(scoreOf), {
    scoredAt: NIGHT,
    modelVersion: 'a'.repeat(64),
    effects: measureEffects([]),
  });
  app = Fastify();
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.setErrorHandler((error, _request, reply) =>
    reply.code(400).send({ code: error instanceof AppError ? error.code : 'invalid-request' }),
  );
  await app.register(churnRoutes({ pool: database.pool, clock }));
}, 60_000);

afterAll(async () => {
  await app.close();
  await database.close();
});

function scoreOf(payerId: string, place: number): ChurnScore {
  return {
    subscriptionId: payerId.replace('payer', 'sub'),
    payerId,
    planId: 'monthly',
    currency: 'INR',
    dueAt: NIGHT + 72 * HOUR_MS,
    voluntary: 0.2,
    involuntary: 0.1,
    valuePaise: 5_00_000n,
    priorityPaise: BigInt(30_000 - place),
    heldOut: isHeldOut(payerId),
    listed: true,
    assignedKind: null,
    segment: 'paid by hand',
    reasons: ['failed payments in 90 days: 2'],
  };
}

interface Told {
  readonly status: number;
  readonly code: string;
  readonly treatmentId: string;
  readonly treatedAt: string;
  readonly withdrawn: unknown;
}

async function post(path: string, body: object, key?: string): Promise<Told> {
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  const answer = await app.inject({
    method: 'POST',
    url: `/v1/churn/treatments${path}`,
    payload: body,
    headers,
  });
  return { ...answer.json<Omit<Told, 'status'>>(), status: answer.statusCode };
}

const CALL = { payerId: first, kind: 'call', costPaise: 2500, actor: 'asha' };

async function listed(query = ''): Promise<{ payerId: string; treatedAt: string | null }[]> {
  return (await app.inject(`/v1/reports/churn${query}`)).json<{
    scores: { payerId: string; treatedAt: string | null }[];
  }>().scores;
}

it('refuses the hold-out, whoever is unknown, and times that answer no score', async () => {
  expect(await post('', { ...CALL, payerId: heldOut })).toMatchObject({ code: 'held-out' });
  expect(await post('', { ...CALL, payerId: 'nobody' })).toMatchObject(
    isHeldOut('nobody') ? { code: 'held-out' } : { code: 'not-scored' },
  );
  expect(await post('', { ...CALL, subscriptionId: 'sub_of_another' })).toMatchObject({ code: 'not-scored' });
  const before = new Date(NIGHT - 1).toISOString();
  expect(await post('', { ...CALL, treatedAt: before })).toMatchObject({ code: 'treated-before-score' });
  const later = new Date(clock.now() + 24 * HOUR_MS).toISOString();
  expect(await post('', { ...CALL, treatedAt: later })).toMatchObject({ code: 'invalid-request' });
  for (const wrong of [
    { costPaise: -1 },
    { costPaise: 0.5 },
    { kind: 'A call' },
    { actor: '' },
    { extra: 1 },
  ])
    expect(await post('', { ...CALL, ...wrong })).toMatchObject({ code: 'invalid-request' });
  const { rows } = await database.pool.query('SELECT FROM churn_treatments');
  expect(rows).toHaveLength(0);
});

it('records once under a key, leaves the treated out of the list for 30 days, and takes them back when withdrawn', async () => {
  expect((await listed()).map(({ payerId }) => payerId)).toEqual([first, second]);
  const body = { ...CALL, subscriptionId: first.replace('payer', 'sub') };
  const told = await post('', body, 'key-1');
  expect(told).toMatchObject({ status: 201, currency: 'INR', scoredAt: new Date(NIGHT).toISOString() });
  expect((await post('', body, 'key-1')).treatmentId).toBe(told.treatmentId);
  expect(await post('', { ...body, kind: 'message' }, 'key-1')).toMatchObject({
    code: 'idempotency-key-reused',
  });
  expect((await listed()).map(({ payerId }) => payerId)).toEqual([second]);
  expect(await listed('?withTreated=true')).toMatchObject([
    { payerId: first, treatedAt: told.treatedAt },
    { payerId: second, treatedAt: null },
  ]);
  clock.advance(31 * 24 * HOUR_MS);
  expect(await listed()).toHaveLength(2);
  clock.set(NIGHT + 2 * HOUR_MS);
  expect(await listed()).toHaveLength(1);
  const withdrawal = { actor: 'ravi', reason: 'another payer was called' };
  const withdrawn = await post(`/${told.treatmentId}/withdrawal`, withdrawal, 'key-2');
  expect(withdrawn.withdrawn).toMatchObject({ by: 'ravi', reason: 'another payer was called' });
  const again = await post(`/${told.treatmentId}/withdrawal`, { actor: 'asha', reason: 'again' });
  expect(again.withdrawn).toEqual(withdrawn.withdrawn);
  expect(await post('/ctr_0/withdrawal', withdrawal)).toMatchObject({ code: 'no-such-treatment' });
  expect(await listed()).toHaveLength(2);
});

it('lists what was done, newest first, page by page', async () => {
  const newest = await post('', { ...CALL, payerId: second, kind: 'discount' });
  const page = async (query: string) =>
    (await app.inject(`/v1/churn/treatments?${query}`)).json<{ treatments: Told[] }>().treatments;
  const all = await page('limit=10');
  expect(all.map(({ treatmentId }) => treatmentId)[0]).toBe(newest.treatmentId);
  expect(await page(`payerId=${second}`)).toHaveLength(1);
  const [older] = await page(`before=${newest.treatmentId}`);
  expect(older!.withdrawn).not.toBeNull();
});

it('deals out kinds in equal parts, the same to the same payer for good', async () => {
  const put = (kinds: string[]) =>
    app.inject({ method: 'PUT', url: '/v1/churn/assignment', payload: { kinds, actor: 'asha' } });
  expect((await put(['message', 'call'])).json()).toEqual({ kinds: ['call', 'message'] });
  expect((await app.inject('/v1/churn/assignment')).json()).toEqual({ kinds: ['call', 'message'] });
  expect((await put(['call', 'call'])).statusCode).toBe(400);
  const many = Array.from({ length: 4000 }, (_, i) => `payer_${i}`);
  const calls = many.filter((id) => assignedKind(id, ['call', 'message']) === 'call');
  expect(calls.length / many.length).toBeCloseTo(0.5, 1);
  // Apart from the hold-out: its share is the same among those dealt a call.
  expect(calls.filter(isHeldOut).length / calls.length).toBeCloseTo(0.1, 1);
  expect(assignedKind('payer_1', [])).toBeNull();
});
