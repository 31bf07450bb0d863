import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { championVersion, usableChampion } from '../../app/champion.js';
import { manualClock } from '../../core/clock.js';
import { logistic } from '../../models/logistic.js';
import { openRegistry, type Registry } from '../../models/registry.js';
import { mixedSample } from '../models/frames.js';
import { testPostgres, type TestPostgres } from '../support/postgres.js';

describe('the champion', () => {
  let database: TestPostgres;
  let dataDir: string;
  const running = (featureSetHash: string): Registry =>
    openRegistry({
      dataDir,
      pool: database.pool,
      clock: manualClock(0),
      featureSetHashes: { fraud: featureSetHash },
    });

  beforeAll(async () => {
    database = await testPostgres();
    dataDir = await mkdtemp(path.join(os.tmpdir(), 'hasivu-champion-'));
  });
  afterAll(async () => {
    await database.close();
    await rm(dataDir, { recursive: true });
  });

  it('is nobody before the first model', async () => {
    expect(await usableChampion(running('features-1'))).toBeNull();
    expect(await championVersion(running('features-1'))).toBeNull();
  });

  it('steps aside for the rules when the program reads other features, and is back with its own', async () => {
    const { frame, y } = mixedSample(300, 1);
    const registry = running('features-1');
    const { version } = await registry.save({
      task: 'fraud',
      featureSetHash: 'features-1',
      model: logistic.fit(frame, y, { settings: logistic.defaults, seed: 1 }),
      policy: null,
      training: null,
      evaluation: { metrics: {}, baseline: {}, protocol: '' },
      intendedUse: 'Tests only.',
    });
    await registry.promote('fraud', version, { actor: 'asha', reason: 'the first' });
    expect((await usableChampion(running('features-1')))?.version).toBe(version);
    expect(await usableChampion(running('features-2'))).toBeNull();
    expect(await championVersion(running('features-2'))).toBe(version);
  });

  it('is not silently dropped for another reason', async () => {
    const version = await championVersion(running('features-1'));
    await rm(path.join(dataDir, 'models', 'fraud', version!, 'model.json'));
    await expect(usableChampion(running('features-1'))).rejects.toThrow(/model.json/);
  });
});
