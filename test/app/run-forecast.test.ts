import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { silentLog } from '../../core/log.js';
import { runForecast } from '../../app/run-forecast.js';
import { latestForecast } from '../../reporting/forecast-store.js';
import { HISTORY_STARTS_AT, paymentHistory } from '../support/payment-history.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { testWarehouse } from '../support/warehouse.js';
import type { TestWarehouse } from '../support/warehouse.js';

const DAY_MS = 86_400_000;
const DAYS = 200;

describe('the forecast of the day', () => {
  let database: TestPostgres;
  let warehouse: TestWarehouse;
  beforeAll(async () => {
    database = await testPostgres();
    warehouse = await testWarehouse(paymentHistory({ seed: 4, days: DAYS }).facts);
  }, 60_000);
  afterAll(async () => {
    await warehouse.remove();
    await database.close();
  });

  it('waits for a warehouse and for half a year, is made once a day, and is scored as its weeks end', async () => {
    const clock = manualClock(HISTORY_STARTS_AT);
    const stores = { pool: database.pool, dataDir: warehouse.dataDir, lake: warehouse.lake };
    const turn = async (day: number): Promise<void> => {
      clock.set(HISTORY_STARTS_AT + day * DAY_MS);
      await warehouse.build(clock.now());
      await runForecast(stores, { clock, log: silentLog });
    };
    await runForecast(stores, { clock, log: silentLog });
    await turn(100);
    expect(await latestForecast(database.pool)).toBeNull();
    await turn(186);
    const first = await latestForecast(database.pool);
    const platform = first!.spans.filter(({ level }) => level === 'platform');
    expect(platform.map(({ span }) => span)).toEqual(
      expect.arrayContaining(['quarter', 'thirteen-weeks', 'week']),
    );
    const schools = first!.spans.filter(({ level, span }) => level === 'counterparty' && span === 'quarter');
    expect(schools.reduce((sum, { mean }) => sum + mean, 0)).toBe(
      platform.find(({ span }) => span === 'quarter')!.mean,
    );
    await turn(186);
    expect(await latestForecast(database.pool)).toEqual(first);
    await turn(198);
    const later = await latestForecast(database.pool);
    expect(later!.asOfOn > first!.asOfOn).toBe(true);
    expect(later!.accuracy.find(({ level, span }) => level === 'platform' && span === 'week')).toMatchObject({
      scored: 1,
    });
  });
});
