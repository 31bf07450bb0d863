import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { logistic } from '../../models/logistic.js';
import { openRegistry } from '../../models/registry.js';
import type { Registry } from '../../models/registry.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { mixedSample } from './frames.js';

const { frame, y } = mixedSample(200, 1);
const by = { actor: 'asha', reason: 'device features' };

let database: TestPostgres;
let dataDir: string;
let registry: Registry;
let first: string;
let second: string;
const clock = manualClock(Date.UTC(2026, 3, 1));

async function save(seed: number): Promise<string> {
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

beforeAll(async () => {
  database = await testPostgres();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-challenges-'));
  const featureSetHashes = { fraud: 'features-1' };
  registry = openRegistry({ dataDir, pool: database.pool, clock, featureSetHashes });
  [first, second] = [await save(1), await save(2)];
  await registry.force('fraud', first, by);
}, 60_000);
afterAll(async () => {
  await database.close();
  await rm(dataDir, { recursive: true });
});

describe('a challenger', () => {
  it('is nobody at first, and never the champion', async () => {
    expect(await registry.challenger('fraud')).toBeNull();
    await expect(registry.challenge('fraud', first, by)).rejects.toMatchObject({ code: 'in-production' });
  });

  it('is named by one person, once, and ended by one', async () => {
    await registry.challenge('fraud', second.slice(0, 12), by);
    const challenger = await registry.challenger('fraud');
    expect(challenger).toMatchObject({ version: second, ...by, at: clock.now() });
    clock.advance(1000);
    await registry.challenge('fraud', second, { ...by, reason: 'again' });
    expect(await registry.challenger('fraud')).toEqual(challenger);
    await registry.endChallenge('fraud', second, by);
    expect(await registry.challenger('fraud')).toBeNull();
    await expect(registry.endChallenge('fraud', second, by)).rejects.toMatchObject({
      code: 'not-the-challenger',
    });
  });

  it('is replaced by the next, and no longer one in production', async () => {
    const third = await save(3);
    await registry.challenge('fraud', second, by);
    await registry.challenge('fraud', third, by);
    expect((await registry.challenger('fraud'))?.version).toBe(third);
    await registry.force('fraud', third, by);
    expect(await registry.challenger('fraud')).toBeNull();
  });

  it('reads the features that run now, or is refused', async () => {
    const other = openRegistry({
      dataDir,
      pool: database.pool,
      clock,
      featureSetHashes: { fraud: 'features-2' },
    });
    await expect(other.challenge('fraud', second, by)).rejects.toMatchObject({ code: 'other-feature-set' });
  });

  it('has a history that nobody changes', async () => {
    await expect(database.pool.query('DELETE FROM model_challenges')).rejects.toThrow('append-only');
  });
});
