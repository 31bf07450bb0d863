/**
 * The revenue forecast of the day: scores what is over, forecasts once a day what the warehouse knows, and raises the alarm when
 * past forecasts were off. A server has it done by a program of its own, since a hundred series are seconds of arithmetic that no
 * payment should wait for.
 */
import { availableParallelism } from 'node:os';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/config.js';
import { AppError } from '../core/errors.js';
import type { Log } from '../core/log.js';
import { parseDay, startOfDay } from '../core/days.js';
import { openDuckdb } from '../core/duckdb.js';
import { readContracts, type ContractBook } from '../features/churn/contracts.js';
import { forecastRevenue, LEAST_WEEKS } from '../models/forecast/revenue.js';
import { forecastAlarms } from '../reporting/forecast-alarms.js';
import { scoreForecasts } from '../reporting/forecast-scores.js';
import { forecastAccuracy, newestForecastOn, saveForecast } from '../reporting/forecast-store.js';
import { openWarehouseReader } from '../reporting/reader.js';
import type { WarehouseReader } from '../reporting/reader.js';
import { readAsOfOn, readRevenue, type ReadRevenue } from '../reporting/revenue-history.js';
import { warehousePath } from '../reporting/warehouse.js';
import { startOwnProgram } from './own-program.js';
import type { OwnProgram } from './own-program.js';
import type { Stores } from './stores.js';

type ForecastStores = Pick<Stores, 'pool' | 'dataDir' | 'lake'>;

const SEED = 1;
const TIMEOUT_MS = 1_800_000;

/** Does nothing before there is a warehouse, and forecasts nothing of too short a history. */
export async function runForecast(
  { pool, dataDir, lake }: ForecastStores,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<void> {
  await withReader(dataDir, async (reader) => {
    const scored = await scoreForecasts({ pool, reader, nowMs: clock.now() });
    const asOfOn = await reader.read(readAsOfOn);
    const newest = await newestForecastOn(pool);
    if (asOfOn !== null && (newest === null || newest < asOfOn)) {
      const revenue = await reader.read(readRevenue);
      const book = revenue && (await readBook(lake, revenue));
      const forecast =
        revenue &&
        (await forecastRevenue({ ...revenue, book }, { seed: SEED, threads: availableParallelism() }));
      if (revenue === null || forecast === null)
        return log.info({
          event: 'forecast-waits',
          reason: `fewer than ${LEAST_WEEKS} weeks of revenue are known`,
        });
      await saveForecast(pool, { ...revenue, forecast, madeAt: clock.now() });
    }
    // Said when something new is known, not every hour.
    const alarms = scored > 0 ? forecastAlarms(await forecastAccuracy(pool)) : [];
    for (const alarm of alarms) log.warn({ event: 'forecast-off', reason: alarm });
  });
}

/** Contracts as of the day that the warehouse knows until. */
export async function readBook(
  lake: Pick<Stores['lake'], 'attach'>,
  { asOfOn, currency }: ReadRevenue,
): Promise<ContractBook | null> {
  const asOfDay = parseDay(asOfOn);
  if (asOfDay === null) return null;
  const db = await openDuckdb(':memory:');
  try {
    await lake.attach(db);
    return await readContracts(db, { asOfMs: startOfDay(asOfDay), currency });
  } finally {
    db.close();
  }
}

async function isDue({ pool, dataDir }: Pick<ForecastStores, 'pool' | 'dataDir'>): Promise<boolean> {
  return withReader(dataDir, async (reader) => {
    const asOfOn = await reader.read(readAsOfOn);
    const newest = await newestForecastOn(pool);
    return asOfOn !== null && (newest === null || newest < asOfOn);
  });
}

async function withReader<T>(dataDir: string, work: (reader: WarehouseReader) => Promise<T>): Promise<T> {
  const reader = openWarehouseReader(warehousePath(dataDir));
  try {
    return await work(reader);
  } finally {
    reader.close();
  }
}

/** The job, in a program of its own once a day; spans become due with the day, so that scores need no other turn. */
export function createForecaster(stores: ForecastStores, env: Environment) {
  let running: OwnProgram | null = null;
  return {
    run: async (): Promise<void> => {
      if (!(await isDue(stores))) return;
      running = startOwnProgram(['jobs', 'run', 'forecast-revenue', '--no-record'], {
        env,
        timeoutMs: TIMEOUT_MS,
      });
      const { failure, said } = await running.ended;
      running = null;
      if (failure !== null)
        throw new AppError('internal', 'forecast-failed', `${failure}: ${said.trimEnd()}`);
    },
    stop: (): void => running?.stop(),
  };
}
