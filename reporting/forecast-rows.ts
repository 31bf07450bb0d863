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

const COMPONENTS = ['topDown', 'bottomUp', 'contracted', 'recovery', 'new', 'oneOff'] as const;

/** One part of what was said of a span; `weight` is what the bottom-up forecast counted for. */
export interface ComponentRow {
  readonly as_of_on: string;
  readonly currency: string;
  /** Epoch milliseconds. */
  readonly made_at: number;
  readonly span: string;
  readonly component: string;
  readonly weight: number;
  readonly amount_paise: number;
}

/** Of every run that was blended. */
export async function everyComponent(pool: Pool): Promise<ComponentRow[]> {
  const { rows } = await pool.query<ComponentRow>(
    `SELECT as_of_on, currency, made_at, one ->> 'span' AS span, component, (report -> 'bottomUp' ->> 'weight')::float8 AS weight,
       (one ->> component)::float8 AS amount_paise
     FROM revenue_forecast_runs, json_array_elements(report -> 'bottomUp' -> 'spans') AS one, unnest($1::text[]) AS component
     ORDER BY run_id, span, component`,
    [COMPONENTS],
  );
  return rows;
}

/** `known.forecast_components`: of those runs that were made before the as-of instant. */
export async function loadComponents(db: Duckdb, rows: readonly ComponentRow[], asOf: number): Promise<void> {
  await db.run(`CREATE TABLE known.forecast_components (
    as_of_on DATE, currency VARCHAR, made_at TIMESTAMP, span VARCHAR, component VARCHAR, weight DOUBLE, amount_paise BIGINT)`);
  for (const row of rows.filter(({ made_at: madeAt }) => madeAt < asOf))
    await db.run(
      `INSERT INTO known.forecast_components VALUES ($1::DATE, $2, make_timestamp($3::BIGINT), $4, $5, $6, $7::BIGINT)`,
      [
        row.as_of_on,
        row.currency,
        BigInt(row.made_at) * 1000n,
        row.span,
        row.component,
        row.weight,
        BigInt(row.amount_paise),
      ],
    );
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
