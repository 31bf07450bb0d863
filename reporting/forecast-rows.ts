/** Past revenue forecasts on their way from PostgreSQL into the warehouse, so that analysts join them with what came. */
import { DuckDBTimestampValue } from '@duckdb/node-api';
import type { Pool } from 'pg';
import type { Duckdb } from '../core/duckdb.js';
import { AMOUNTS } from './forecast-store.js';

const TEXTS = ['as_of_on', 'currency', 'level', 'member', 'span', 'from_on', 'until_on'] as const;

export type ForecastRow = Readonly<Record<(typeof TEXTS)[number], string>> &
  Readonly<Record<`${(typeof AMOUNTS)[number]}_paise`, bigint>> & {
    /** Epoch milliseconds. */
    readonly made_at: number;
    readonly committed: boolean;
    readonly actual_paise: bigint | null;
  };

/** Runs are read one at a time: years of them do not fit into memory at once. */
export async function* everyForecast(pool: Pool): AsyncGenerator<ForecastRow> {
  const runs = await pool.query<{ run_id: bigint }>(
    'SELECT run_id FROM revenue_forecast_runs ORDER BY run_id',
  );
  for (const { run_id } of runs.rows) {
    const { rows } = await pool.query<ForecastRow>(
      `SELECT f.*, as_of_on, currency, made_at FROM revenue_forecasts AS f JOIN revenue_forecast_runs USING (run_id)
       WHERE run_id = $1`,
      [run_id],
    );
    yield* rows;
  }
}

/** `known.forecasts`: those made before the as-of instant. */
export async function loadForecasts(
  db: Duckdb,
  forecasts: AsyncIterable<ForecastRow> | Iterable<ForecastRow>,
  asOf: number,
): Promise<void> {
  const columns = [
    ...TEXTS.map((name) => `${name} VARCHAR`),
    'made_at TIMESTAMP, committed BOOLEAN',
    ...AMOUNTS.map((name) => `${name}_paise BIGINT`),
    'actual_paise BIGINT',
  ];
  await db.run(`CREATE TEMP TABLE said (${columns.join(', ')})`);
  const appender = await db.connection.createAppender('said', undefined, 'temp');
  for await (const row of forecasts) {
    if (row.made_at >= asOf) continue;
    for (const name of TEXTS) appender.appendVarchar(row[name]);
    appender.appendTimestamp(new DuckDBTimestampValue(BigInt(row.made_at) * 1000n));
    appender.appendBoolean(row.committed);
    for (const name of AMOUNTS) appender.appendBigInt(row[`${name}_paise`]);
    if (row.actual_paise === null) appender.appendNull();
    else appender.appendBigInt(row.actual_paise);
    appender.endRow();
  }
  appender.closeSync();
  const days = ['as_of_on', 'from_on', 'until_on'].map((name) => `${name}::DATE AS ${name}`).join(', ');
  await db.run(`CREATE TABLE known.forecasts AS SELECT * REPLACE (${days}) FROM said`);
  await db.run('DROP TABLE said');
}
