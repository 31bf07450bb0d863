/**
 * How well the success of payment attempts is foreseen on a merchant's own log of them: purchases are tried again within a minute, often
 * elsewhere, so the attempts of one purchase (same country, amount and card within 60 s) are grouped and stay on one side; the newest fifth
 * of the days judges. An attempt's features use attempts before it only.
 */
import type { Clock } from '../../core/clock.js';
import { openDuckdb, type Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { openSource } from '../../ingest/source.js';
import { quoteName } from '../../ingest/sql-quote.js';
import { evaluateTable, type TableEvaluation } from '../evaluate-table.js';
import { readTable } from '../table.js';

const ATTEMPT_COLUMNS = [
  'tried_at',
  'amount',
  'country',
  'card',
  'provider',
  'secured',
  'succeeded',
] as const;
/** The file's column of each. */
type AttemptMap = Readonly<Record<(typeof ATTEMPT_COLUMNS)[number], string>>;

interface EvaluateAttemptsRequest {
  readonly file: string;
  readonly map: AttemptMap;
  readonly seed: number;
  readonly clock: Clock;
}

interface AttemptsEvaluation extends TableEvaluation {
  /** First instant of the test rows. */
  readonly testFrom: string;
}

/** Seconds of a search on a usual core; counted in work. */
const BUDGET_SECONDS = 60;

export async function evaluateAttempts(request: EvaluateAttemptsRequest): Promise<AttemptsEvaluation> {
  const { file, map, seed, clock } = request;
  const testFrom = await withDuckdb((db) => newestFifth(db, file, map));
  return withDuckdb(async (db) => {
    const time = { column: 'tried_at', testFrom };
    const table = await readTable(db, {
      file,
      query: queryOf(map),
      label: 'succeeded',
      group: 'purchase',
      exclude: [],
      time,
    });
    const settings = {
      learner: 'auto',
      seed,
      budgetSeconds: BUDGET_SECONDS,
      clock,
      folds: 5,
      repeats: 1,
    } as const;
    return { testFrom, ...(await evaluateTable(table, settings)) };
  });
}

async function withDuckdb<T>(work: (db: Duckdb) => Promise<T>): Promise<T> {
  const db = await openDuckdb(':memory:');
  try {
    return await work(db);
  } finally {
    db.close();
  }
}

/** Midnight of the day in which four fifths of the attempts are over. */
async function newestFifth(db: Duckdb, file: string, map: AttemptMap): Promise<string> {
  const { relation, columns, place } = await openSource(db, { file, map: {} });
  const missing = Object.values(map).filter((name) => !columns.some((column) => column.name === name));
  if (missing.length > 0) {
    const message = `${place} has no column ${missing.join(', ')}; the map must name columns of it`;
    throw new AppError('bad-input', 'unknown-column', message);
  }
  const [row] = await db.rows<{ day: string }>(
    `SELECT strftime(quantile_disc(${quoteName(map.tried_at)}::TIMESTAMP, 0.8), '%Y-%m-%d') AS day FROM ${relation}`,
  );
  return row?.day ?? '';
}

function queryOf(map: AttemptMap): string {
  const named = ATTEMPT_COLUMNS.map((name) => `${quoteName(map[name])} AS ${name}`).join(', ');
  return `WITH named AS (SELECT row_number() OVER () AS row, ${named} FROM input),
    typed AS (SELECT * REPLACE (tried_at::TIMESTAMP AS tried_at, amount::DOUBLE AS amount, succeeded::INTEGER AS succeeded) FROM named),
    followed AS (
      SELECT *, tried_at - lag(tried_at) OVER same <= INTERVAL 60 SECOND AS follows FROM typed
      WINDOW same AS (PARTITION BY country, amount, card ORDER BY tried_at, row)),
    numbered AS (
      SELECT *, sum(CASE WHEN follows THEN 0 ELSE 1 END) OVER (PARTITION BY country, amount, card ORDER BY tried_at, row) AS nth
      FROM followed),
    grouped AS (SELECT *, dense_rank() OVER (ORDER BY country, amount, card, nth) AS purchase FROM numbered)
    SELECT succeeded, tried_at, purchase, country, amount, provider, card, secured,
      concat_ws(' ', provider, card) AS provider_card, concat_ws(' ', provider, card, secured) AS provider_card_secured,
      hour(tried_at) + minute(tried_at) / 60 AS hour,
      row_number() OVER tries AS attempt,
      epoch(tried_at - lag(tried_at) OVER tries) AS seconds_since_attempt,
      epoch(tried_at - min(tried_at) OVER tries) AS seconds_since_first,
      coalesce(lag(provider) OVER tries, 'none') AS provider_before,
      (lag(provider) OVER tries = provider)::INT AS same_provider,
      avg(succeeded) OVER (PARTITION BY provider ORDER BY tried_at, row ROWS BETWEEN 100 PRECEDING AND 1 PRECEDING) AS provider_rate,
      avg(succeeded) OVER (ORDER BY tried_at, row ROWS BETWEEN 50 PRECEDING AND 1 PRECEDING) AS recent_rate,
      epoch(tried_at - lag(tried_at) OVER (ORDER BY tried_at, row)) AS seconds_since_any,
      count(*) OVER (ORDER BY tried_at RANGE BETWEEN INTERVAL 10 MINUTE PRECEDING AND INTERVAL 1 SECOND PRECEDING) AS busy
    FROM grouped WINDOW tries AS (PARTITION BY purchase ORDER BY tried_at, row)`;
}

/** @throws AppError `bad-map` naming what is missing. */
export function parseAttemptMap(text: string): AttemptMap {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = null;
  }
  const map = (parsed ?? {}) as Record<string, unknown>; // Checked in the next line.
  const missing = ATTEMPT_COLUMNS.filter((name) => typeof map[name] !== 'string');
  if (missing.length === 0) return map as AttemptMap;
  const message = `the map is a JSON object that names the file's column of each of ${ATTEMPT_COLUMNS.join(', ')}; it lacks ${missing.join(', ')}`;
  throw new AppError('bad-input', 'bad-map', message);
}
