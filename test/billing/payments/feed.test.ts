import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { applySightings } from '../../../billing/payments/apply.js';
import { flushGatewayFacts } from '../../../billing/payments/facts.js';
import type { KnownSince } from '../../../billing/payments/facts.js';
import { feedFold } from '../../../billing/payments/feed.js';
import { manualClock } from '../../../core/clock.js';
import { inTransaction } from '../../../core/transaction.js';
import { openLake } from '../../../ingest/lake.js';
import type { Lake } from '../../../ingest/lake.js';
import { flushFacts } from '../../../scoring/flush.js';
import { restoreFromLake } from '../../../scoring/lake-history.js';
import { replayDecisions } from '../../../scoring/replay/replay-decisions.js';
import { replayableDecisions } from '../../../scoring/decisions.js';
import { toGateRequest } from '../../../scoring/request.js';
import { body, openWorld } from '../../scoring/world.js';
import { testPostgres } from '../../support/postgres.js';
import type { TestPostgres } from '../../support/postgres.js';
import { CREATED_AT, seenDispute, seenPayment } from '../../support/sightings.js';

const NOW = CREATED_AT + 60_000;
const PAYER = 'cust_fed';
let database: TestPostgres;
let folder: string;
let lake: Lake;
beforeAll(async () => {
  database = await testPostgres();
}, 60_000);
beforeEach(async () => {
  await database.pool.query(
    'TRUNCATE facts, decisions, outcome_reports, fed_facts, fact_queue, payments, payment_attempts, payment_transactions, disputes',
  );
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-feed-'));
  lake = await openLake(folder, manualClock(NOW));
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

/** A payment that failed, then was captured, then disputed as fraud: four facts for the fold. */
async function tell(id: string, knownSince: KnownSince = 'now'): Promise<void> {
  const told = [
    { occurredAt: NOW, payment: seenPayment({ id, status: 'failed', customerId: PAYER }) },
    { occurredAt: NOW, payment: seenPayment({ id, status: 'captured', customerId: PAYER }) },
    {
      occurredAt: NOW,
      dispute: seenDispute({ id: `disp_${id}`, paymentId: id, status: 'open', phase: 'fraud' }),
    },
  ];
  for (const one of told)
    await inTransaction(database.pool, (client) => applySightings(client, [one], NOW, knownSince));
}

const openServer = () =>
  openWorld({
    pool: database.pool,
    clock: manualClock(NOW),
    restore: () => restoreFromLake({ pool: database.pool, lake, clock: manualClock(NOW) }),
  });
const feed = (world: Awaited<ReturnType<typeof openServer>>): Promise<number> =>
  feedFold({ pool: database.pool, log: world.liveLog });

it('a payment that began at the gateway is in the features of the next decision', async () => {
  const world = await openServer();
  const asked = toGateRequest(body('p-asked', { payerId: PAYER })).payment;
  const before = Array.from(world.liveLog.fold()?.vector(asked, NOW) ?? []);
  await tell('pay_a');
  expect(await feed(world)).toBe(4);
  const after = Array.from(world.liveLog.fold()?.vector(asked, NOW) ?? []);
  expect(after).not.toEqual(before);
  await world.liveLog.close();
});

it('each is fed once, also when a crash kept it from being ticked off, and the lake has it once', async () => {
  const world = await openServer();
  await tell('pay_b');
  const { rows: saved } = await database.pool.query('SELECT key, body FROM fact_queue WHERE is_fed');
  await feed(world);
  for (const { key, body: kept } of saved as { key: string; body: object }[])
    await database.pool.query('UPDATE fact_queue SET body = $2 WHERE key = $1', [key, JSON.stringify(kept)]);
  expect(await feed(world)).toBe(0);
  await flushGatewayFacts(database.pool, lake);
  await flushFacts(database.pool, lake);
  const rows = (await lake.batches()).map(({ tables }) => tables);
  expect(rows.reduce((sum, { payments }) => sum + (payments?.rows ?? 0), 0)).toBe(1);
  expect(rows.reduce((sum, { outcomes }) => sum + (outcomes?.rows ?? 0), 0)).toBe(2);
  expect(rows.reduce((sum, { labels }) => sum + (labels?.rows ?? 0), 0)).toBe(1);
  await world.liveLog.close();
});

it('a start from the lake and a replay of decisions see what was fed where the running fold saw it', async () => {
  const world = await openServer();
  await tell('pay_c');
  await world.decide(body('p-before', { payerId: PAYER }), null);
  await feed(world);
  await world.decide(body('p-after', { payerId: PAYER }), null);
  const asked = toGateRequest(body('p-asked', { payerId: PAYER })).payment;
  const served = Array.from(world.liveLog.fold()?.vector(asked, NOW + 1) ?? []);
  await world.liveLog.close();
  const again = await restoreFromLake({ pool: database.pool, lake, clock: manualClock(NOW) });
  expect(Array.from(again.fold.vector(asked, NOW + 1))).toEqual(served);
  const registry = { load: () => Promise.reject(new Error('no model decided')) };
  const decisions = await replayableDecisions(database.pool, { last: 10 });
  const reports = await replayDecisions({ pool: database.pool, lake, registry }, decisions);
  expect(reports.map(({ outcome }) => outcome)).toEqual(['equal', 'equal']);
});

it('history that is read afterwards goes to the lake, and so does what is said of it later', async () => {
  const world = await openServer();
  await tell('pay_d', 'then');
  const dispute = seenDispute({
    id: 'disp_late',
    paymentId: 'pay_d',
    status: 'lost',
    reasonCode: 'card_fraud',
  });
  await inTransaction(database.pool, (client) =>
    applySightings(client, [{ occurredAt: NOW + 1, dispute }], NOW + 1),
  );
  expect(await feed(world)).toBe(0);
  expect(await flushGatewayFacts(database.pool, lake)).toBeGreaterThan(4);
  await world.liveLog.close();
});

it('what the log could not make durable is fed by a later turn', async () => {
  const world = await openServer();
  await tell('pay_e');
  await world.liveLog.close();
  expect(await feed(world)).toBe(0);
  const next = await openServer();
  expect(await feed(next)).toBe(4);
  await next.liveLog.close();
});
