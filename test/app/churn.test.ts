import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Fastify from 'fastify';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { scoreChurnNow, trainChurnModel } from '../../app/churn.js';
import type { Stores } from '../../app/stores.js';
import { manualClock } from '../../core/clock.js';
import type { Duckdb } from '../../core/duckdb.js';
import { churnFeatureHash } from '../../features/churn/definitions.js';
import { measureEffects } from '../../models/churn-effect.js';
import { churnList, churnOfPayer, latestChurnNight, latestEffects } from '../../models/churn-store.js';
import { openRegistry } from '../../models/registry.js';
import { isHeldOut } from '../../models/uplift.js';
import { readChurn } from '../../reporting/churn/overview.js';
import { churnPage } from '../../reporting/pages/churn.js';
import { churnRoutes } from '../../scoring/churn/routes.js';
import { drawLives, livesDb } from '../features/churn/subscription-lives.js';
import { testPostgres, type TestPostgres } from '../support/postgres.js';

const MONTHS = 20;
const clock = manualClock(Date.UTC(2025, MONTHS - 1, 20));

let database: TestPostgres;
let dataDir: string;
let source: Duckdb;
let stores: Stores;

beforeAll(async () => {
  database = await testPostgres();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-churn-'));
  const { happenings } = drawLives({ subscriptions: 1000, months: MONTHS, seed: 12 });
  source = await livesDb(happenings);
  const { pool } = database;
  const featureSetHashes = { churn: churnFeatureHash() };
  const registry = openRegistry({ dataDir, pool, clock, featureSetHashes });
  const lake = { attach: (db: Duckdb) => copyTables(source, db) };
  stores = { dataDir, pool, registry, lake, close: () => Promise.resolve() } as unknown as Stores; // What churn needs.
}, 120_000);

afterAll(async () => {
  source.close();
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** As a lake attaches: all tables of another database as they are. */
async function copyTables(from: Duckdb, to: Duckdb): Promise<void> {
  const folder = await mkdtemp(path.join(dataDir, 'copy-'));
  await from.run(`EXPORT DATABASE '${folder}' (FORMAT parquet)`);
  await to.run(`IMPORT DATABASE '${folder}'`);
}

describe('churn in the stores', () => {
  it('is trained, promoted above the base rate, and scored for everybody who is still there', async () => {
    const outcome = await trainChurnModel(stores, { asOfMs: clock.now(), seed: 1 });
    expect(outcome.outcome).toBe('promoted');
    expect(await latestChurnNight(stores.pool)).toBeNull();
    const scored = await scoreChurnNow(stores, clock);
    expect(scored).toBeGreaterThan(100);
    expect(await latestChurnNight(stores.pool)).toBe(clock.now());
    const { rows } = await stores.pool.query<{ n: bigint; held: bigint; most: number; least: bigint }>(
      `SELECT count(*) AS n, count(*) FILTER (WHERE held_out) AS held, max(voluntary + involuntary) AS most,
        min(value_paise) AS least FROM churn_scores`,
    );
    expect(Number(rows[0]!.n)).toBe(scored);
    expect(Number(rows[0]!.held)).toBeGreaterThan(0);
    expect(rows[0]!.most).toBeLessThan(1);
    expect(rows[0]!.least).toBeGreaterThan(0n);
  }, 120_000);

  it('says which effect of a treatment ranked the night, who is on the list, and how long subscriptions live', async () => {
    expect(await latestEffects(stores.pool)).toEqual(measureEffects([]));
    const { rows } = await stores.pool.query<{ listed: number; n: number; dealt: number }>(
      `SELECT count(*) FILTER (WHERE listed)::int AS listed, count(*)::int AS n, count(assigned_kind)::int AS dealt
       FROM churn_scores`,
    );
    expect(rows[0]).toMatchObject({ listed: Math.ceil(0.1 * rows[0]!.n), dealt: 0 });
    const overview = (await readChurn(stores.pool, { now: clock.now(), currency: null }))!;
    expect(overview.survival[0]).toMatchObject({ segment: 'everybody' });
    expect(overview.survival[0]!.survival.length).toBeGreaterThan(3);
    expect(overview.uplift!.since).toBeNull();
    const page = churnPage(overview);
    expect(page).toContain('Whom to contact first');
    expect(page).toContain('Survival of everybody');
    expect(page.replace(/\s+/g, ' ')).toContain('10.0% of those who would leave (assumed)');
    expect(churnPage(null)).toContain('Nobody has been scored yet');
  });

  it('lists by priority, without the hold-out, with reasons', async () => {
    const list = await churnList(stores.pool, { limit: 50, withTreated: false }, clock.now());
    expect(list).toHaveLength(50);
    expect(list.map(({ priorityPaise }) => priorityPaise)).toEqual(
      list.map(({ priorityPaise }) => priorityPaise).sort((a, b) => b - a),
    );
    for (const { payerId, heldOut, reasons } of list) {
      expect(heldOut).toBe(false);
      expect(isHeldOut(payerId)).toBe(false);
      expect(reasons.length).toBeLessThanOrEqual(3);
    }
    expect(list[0]!.reasons[0]).toMatch(/fail/);
  });

  it('keeps every night', async () => {
    const payerId = (await churnList(stores.pool, { limit: 1, withTreated: false }, clock.now()))[0]!.payerId;
    clock.advance(3_600_000);
    await scoreChurnNow(stores, clock);
    const nights = await churnOfPayer(stores.pool, payerId, 10);
    expect(nights).toHaveLength(2);
    expect(nights[0]!.scoredAt > nights[1]!.scoredAt).toBe(true);
  }, 60_000);

  it('keeps its champion until there are new renewals to compare on', async () => {
    const again = await trainChurnModel(stores, { asOfMs: clock.now() + 7 * 86_400_000, seed: 2 });
    expect(again).toMatchObject({
      outcome: 'kept-champion',
      reason: expect.stringMatching(/^only \d+ ends are known/),
    });
  }, 60_000);

  it('is read over HTTP', async () => {
    const app = Fastify();
    await app.register(churnRoutes({ pool: stores.pool, clock }));
    const report = await app.inject('/v1/reports/churn?limit=2');
    expect(report.json<{ scores: unknown[] }>().scores).toHaveLength(2);
    const [first] = report.json<{ scores: { payerId: string; heldOut: boolean }[] }>().scores;
    const own = await app.inject(`/v1/payers/${first!.payerId}/churn`);
    expect(own.json<{ scores: unknown[] }>().scores).toHaveLength(2);
    expect((await app.inject('/v1/payers/nobody/churn')).json()).toEqual({ scores: [] });
    await app.close();
  });

  it('is left alone without enough history', async () => {
    const early = manualClock(Date.UTC(2025, 2, 1));
    const empty = { ...stores, registry: { ...stores.registry, production: () => Promise.resolve(null) } };
    expect(await scoreChurnNow(empty, early)).toBeNull();
  }, 60_000);
});
