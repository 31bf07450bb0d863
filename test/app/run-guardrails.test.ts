import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { championVersion } from '../../app/champion.js';
import { runGuardrails } from '../../app/run-guardrails.js';
import { createLog } from '../../core/log.js';
import { logistic } from '../../models/logistic.js';
import { openRegistry } from '../../models/registry.js';
import type { Registry } from '../../models/registry.js';
import { latestCheck } from '../../reporting/guardrail-store.js';
import type { GuardrailCheck } from '../../reporting/guardrails.js';
import { DEFAULT_GUARDRAILS } from '../../scoring/guardrail-settings.js';
import type { FraudModel } from '../../scoring/score.js';
import { mixedSample } from '../models/frames.js';
import { body, constantModel, openWorld } from '../scoring/world.js';
import type { World } from '../scoring/world.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';

const DAY = 86_400_000;
/** As much traffic as a test has patience for. */
const SETTINGS = { ...DEFAULT_GUARDRAILS, minDecisions: 30 };
const people = { actor: 'asha', reason: 'better on May' };

let database: TestPostgres;
let dataDir: string;
let world: World;
let registry: Registry;
let good: string;
let bad: string;
let elapsedMs = 0;
let payments = 0;
const logged: string[] = [];
const log = createLog({
  level: 'info',
  pretty: false,
  destination: { write: (line) => void logged.push(line) },
});

async function save(seed: number): Promise<string> {
  const { frame, y } = mixedSample(200, seed);
  const { version } = await registry.save({
    task: 'fraud',
    featureSetHash: 'features-1',
    model: logistic.fit(frame, y, { settings: logistic.defaults, seed }),
    policy: null,
    training: { seed },
    evaluation: { metrics: {}, baseline: {}, protocol: '' },
    intendedUse: 'Tests only.',
  });
  return version;
}

const look = (settings = SETTINGS): Promise<GuardrailCheck> =>
  runGuardrails({ stores: { pool: database.pool, registry, dataDir }, clock: world.clock, log, settings });

/** What the server does: the gate has the model that is in production. */
async function serve(models: Readonly<Record<string, FraudModel>>): Promise<void> {
  world.useModel(models[(await championVersion(registry)) ?? ''] ?? null);
}

async function traffic(count: number): Promise<string[]> {
  const actions: string[] = [];
  for (let i = 0; i < count; i++) {
    world.clock.advance(1000);
    const n = payments++;
    const of = {
      payerId: `payer-${n}`,
      instrumentId: `token-${n}`,
      deviceId: `device-${n}`,
      ip: `10.0.${n >> 8}.${n & 255}`,
    };
    actions.push((await world.decide(body(`pay_${n}`, of), null)).action);
  }
  return actions;
}

function faulty(predictOne: () => number): Readonly<Record<string, FraudModel>> {
  return {
    [good]: constantModel(0.001, { version: good }),
    [bad]: constantModel(0, { version: bad, predictOne }),
  };
}

beforeAll(async () => {
  database = await testPostgres();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-guardrails-'));
}, 60_000);

beforeEach(async () => {
  await database.pool.query('TRUNCATE facts, decisions, outcome_reports, guardrail_checks');
  await database.pool.query('ALTER TABLE model_promotions DISABLE TRIGGER USER');
  await database.pool.query('TRUNCATE model_promotions');
  await database.pool.query('ALTER TABLE model_promotions ENABLE TRIGGER USER');
  logged.length = 0;
  elapsedMs = 0;
  world = await openWorld({ pool: database.pool, stopwatch: () => elapsedMs });
  registry = openRegistry({ dataDir, pool: database.pool, clock: world.clock, featureSetHashes: {} });
  [good, bad] = [await save(1), await save(2)];
  await registry.force('fraud', good, people);
  world.clock.advance(DAY);
  await serve(faulty(() => 0));
  await traffic(35);
  await registry.force('fraud', bad, people);
});

afterEach(() => world.liveLog.close());

afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

describe('a bad model in production', () => {
  it.each([
    ['blocks everybody', () => 0.99, 'blocks'],
    ['gives no numbers', () => NaN, 'failures'],
    ['is slower than its deadline', () => ((elapsedMs += 100), 0.001), 'slow-answers'],
  ])('that %s is rolled back, and the gate serves the former one', async (_name, predictOne, guardrail) => {
    const models = faulty(predictOne);
    await serve(models);
    const before = await traffic(20);
    expect((await look()).standing).toBe('too-few');
    await traffic(20);
    const check = await look();
    expect(check).toMatchObject({ standing: 'rolled-back', modelVersion: bad });
    expect(check.rails.filter((rail) => rail.breached).map((rail) => rail.guardrail)).toContain(guardrail);
    expect(await latestCheck(database.pool)).toEqual(check);
    const newest = (await registry.history('fraud')).at(-1);
    expect(newest).toMatchObject({ kind: 'guardrail', actor: 'guardrail', version: good });
    expect(newest?.reason).toContain(`${guardrail}: `);
    expect(logged.filter((line) => line.includes('guardrail-rolled-back'))).toHaveLength(1);
    await serve(models);
    const after = await traffic(3);
    expect(after).toEqual(['allow', 'allow', 'allow']);
    if (guardrail === 'blocks') expect(before).toContain('block');
    expect((await look()).standing).toBe('too-few');
  });

  it('is left there while the guardrails are off, or the model is sound', async () => {
    await serve(faulty(() => 0.99));
    await traffic(40);
    expect((await look({ ...SETTINGS, on: false })).standing).toBe('off');
    expect(await championVersion(registry)).toBe(bad);
    await registry.rollback('fraud', people);
    await serve(faulty(() => 0.99));
    await traffic(40);
    expect((await look()).standing).toBe('watching');
  });

  it('does not come back by its figures, nor does another for a day: people may', async () => {
    await serve(faulty(() => 0.99));
    await traffic(40);
    await look();
    const byFigures = { actor: 'system', reason: 'better figures' };
    const other = await save(3);
    const refused = { kind: 'conflict', code: 'people-only' };
    await expect(registry.promote('fraud', other, byFigures)).rejects.toMatchObject(refused);
    world.clock.advance(DAY);
    await expect(registry.promote('fraud', bad, byFigures)).rejects.toMatchObject(refused);
    await registry.force('fraud', bad, people);
    expect(await championVersion(registry)).toBe(bad);
    await registry.promote('fraud', other, byFigures);
    expect(await championVersion(registry)).toBe(other);
  });

  it('is not followed by a second rollback within a day: the alert is for people, and told once', async () => {
    const worst = await save(4);
    await registry.force('fraud', worst, people);
    const models = {
      ...faulty(() => 0.99),
      [worst]: constantModel(0.99, { version: worst }),
    };
    await serve(models);
    await traffic(40);
    expect((await look()).standing).toBe('rolled-back');
    await serve(models);
    world.clock.advance(3_600_000);
    await traffic(40);
    for (const _again of [1, 2]) expect((await look()).standing).toBe('held');
    expect(logged.filter((line) => line.includes('guardrail-breached'))).toHaveLength(1);
    expect(await championVersion(registry)).toBe(bad);
    // After that the way is free again.
    world.clock.advance(DAY);
    await traffic(40);
    expect((await look()).standing).toBe('rolled-back');
    expect(await championVersion(registry)).toBe(good);
  });

  it('stays when there is nothing to return to, and people are told', async () => {
    await registry.rollback('fraud', people);
    await serve({ [good]: constantModel(0.99, { version: good }) });
    await traffic(40);
    expect(await look()).toMatchObject({
      standing: 'held',
      note: expect.stringContaining('no earlier version'),
    });
    expect(await championVersion(registry)).toBe(good);
  });
});

describe('a look', () => {
  it('judges nobody after three months, nor without a model', async () => {
    world.clock.advance(91 * DAY);
    expect((await look()).standing).toBe('past');
    await database.pool.query('ALTER TABLE model_promotions DISABLE TRIGGER USER');
    await database.pool.query('TRUNCATE model_promotions');
    expect(await look()).toMatchObject({ standing: 'no-model', modelVersion: null });
  });
});
