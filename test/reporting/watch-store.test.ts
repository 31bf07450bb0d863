import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { latestWatch, saveWatch, watchedDays, watchHeadline } from '../../reporting/watch-store.js';
import { driftReport } from '../support/drift-report.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';

const HOUR = 3_600_000;

describe('runs of the watch', () => {
  let database: TestPostgres;
  beforeAll(async () => {
    database = await testPostgres();
  }, 60_000);
  beforeEach(() => database.pool.query('TRUNCATE watch_runs CASCADE'));
  afterAll(() => database.close());

  it('are read as they were saved', async () => {
    expect(await latestWatch(database.pool)).toBeNull();
    expect(await watchHeadline(database.pool)).toBeNull();
    const report = driftReport();
    await saveWatch(database.pool, report);
    expect(await latestWatch(database.pool)).toEqual(report);
    expect(await watchHeadline(database.pool)).toEqual({
      maxPsi: 0.42,
      driftingFeatures: 1,
      calibrationRatio: 0.879,
      labelLagMedianDays: 9,
      labelLagP90Days: 27,
    });
  });

  it('without features keep no figure of them', async () => {
    await saveWatch(database.pool, driftReport({ features: [], leading: [], notCompared: 'no model' }));
    expect(await latestWatch(database.pool)).toMatchObject({ features: [], notCompared: 'no model' });
    expect(await watchHeadline(database.pool)).toMatchObject({ maxPsi: null, driftingFeatures: 0 });
  });

  it('of another version of the program are passed over', async () => {
    await saveWatch(database.pool, driftReport());
    await database.pool.query(`UPDATE watch_runs SET report = '{"at": 1}'`);
    expect(await latestWatch(database.pool)).toBeNull();
  });

  it('do not pile up: after two days one a day stays, after a year none', async () => {
    const start = Date.UTC(2025, 0, 1);
    await saveWatch(database.pool, driftReport({ at: start }));
    for (let step = 0; step < 40; step++)
      await saveWatch(database.pool, driftReport({ at: start + 400 * 24 * HOUR + 6 * step * HOUR }));
    const { rows } = await database.pool.query<{ runs: bigint; features: bigint; first: number }>(
      `SELECT (SELECT count(*) FROM watch_runs) AS runs, (SELECT count(*) FROM watch_features) AS features,
         (SELECT min(at) FROM watch_runs) AS first`,
    );
    // Eight days of one run, two of four.
    expect(Number(rows[0]?.runs)).toBe(8 + 8);
    expect(Number(rows[0]?.features)).toBe(2 * Number(rows[0]?.runs));
    expect(rows[0]?.first).toBe(start + 400 * 24 * HOUR + 18 * HOUR);
    const days = await watchedDays(database.pool);
    expect(days.map(({ day }) => day)).toEqual([...days.map(({ day }) => day)].sort());
    expect(days.at(-1)).toMatchObject({ maxPsi: 0.42, drifting: 1 });
  });
});
