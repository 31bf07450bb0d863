/**
 * Captured revenue by day and line, read from the warehouse for forecasts and for their scores. Few large members are told apart
 * and the rest is one member, `others`, so that the hierarchy stays bounded however many schools or vendors there are.
 */
import type { Duckdb } from '../core/duckdb.js';
import type { RevenueHistory } from '../models/forecast/revenue.js';
import type { RevenueLine } from '../models/forecast/revenue-lines.js';
import { chooseCurrency, readCoverage } from './queries.js';
import type { Day } from './period.js';

export const KINDS = ['category', 'method'] as const;
export type KindOf = (typeof KINDS)[number];

export interface ReadRevenue extends RevenueHistory {
  readonly currency: string;
  readonly kindOf: KindOf;
}

export const OTHERS = 'others';
/** Counterparties and kinds told apart: a hierarchy of some hundred series is forecast in seconds. */
const MOST_COUNTERPARTIES = 40;
const MOST_KINDS = 6;

/** The first day that is not over in what the warehouse knows: of an older history, the day after its last payment. */
const WHOLE_DAYS = `SELECT least((as_of + INTERVAL 330 MINUTE)::DATE, (SELECT max(day) + 1 FROM revenue_daily))::VARCHAR AS day
  FROM mart_info LIMIT 1`;

/** Null before there is any revenue. */
export async function readAsOfOn(db: Duckdb): Promise<Day | null> {
  const [found] = await db.rows<{ day: Day | null }>(WHOLE_DAYS);
  return found?.day ?? null;
}

/** In the most used currency; null before there is any revenue. */
export async function readRevenue(db: Duckdb): Promise<ReadRevenue | null> {
  const asOfOn = await readAsOfOn(db);
  if (asOfOn === null) return null;
  const currency = chooseCurrency(undefined, await readCoverage(db));
  const [found] = await db.rows<{ categories: number }>(
    'SELECT count(DISTINCT category)::DOUBLE AS categories FROM revenue_daily WHERE currency = $1',
    [currency],
  );
  const kindOf = (found?.categories ?? 0) > 1 ? 'category' : 'method';
  return { asOfOn, currency, kindOf, lines: await readLines(db, { asOfOn, currency, kindOf }) };
}

interface LineQuery {
  readonly asOfOn: Day;
  readonly currency: string;
  readonly kindOf: KindOf;
}

interface LineRow {
  readonly counterparty: string;
  readonly kind: string;
  readonly days: readonly number[];
  readonly amounts: readonly number[];
  readonly length: number;
}

async function readLines(db: Duckdb, { asOfOn, currency, kindOf }: LineQuery): Promise<RevenueLine[]> {
  const rows = await db.rows<LineRow>(
    `WITH known AS (
       SELECT day, counterparty_id AS counterparty, ${kindOf} AS kind, captured_amount_paise AS amount
       FROM revenue_daily WHERE currency = $1 AND day < $2::DATE
     ),
     large AS (SELECT counterparty FROM known GROUP BY ALL ORDER BY sum(amount) DESC, counterparty LIMIT ${MOST_COUNTERPARTIES}),
     main AS (SELECT kind FROM known GROUP BY ALL ORDER BY sum(amount) DESC, kind LIMIT ${MOST_KINDS}),
     named AS (
       SELECT
         day,
         CASE WHEN counterparty IN (FROM large) THEN counterparty ELSE '${OTHERS}' END AS counterparty,
         CASE WHEN kind IN (FROM main) THEN kind ELSE '${OTHERS}' END AS kind,
         sum(amount)::DOUBLE AS amount
       FROM known GROUP BY ALL
     ),
     span AS (SELECT min(day) AS first, date_diff('day', min(day), $2::DATE) AS length FROM known)
     SELECT
       counterparty, kind, list(date_diff('day', first, day)::DOUBLE ORDER BY day) AS days,
       list(amount ORDER BY day) AS amounts, any_value(length)::DOUBLE AS length
     FROM named CROSS JOIN span GROUP BY counterparty, kind ORDER BY counterparty, kind`,
    [currency, asOfOn],
  );
  return rows.map(({ counterparty, kind, days, amounts, length }) => {
    const daily = new Float64Array(length);
    for (const [i, day] of days.entries()) daily[day] = amounts[i] ?? 0;
    return { counterparty, kind, daily };
  });
}

export interface RealisedQuery {
  readonly currency: string;
  readonly kindOf: KindOf;
  readonly fromOn: Day;
  readonly untilOn: Day;
}

export interface Realised {
  readonly counterparty: string;
  readonly kind: string;
  readonly amount: number;
}

/** What came on the days from `fromOn` up to `untilOn`, which is not among them. */
export function readRealised(
  db: Duckdb,
  { currency, kindOf, fromOn, untilOn }: RealisedQuery,
): Promise<Realised[]> {
  return db.rows<Realised>(
    `SELECT counterparty_id AS counterparty, ${kindOf} AS kind, sum(captured_amount_paise)::DOUBLE AS amount
     FROM revenue_daily WHERE currency = $1 AND day >= $2::DATE AND day < $3::DATE GROUP BY ALL`,
    [currency, fromOn, untilOn],
  );
}
