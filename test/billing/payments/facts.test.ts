import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { applySightings } from '../../../billing/payments/apply.js';
import { flushGatewayFacts } from '../../../billing/payments/facts.js';
import { manualClock } from '../../../core/clock.js';
import { inTransaction } from '../../../core/transaction.js';
import { openLake } from '../../../ingest/lake.js';
import type { Lake } from '../../../ingest/lake.js';
import type { Sighting } from '../../../ingest/webhooks/sighting.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { CREATED_AT, seenDispute, seenPayment, seenRefund, seenSettlement } from '../../support/sightings.js';

const NOW = CREATED_AT + 60_000;
let database: TestPostgres;
let folder: string;
let lake: Lake;
beforeAll(async () => {
  database = await testPostgres();
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-facts-'));
  lake = await openLake(folder, manualClock(NOW));
}, 60_000);
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

const apply = (...sightings: Sighting[]): Promise<void> =>
  inTransaction(database.pool, (client) => applySightings(client, sightings, NOW));

it('what the gateway told reaches the lake once but for what the fold takes there, also after a crash between the lake and the queue', async () => {
  const paymentId = 'pay_1';
  const told: Sighting[] = [
    { occurredAt: NOW, payment: seenPayment({ id: paymentId, status: 'failed', customerId: 'cust_1' }) },
    { occurredAt: NOW, payment: seenPayment({ id: paymentId, status: 'captured' }) },
    { occurredAt: NOW, refund: seenRefund({ id: 'rfnd_1', paymentId, status: 'processed' }) },
    { occurredAt: NOW, dispute: seenDispute({ id: 'disp_1', paymentId, status: 'open', phase: 'fraud' }) },
    { occurredAt: NOW, settlement: seenSettlement({ id: 'setl_1', status: 'processed' }) },
  ];
  for (const one of told) await apply(one);
  await apply(...told);
  const { rows } = await database.pool.query('SELECT key FROM fact_queue ORDER BY number');
  const attempt = expect.stringMatching(/^attempt:pay_1:[0-9a-f]{32}$/);
  expect(rows.map(({ key }: { key: string }) => key)).toEqual([
    'payment:pay_1',
    'outcome:pay_1:failed',
    attempt,
    'outcome:pay_1:captured',
    attempt,
    'refund:rfnd_1',
    'dispute:disp_1:open',
    'label:pay_1',
    'settlement:setl_1:processed',
  ]);
  const saved = (await database.pool.query<{ body: object }>('SELECT body FROM fact_queue ORDER BY number'))
    .rows;
  expect(await flushGatewayFacts(database.pool, lake)).toBe(5);
  await database.pool.query('UPDATE fact_queue SET body = $1', [JSON.stringify(saved[0]?.body)]);
  expect(await flushGatewayFacts(database.pool, lake)).toBe(0);
  expect((await lake.batches()).map(({ name }) => name)).toHaveLength(1);
  expect(await flushGatewayFacts(database.pool, lake)).toBe(0);
});

it('history counts as known since it happened, but never before what was told of the same payment already', async () => {
  const live = seenPayment({ id: 'pay_2', status: 'authorized' });
  await apply({ occurredAt: NOW, payment: live });
  const later = NOW + 3_600_000;
  const history: Sighting[] = ['pay_2', 'pay_3'].flatMap((id) => [
    { occurredAt: later, payment: seenPayment({ id, status: 'captured' }) },
    { occurredAt: later, refund: seenRefund({ id: `rfnd_${id}`, paymentId: id, status: 'processed' }) },
  ]);
  for (const one of history)
    await inTransaction(database.pool, (client) => applySightings(client, [one], later, 'then'));
  const { rows } = await database.pool.query<{ fact: string; known_at: number }>(
    `SELECT substring(key FROM '^[a-z]+:(?:rfnd_)?pay_.') AS fact, known_at FROM fact_queue
     WHERE key ~ 'pay_[23]' ORDER BY number`,
  );
  expect(rows.map(({ fact, known_at }) => `${fact} ${known_at - CREATED_AT}`)).toEqual([
    `payment:pay_2 ${NOW - CREATED_AT}`,
    `attempt:pay_2 ${NOW - CREATED_AT}`,
    `outcome:pay_2 ${later - CREATED_AT}`,
    `attempt:pay_2 ${later - CREATED_AT}`,
    `refund:rfnd_pay_2 ${NOW - CREATED_AT}`,
    'payment:pay_3 0',
    'outcome:pay_3 0',
    'attempt:pay_3 0',
    'refund:rfnd_pay_3 0',
  ]);
});
