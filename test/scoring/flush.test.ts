import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { openDuckdb } from '../../core/duckdb.js';
import { inTransaction } from '../../core/transaction.js';
import { openLake } from '../../ingest/lake.js';
import type { Lake } from '../../ingest/lake.js';
import { flushFacts, lakeWatermark } from '../../scoring/flush.js';
import { restoreFromLake } from '../../scoring/lake-history.js';
import { FACTS_LOCK } from '../../scoring/live-state.js';
import { toGateRequest } from '../../scoring/request.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { body, countRows, openWorld, START_AT } from './world.js';

let database: TestPostgres;
let root: string;
let lake: Lake;

beforeAll(async () => {
  database = await testPostgres();
}, 60_000);

beforeEach(async () => {
  await database.pool.query('TRUNCATE facts, decisions, outcome_reports');
  root = await mkdtemp(path.join(os.tmpdir(), 'hasivu-flush-'));
  lake = await openLake(root);
});

afterEach(() => rm(root, { recursive: true, force: true }));

afterAll(() => database.close());

async function lakeRows(): Promise<{ payments: number; outcomes: number; labels: number }> {
  const db = await openDuckdb(':memory:');
  await lake.attach(db);
  const count = async (table: string) =>
    Number((await db.rows<{ n: bigint }>(`SELECT count(*) AS n FROM ${table}`))[0]?.n);
  const rows = {
    payments: await count('payments'),
    outcomes: await count('outcomes'),
    labels: await count('labels'),
  };
  db.close();
  return rows;
}

/** Ten payments with odd numbers in them, some with an outcome. */
async function tenPayments(clock = manualClock(START_AT), from = 0): Promise<void> {
  const restore = () => restoreFromLake({ pool: database.pool, lake, clock });
  const world = await openWorld({ pool: database.pool, clock, restore });
  for (let i = from; i < from + 10; i++) {
    clock.advance(61_007);
    const occurredAt = new Date(clock.now() - (i % 3) * 1000).toISOString();
    const fields = { amountPaise: 101 * i, latitude: 12.97 + i / 7, payerId: `payer-${i % 3}`, occurredAt };
    await world.decide(
      body(`pay_${i}`, i % 4 === 1 ? { ...fields, ip: '2001:db8::1', country: 'SG' } : fields),
      null,
    );
    if (i % 2 === 0) await world.reportOutcome({ paymentId: `pay_${i}`, outcome: 'failed' }, null);
    if (i % 5 === 0) await world.reportOutcome({ paymentId: `pay_${i}`, outcome: 'fraud' }, null);
  }
  await world.liveLog.close();
}

describe('a flush', () => {
  it('moves every fact to the lake once', async () => {
    await tenPayments();
    expect(await flushFacts(database.pool, lake)).toBe(17);
    expect(await flushFacts(database.pool, lake)).toBe(0);
    expect(await lakeWatermark(lake)).toBe(17);
    expect(await countRows(database.pool, 'facts')).toBe(0);
    expect(await countRows(database.pool, 'decisions')).toBe(10);
    expect(await lakeRows()).toEqual({ payments: 10, outcomes: 5, labels: 2 });
  });

  it('goes on after a crash between the lake and the log without moving a fact twice', async () => {
    await tenPayments();
    const { rows } = await database.pool.query('SELECT sequence FROM facts');
    await database.pool.query('CREATE TABLE kept AS SELECT * FROM facts');
    await flushFacts(database.pool, lake);
    await database.pool.query('INSERT INTO facts SELECT * FROM kept');
    await database.pool.query('DROP TABLE kept');
    expect(await countRows(database.pool, 'facts')).toBe(rows.length);
    expect(await flushFacts(database.pool, lake)).toBe(0);
    expect(await countRows(database.pool, 'facts')).toBe(0);
    expect(await lakeRows()).toEqual({ payments: 10, outcomes: 5, labels: 2 });
  });

  it('leaves the log alone while the state is restored', async () => {
    await tenPayments();
    await inTransaction(database.pool, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [FACTS_LOCK]);
      expect(await flushFacts(database.pool, lake)).toBe(0);
    });
    expect(await flushFacts(database.pool, lake)).toBe(17);
  });

  it('changes no vector: the state from the lake equals the state that served, bit for bit', async () => {
    const clock = manualClock(START_AT);
    const { payment } = toGateRequest(body('pay_next'));
    await tenPayments(clock);
    const beside = await openWorld({ pool: database.pool, clock });
    const before = beside.liveLog.fold()?.vector(payment, clock.now() + 5);
    await beside.liveLog.close();
    const restored = await restoreFromLake({ pool: database.pool, lake, clock });
    expect(restored.sequence).toBe(17);
    expect(restored.fold.vector(payment, clock.now() + 5)).toEqual(before);
    await tenPayments(clock, 10);
    expect(await countRows(database.pool, 'decisions')).toBe(20);
  });
});
