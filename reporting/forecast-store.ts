/**
 * Revenue forecasts in PostgreSQL: one run a day and currency, the first stands; a row is scored once. What was said is never
 * changed, so any past forecast can be judged by what came.
 */
import type { Pool } from 'pg';
import Value from 'typebox/value';
import { inTransaction } from '../core/transaction.js';
import type { RevenueForecast } from '../models/forecast/revenue.js';
import { forecastAlarms } from './forecast-alarms.js';
import { ForecastNotes } from './forecast-report.js';
import type { ForecastAccuracy, ForecastReport, ForecastSpan, PastForecast } from './forecast-report.js';
import type { Day } from './period.js';
import type { KindOf } from './revenue-history.js';

export interface NewForecast {
  readonly currency: string;
  readonly kindOf: KindOf;
  readonly madeAt: number;
  readonly forecast: RevenueForecast;
}

/** Columns without their unit. */
export const AMOUNTS = ['realised', 'mean', 'low80', 'high80', 'low95', 'high95', 'naive'] as const;
const AMOUNT_COLUMNS = AMOUNTS.map((name) => `${name}_paise`).join(', ');
/** Amounts stay below 2^53, where doubles are exact. */
const READ_AMOUNTS = AMOUNTS.map((name) => `${name}_paise::float8 AS ${name}`).join(', ');
const READ_SPAN = `span, from_on AS "fromOn", until_on AS "untilOn", ${READ_AMOUNTS}, committed`;

/** False when the day has its forecast already. */
export async function saveForecast(
  pool: Pool,
  { currency, kindOf, madeAt, forecast }: NewForecast,
): Promise<boolean> {
  const { asOfOn, spans, parts, rehearsals, recent, bottomUp } = forecast;
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ run_id: bigint }>(
      `INSERT INTO revenue_forecast_runs (as_of_on, currency, made_at, kind_of, report)
       VALUES ($1, $2, to_timestamp($3 / 1000.0), $4, $5) ON CONFLICT DO NOTHING RETURNING run_id`,
      [
        asOfOn,
        currency,
        madeAt,
        kindOf,
        JSON.stringify({ ...(bottomUp && { bottomUp }), parts, rehearsals, recent }),
      ],
    );
    const run = rows[0];
    if (run === undefined) return false;
    await client.query(
      `INSERT INTO revenue_forecasts (run_id, level, member, span, from_on, until_on, committed, ${AMOUNT_COLUMNS})
       SELECT $1, level, member, span, "fromOn", "untilOn", committed, ${AMOUNTS.join(', ')}
       FROM json_to_recordset($2) AS given (level text, member text, span text, "fromOn" date, "untilOn" date,
         committed boolean, ${AMOUNTS.map((name) => `${name} bigint`).join(', ')})`,
      [run.run_id, JSON.stringify(spans)],
    );
    return true;
  });
}

/** The day of the newest forecast; null before the first. */
export async function newestForecastOn(pool: Pool): Promise<Day | null> {
  const { rows } = await pool.query<{ day: Day | null }>(
    'SELECT max(as_of_on) AS day FROM revenue_forecast_runs',
  );
  return rows[0]?.day ?? null;
}

/** Spans of one run that are over and have no score: the same days for all levels and members. */
export interface DueSpan {
  readonly runId: bigint;
  readonly currency: string;
  readonly kindOf: KindOf;
  readonly span: ForecastSpan['span'];
  readonly fromOn: Day;
  readonly untilOn: Day;
}

/** Oldest first. */
export async function dueSpans(pool: Pool, untilOn: Day): Promise<DueSpan[]> {
  const { rows } = await pool.query<DueSpan>(
    `SELECT DISTINCT run_id AS "runId", currency, kind_of AS "kindOf", span, from_on AS "fromOn", until_on AS "untilOn"
     FROM revenue_forecasts JOIN revenue_forecast_runs USING (run_id)
     WHERE actual_paise IS NULL AND until_on <= $1 ORDER BY until_on, run_id, span`,
    [untilOn],
  );
  return rows;
}

export type Member = Pick<ForecastSpan, 'level' | 'member'>;

/** Whom a run told apart. */
export async function membersOf(pool: Pool, runId: bigint): Promise<Member[]> {
  const { rows } = await pool.query<Member>(
    'SELECT DISTINCT level, member FROM revenue_forecasts WHERE run_id = $1',
    [runId],
  );
  return rows;
}

export async function saveActuals(
  pool: Pool,
  { runId, span, fromOn }: DueSpan,
  actuals: readonly (Member & { readonly actual: number })[],
  scoredAt: number,
): Promise<void> {
  await pool.query(
    `UPDATE revenue_forecasts AS f SET actual_paise = given.actual, scored_at = to_timestamp($5 / 1000.0)
     FROM json_to_recordset($4) AS given (level text, member text, actual bigint)
     WHERE run_id = $1 AND span = $2 AND from_on = $3 AND f.level = given.level AND f.member = given.member
       AND actual_paise IS NULL`,
    [runId, span, fromOn, JSON.stringify(actuals), scoredAt],
  );
}

interface RunRow {
  readonly runId: bigint;
  readonly asOfOn: Day;
  readonly madeAt: number;
  readonly currency: string;
  readonly kindOf: KindOf;
  readonly report: unknown;
}

/** With what became of earlier ones; null before the first, and when another version of the program wrote it. */
export async function latestForecast(pool: Pool): Promise<ForecastReport | null> {
  const { rows } = await pool.query<RunRow>(
    `SELECT run_id AS "runId", as_of_on AS "asOfOn", made_at AS "madeAt", currency, kind_of AS "kindOf", report
     FROM revenue_forecast_runs ORDER BY as_of_on DESC, run_id DESC LIMIT 1`,
  );
  const run = rows[0];
  if (run === undefined || !Value.Check(ForecastNotes, run.report)) return null;
  const spans = await pool.query<ForecastSpan>(
    `SELECT level, member, ${READ_SPAN} FROM revenue_forecasts WHERE run_id = $1
     ORDER BY array_position(ARRAY['platform', 'counterparty', 'kind', 'line'], level), member, span, from_on`,
    [run.runId],
  );
  const accuracy = await forecastAccuracy(pool);
  const { asOfOn, madeAt, currency, kindOf, report } = run;
  return {
    ...report,
    asOfOn,
    madeAt,
    currency,
    kindOf,
    spans: spans.rows,
    accuracy,
    past: await pastForecasts(pool, currency),
    alarms: forecastAlarms(accuracy),
  };
}

/** Weeks of a year, of which each has a forecast of thirteen weeks and one of the quarter. */
const MOST_PAST = 104;

/** The newest forecast of each week: those of neighbouring days say nearly the same. */
async function pastForecasts(pool: Pool, currency: string): Promise<PastForecast[]> {
  const { rows } = await pool.query<PastForecast>(
    `SELECT * FROM (
       SELECT DISTINCT ON (span, date_trunc('week', as_of_on)) as_of_on AS "asOfOn", ${READ_SPAN}, actual_paise::float8 AS actual
       FROM revenue_forecasts JOIN revenue_forecast_runs USING (run_id)
       WHERE actual_paise IS NOT NULL AND level = 'platform' AND span <> 'week' AND currency = $1
       ORDER BY span, date_trunc('week', as_of_on), as_of_on DESC
     ) AS weekly ORDER BY "asOfOn" DESC, span LIMIT ${MOST_PAST}`,
    [currency],
  );
  return rows;
}

/** Forecasts of the last year, by level and span. */
export async function forecastAccuracy(pool: Pool): Promise<ForecastAccuracy[]> {
  const { rows } = await pool.query<ForecastAccuracy>(
    `WITH scored AS (
       SELECT *, abs(mean_paise / nullif(actual_paise, 0)::float8 - 1) AS ape,
         abs(naive_paise / nullif(actual_paise, 0)::float8 - 1) AS naive_ape
       FROM revenue_forecasts JOIN revenue_forecast_runs USING (run_id)
       WHERE actual_paise IS NOT NULL AND as_of_on > (SELECT max(as_of_on) - 365 FROM revenue_forecast_runs)
     )
     SELECT span, level, count(*)::int AS scored, count(DISTINCT from_on)::int AS "fromDays",
       sum(mean_paise)::float8 / nullif(sum(actual_paise), 0)::float8 - 1 AS bias,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY ape) AS "medianApe",
       percentile_cont(0.5) WITHIN GROUP (ORDER BY naive_ape) AS "naiveMedianApe",
       avg((actual_paise BETWEEN low80_paise AND high80_paise)::int)::float8 AS coverage80,
       avg((actual_paise BETWEEN low95_paise AND high95_paise)::int)::float8 AS coverage95,
       avg((ape <= 0.05)::int)::float8 AS within5,
       (count(*) FILTER (WHERE committed))::int AS committed,
       (avg((ape <= 0.05)::int) FILTER (WHERE committed))::float8 AS "committedWithin5"
     FROM scored GROUP BY level, span
     ORDER BY array_position(ARRAY['platform', 'counterparty', 'kind', 'line'], level),
       array_position(ARRAY['thirteen-weeks', 'quarter', 'week'], span)`,
  );
  return rows;
}
