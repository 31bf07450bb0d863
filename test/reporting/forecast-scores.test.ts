import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RevenueForecast } from '../../models/forecast/revenue.js';
import { everyForecast } from '../../reporting/forecast-rows.js';
import { scoreForecasts } from '../../reporting/forecast-scores.js';
import {
  forecastAccuracy,
  latestForecast,
  newestForecastOn,
  saveForecast,
} from '../../reporting/forecast-store.js';
import { openWarehouseReader } from '../../reporting/reader.js';
import type { WarehouseReader } from '../../reporting/reader.js';
import { readRevenue } from '../../reporting/revenue-history.js';
import { buildWarehouse } from '../../reporting/warehouse.js';
import { openDuckdb } from '../../core/duckdb.js';
import { everyComponent, loadComponents } from '../../reporting/forecast-rows.js';
import { forecastReport } from '../support/forecast-report.js';
import { HISTORY_STARTS_AT, paymentHistory } from '../support/payment-history.js';
import { testPostgres } from '../support/postgres.js';
import type { TestPostgres } from '../support/postgres.js';
import { testWarehouse } from '../support/warehouse.js';
import type { TestWarehouse } from '../support/warehouse.js';

const DAY_MS = 86_400_000;
const DAYS = 40;
const dayAt = (days: number): string =>
  new Date(HISTORY_STARTS_AT + days * DAY_MS).toISOString().slice(0, 10);

/** The week from day 20, for everybody and for two schools; 'others' are all the rest. */
function forecastOf(asOf: number): RevenueForecast {
  const amounts = {
    realised: 0,
    low80: 1,
    low95: 0,
    high80: 2 ** 50,
    high95: 2 ** 51,
    naive: 90,
    committed: true,
  };
  const week = { span: 'week' as const, fromOn: dayAt(20), untilOn: dayAt(27), ...amounts };
  const kinds = ['upi', 'others'].map((member) => ({ level: 'kind' as const, member, mean: 50, ...week }));
  const schools = ['school_1', 'others'].map((member) => ({
    level: 'counterparty' as const,
    member,
    mean: 50,
    ...week,
  }));
  return {
    asOfOn: dayAt(asOf),
    spans: [{ level: 'platform', member: 'all', mean: 100, ...week }, ...schools, ...kinds],
    rehearsals: [{ fromOn: dayAt(1), mean: 9, naive: 8, actual: 10 }],
    parts: [{ name: 'Theta', weight: 1 }],
    bottomUp: null,
    recent: [{ fromOn: dayAt(13), actual: 7 }],
  };
}

describe('past forecasts', () => {
  let database: TestPostgres;
  let warehouse: TestWarehouse;
  let reader: WarehouseReader;
  beforeAll(async () => {
    database = await testPostgres();
    warehouse = await testWarehouse(paymentHistory({ seed: 8, days: DAYS }).facts);
    reader = openWarehouseReader(warehouse.path);
  }, 60_000);
  beforeEach(() => database.pool.query('TRUNCATE revenue_forecast_runs CASCADE'));
  afterAll(async () => {
    reader.close();
    await warehouse.remove();
    await database.close();
  });

  const save = (asOf: number) =>
    saveForecast(database.pool, {
      currency: 'INR',
      kindOf: 'method',
      madeAt: HISTORY_STARTS_AT + asOf * DAY_MS,
      forecast: forecastOf(asOf),
    });

  it('are kept once a day, and read as they were said', async () => {
    expect(await latestForecast(database.pool)).toBeNull();
    expect(await newestForecastOn(database.pool)).toBeNull();
    expect([await save(19), await save(20), await save(20)]).toEqual([true, true, false]);
    expect(await newestForecastOn(database.pool)).toBe(dayAt(20));
    const { spans, parts, rehearsals, recent, asOfOn } = forecastOf(20);
    const found = await latestForecast(database.pool);
    expect(found).toMatchObject({ parts, rehearsals, recent, asOfOn, past: [], accuracy: [], alarms: [] });
    expect(new Set(found!.spans.map((one) => JSON.stringify(Object.entries(one).sort())))).toEqual(
      new Set(spans.map((one) => JSON.stringify(Object.entries(one).sort()))),
    );
  });

  it('keep what they were made of, for the report and as rows for analysts', async () => {
    const { bottomUp } = forecastReport();
    const forecast = { ...forecastOf(20), bottomUp: bottomUp! };
    const madeAt = HISTORY_STARTS_AT + 20 * DAY_MS;
    await saveForecast(database.pool, { currency: 'INR', kindOf: 'method', madeAt, forecast });
    expect((await latestForecast(database.pool))!.bottomUp).toEqual(bottomUp);
    const rows = await everyComponent(database.pool);
    expect(rows).toHaveLength(12);
    expect(rows.find(({ span, component }) => span === 'quarter' && component === 'contracted')).toEqual({
      as_of_on: dayAt(20),
      currency: 'INR',
      made_at: madeAt,
      span: 'quarter',
      component: 'contracted',
      weight: 0.83,
      amount_paise: 8_000_000_00,
    });
    const db = await openDuckdb(':memory:');
    await db.run('CREATE SCHEMA known');
    await loadComponents(db, rows, madeAt);
    expect(await db.rows('FROM known.forecast_components')).toEqual([]);
    await db.run('DROP TABLE known.forecast_components');
    await loadComponents(db, rows, madeAt + 1);
    const [sum] = await db.rows<{ total: bigint }>(
      `SELECT sum(amount_paise)::BIGINT AS total FROM known.forecast_components WHERE component = 'bottomUp'`,
    );
    expect(sum!.total).toBe(24_800_000_00n);
    db.close();
  });

  it('are scored when their span is over and captures had their time, and not before', async () => {
    await save(20);
    const nowMs = HISTORY_STARTS_AT + 60 * DAY_MS;
    await warehouse.build(HISTORY_STARTS_AT + 29 * DAY_MS);
    expect(await scoreForecasts({ pool: database.pool, reader, nowMs })).toBe(0);
    await warehouse.build(HISTORY_STARTS_AT + 39 * DAY_MS);
    expect(await scoreForecasts({ pool: database.pool, reader, nowMs })).toBe(1);
    expect(await scoreForecasts({ pool: database.pool, reader, nowMs })).toBe(0);
    const came = async (condition: string): Promise<number> => {
      const [found] = await warehouse.rows<{ amount: number }>(
        `SELECT coalesce(sum(amount_paise), 0)::DOUBLE AS amount FROM payments
         WHERE status = 'captured' AND currency = 'INR' AND day >= '${dayAt(20)}' AND day < '${dayAt(27)}' AND ${condition}`,
      );
      return found!.amount;
    };
    const { rows } = await database.pool.query<{ level: string; member: string; actual: number }>(
      'SELECT level, member, actual_paise::float8 AS actual FROM revenue_forecasts',
    );
    const actual = new Map(rows.map((row) => [`${row.level} ${row.member}`, row.actual]));
    expect(actual.get('platform all')).toBe(await came('true'));
    expect(actual.get('counterparty school_1')).toBe(await came(`counterparty_id = 'school_1'`));
    expect(actual.get('counterparty others')).toBe(await came(`counterparty_id <> 'school_1'`));
    expect(actual.get('kind others')).toBe(await came(`method <> 'upi'`));
    expect(actual.get('platform all')).toBeGreaterThan(0);
    const [weeks] = await forecastAccuracy(database.pool);
    expect(weeks).toMatchObject({
      level: 'platform',
      span: 'week',
      scored: 1,
      coverage80: 1,
      committedWithin5: 0,
    });
    expect(weeks!.bias).toBeCloseTo(100 / (await came('true')) - 1, 9);
  });

  it('stand in the warehouse beside what came, those that were made by then', async () => {
    await save(20);
    await save(35);
    await warehouse.build(HISTORY_STARTS_AT + 39 * DAY_MS);
    await scoreForecasts({ pool: database.pool, reader, nowMs: HISTORY_STARTS_AT + 40 * DAY_MS });
    const asOf = HISTORY_STARTS_AT + 30 * DAY_MS;
    const { lake, path } = warehouse;
    await buildWarehouse({ lake, path, asOf, builtAt: asOf, forecasts: everyForecast(database.pool) });
    const rows = await warehouse.rows<{ asOf: string; member: string; within: boolean; error: number }>(
      `SELECT as_of_on::VARCHAR AS "asOf", member, within80 AS within, relative_error AS error FROM revenue_forecasts
       ORDER BY level, member`,
    );
    expect(rows).toHaveLength(5);
    expect(new Set(rows.map((row) => row.asOf))).toEqual(new Set([dayAt(20)]));
    expect(rows.every(({ within, error }) => within && error < 0)).toBe(true);
  });

  it('are made of days that are over, in lines that hold all captured revenue', async () => {
    await warehouse.build(HISTORY_STARTS_AT + 30 * DAY_MS + DAY_MS / 2);
    const revenue = await reader.read(readRevenue);
    expect(revenue).toMatchObject({ asOfOn: dayAt(30), currency: 'INR' });
    const [captured] = await warehouse.rows<{ amount: number }>(
      `SELECT sum(captured_amount_paise)::DOUBLE AS amount FROM revenue_daily
       WHERE currency = 'INR' AND day < '${dayAt(30)}'`,
    );
    const inLines = revenue!.lines.flatMap(({ daily }) => [...daily]).reduce((sum, value) => sum + value, 0);
    expect(inLines).toBe(captured!.amount);
    expect(new Set(revenue!.lines.map(({ daily }) => daily.length))).toEqual(new Set([30]));
  });
});
