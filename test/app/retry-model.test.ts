import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openLiveRetry, trainRetryModel } from '../../app/retry-model.js';
import type { Stores } from '../../app/stores.js';
import { manualClock } from '../../core/clock.js';
import { createLog } from '../../core/log.js';
import { retryFeatureHash } from '../../features/retry/vector.js';
import type { RetryMoment } from '../../features/retry/moment.js';
import { appendFacts } from '../../ingest/append-facts.js';
import { openLake } from '../../ingest/lake.js';
import { openMerchant } from '../../ingest/simulate/merchant.js';
import { openRegistry } from '../../models/registry.js';
import { testPostgres, type TestPostgres } from '../support/postgres.js';

const SETTINGS = { months: 9, schools: 3, payers: 1200, endOn: '2026-04-01' } as const;
const END = Date.parse('2026-04-01T00:00:00+05:30');
const clock = manualClock(END);
const log = createLog({ level: 'silent', pretty: false });

let database: TestPostgres;
let dataDir: string;
let stores: Stores;

beforeAll(async () => {
  database = await testPostgres();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-retry-'));
  const lake = await openLake(path.join(dataDir, 'lake'), clock);
  await appendFacts(lake, { name: 'history', source: 'simulate' }, openMerchant(SETTINGS, 6).history());
  const { pool } = database;
  const featureSetHashes = { retry: retryFeatureHash() };
  const registry = openRegistry({ dataDir, pool, clock, featureSetHashes });
  stores = { dataDir, pool, registry, lake } as unknown as Stores; // What retries need.
}, 120_000);

afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

function momentOn(day: string): RetryMoment {
  const failedAtMs = Date.parse('2026-03-26T14:00:00+05:30');
  const failed = {
    atMs: failedAtMs,
    amountPaise: 250_000n,
    class: 'funds',
    attended: false,
    method: 'upi',
  } as const;
  return {
    method: 'upi',
    issuer: null,
    declineClass: 'funds',
    attempt: 2,
    failedAtMs,
    amountPaise: 250_000n,
    past: [failed],
    slotAtMs: Date.parse(`${day}T14:00:00+05:30`),
  };
}

describe('the retry model in the stores', () => {
  it('leaves the ladder to decide until there is one', async () => {
    const live = await openLiveRetry(stores.registry, log);
    expect(live.adviser()).toEqual({ estimate: null, version: null });
  });

  it('says what is missing of too short a history', async () => {
    const outcome = await trainRetryModel(stores, { asOfMs: Date.parse('2025-08-01T00:00:00Z'), seed: 1 });
    expect(outcome).toMatchObject({ outcome: 'too-few-labels' });
  });

  it('is trained, promoted above the base rate, and taken up while the program runs', async () => {
    const live = await openLiveRetry(stores.registry, log);
    const outcome = await trainRetryModel(stores, { asOfMs: END, seed: 1 });
    expect(outcome.outcome).toBe('promoted');
    expect(live.adviser().estimate).toBeNull();
    await live.refresh();
    const { estimate, version } = live.adviser();
    expect(version).toBe(outcome.outcome === 'promoted' ? outcome.model.version : null);
    const [before, after] = estimate!([momentOn('2026-03-28'), momentOn('2026-04-02')]);
    expect(after).toBeGreaterThan(before!);
    expect(after).toBeLessThan(1);
  }, 60_000);

  it('stays when another one has nothing newer to be compared on', async () => {
    const outcome = await trainRetryModel(stores, { asOfMs: END, seed: 2 });
    expect(outcome.outcome).toBe('kept-champion');
  }, 60_000);
});
