/**
 * What the dashboard, the JSON reports and the command line read from the warehouse. Every figure of a period counts
 * payments by the IST day they were made, refunds by the day they were given, and one currency: amounts never mix.
 */
import { AppError, assert } from '../core/errors.js';
import type { Duckdb } from '../core/duckdb.js';
import type { Day, Grain, Period } from './period.js';

export interface Scope extends Period {
  readonly currency: string;
}

/** What the warehouse holds at all. */
export interface Coverage {
  readonly builtAt: number;
  readonly asOf: number;
  /** Null while there is neither a payment nor a refund. */
  readonly history: Period | null;
  /** Most used first. */
  readonly currencies: readonly string[];
  readonly labels: number;
  readonly frauds: number;
  /** Days after which 95 % of the known frauds were known; null without one. */
  readonly maturityDays: number | null;
}

export async function readCoverage(db: Duckdb): Promise<Coverage> {
  const [built] = await db.rows<{ builtAt: number; asOf: number }>(
    'SELECT built_at AS "builtAt", as_of AS "asOf" FROM mart_info LIMIT 1',
  );
  assert(built !== undefined, 'a warehouse has a mart_info');
  const [span] = await db.rows<{ from: Day | null; to: Day | null }>(
    'SELECT min(day)::VARCHAR AS "from", max(day)::VARCHAR AS "to" FROM daily_payments',
  );
  const currencies = await db.rows<{ currency: string }>(
    'SELECT currency FROM daily_payments GROUP BY currency ORDER BY sum(attempts) DESC, currency',
  );
  const [labels] = await db.rows<{ labels: number; frauds: number; maturityDays: number | null }>(`
    SELECT
      coalesce(sum(labels), 0)::DOUBLE AS labels, coalesce(sum(frauds), 0)::DOUBLE AS frauds,
      (min(lag_days) FILTER (frauds_known_share >= 0.95))::DOUBLE AS "maturityDays"
    FROM label_lag`);
  assert(labels !== undefined, 'an aggregate has a row');
  const { from, to } = span ?? { from: null, to: null };
  const history = from === null || to === null ? null : { from, to };
  return { ...built, history, currencies: currencies.map((row) => row.currency), ...labels };
}

/** The asked currency, or the most used one. Throws `bad-input` for one in which nothing was ever paid. */
export function chooseCurrency(asked: string | undefined, { currencies }: Coverage): string {
  if (asked !== undefined && !currencies.includes(asked)) {
    throw new AppError(
      'bad-input',
      'unknown-currency',
      `no payment is in ${asked}; there are ${currencies.join(', ')}`,
    );
  }
  return asked ?? currencies[0] ?? 'INR';
}

/** Amounts in minor units. */
export interface Totals {
  readonly attempts: number;
  readonly captured: number;
  readonly failed: number;
  readonly capturedAmountPaise: bigint;
  readonly refunds: number;
  readonly refundsAmountPaise: bigint;
  readonly netAmountPaise: bigint;
  /** Distinct payers with a captured payment. */
  readonly payers: number;
}

const TOTALS = `
  coalesce(sum(attempts), 0)::DOUBLE AS attempts,
  coalesce(sum(captured), 0)::DOUBLE AS captured,
  coalesce(sum(failed), 0)::DOUBLE AS failed,
  coalesce(sum(captured_amount_paise), 0)::BIGINT AS "capturedAmountPaise",
  coalesce(sum(refunds), 0)::DOUBLE AS refunds,
  coalesce(sum(refunds_amount_paise), 0)::BIGINT AS "refundsAmountPaise",
  coalesce(sum(net_amount_paise), 0)::BIGINT AS "netAmountPaise"`;

export async function readTotals(db: Duckdb, scope: Scope): Promise<Totals> {
  const [row] = await db.rows<Totals>(
    `SELECT ${TOTALS}, (
       SELECT count(DISTINCT payer_id)::DOUBLE FROM payments
       WHERE status = 'captured' AND day BETWEEN $1::DATE AND $2::DATE AND currency = $3
     ) AS payers
     FROM daily_payments WHERE day BETWEEN $1::DATE AND $2::DATE AND currency = $3`,
    bound(scope),
  );
  assert(row !== undefined, 'an aggregate has a row');
  return row;
}

/** Captured among the payments whose result is known; null before there is one. */
export function successShare({ captured, failed }: Pick<Totals, 'captured' | 'failed'>): number | null {
  return captured + failed === 0 ? null : captured / (captured + failed);
}

/** One bar: the totals of a day, of the week from that Monday, or of the month; `day` is its first day in the period. */
export interface TotalsAt extends Omit<Totals, 'payers'> {
  readonly day: Day;
}

/** Oldest first; days without payments are there, with zeros. */
export function readSeries(db: Duckdb, scope: Scope, grain: Grain): Promise<TotalsAt[]> {
  return db.rows<TotalsAt>(
    `WITH calendar AS (SELECT unnest(generate_series($1::DATE, $2::DATE, INTERVAL 1 DAY))::DATE AS day)
     SELECT min(c.day)::VARCHAR AS day, ${TOTALS}
     FROM calendar AS c
     LEFT JOIN daily_payments AS d ON d.day = c.day AND d.currency = $3
     GROUP BY date_trunc('${grain}', c.day)
     ORDER BY min(c.day)`,
    bound(scope),
  );
}

export interface Breakdown {
  readonly name: string;
  readonly attempts: number;
  readonly captured: number;
  readonly failed: number;
  readonly capturedAmountPaise: bigint;
}

export function readMethods(db: Duckdb, scope: Scope): Promise<Breakdown[]> {
  return readBreakdown(db, scope, 'method', 'methods_daily');
}

/** The ten largest by revenue: schools, vendors, terminals. */
export function readCounterparties(db: Duckdb, scope: Scope): Promise<Breakdown[]> {
  return readBreakdown(db, scope, 'counterparty_id', 'counterparty_daily');
}

function readBreakdown(db: Duckdb, scope: Scope, column: string, mart: string): Promise<Breakdown[]> {
  return db.rows<Breakdown>(
    `SELECT
       ${column} AS name, sum(attempts)::DOUBLE AS attempts, sum(captured)::DOUBLE AS captured,
       sum(failed)::DOUBLE AS failed, sum(captured_amount_paise)::BIGINT AS "capturedAmountPaise"
     FROM ${mart} WHERE day BETWEEN $1::DATE AND $2::DATE AND currency = $3
     GROUP BY name ORDER BY "capturedAmountPaise" DESC, name LIMIT 10`,
    bound(scope),
  );
}

export interface FailureReason {
  readonly reason: string;
  readonly failed: number;
  /** Of all failed payments of the period. */
  readonly share: number;
}

/** The ten most frequent. */
export function readFailureReasons(db: Duckdb, scope: Scope): Promise<FailureReason[]> {
  return db.rows<FailureReason>(
    `SELECT
       failure_reason AS reason, sum(failed)::DOUBLE AS failed,
       (sum(failed) / sum(sum(failed)) OVER ())::DOUBLE AS share
     FROM failure_reasons WHERE day BETWEEN $1::DATE AND $2::DATE AND currency = $3
     GROUP BY reason ORDER BY failed DESC, reason LIMIT 10`,
    bound(scope),
  );
}

/** The gate in the ISO week that starts on this Monday. */
export interface GateWeek {
  readonly week: Day;
  readonly decided: number;
  /** Of them, scored by the model in a backtest instead of decided by the gate. */
  readonly backtested: number;
  readonly flagged: number;
  readonly frauds: number;
  readonly fraudsFlagged: number;
  readonly precision: number | null;
  readonly recall: number | null;
  /** Labels had time to arrive. */
  readonly mature: boolean;
}

/** Oldest first, whatever the currency: the gate decides on all of them. */
export function readGateWeeks(db: Duckdb, { from, to }: Period): Promise<GateWeek[]> {
  return db.rows<GateWeek>(
    `SELECT
       week::VARCHAR AS week, decided::DOUBLE AS decided, backtested::DOUBLE AS backtested, flagged::DOUBLE AS flagged, frauds::DOUBLE AS frauds,
       frauds_flagged::DOUBLE AS "fraudsFlagged", precision, recall, mature
     FROM gate_weekly
     WHERE week BETWEEN date_trunc('week', $1::DATE) AND $2::DATE
     ORDER BY week`,
    [from, to],
  );
}

function bound({ from, to, currency }: Scope): string[] {
  return [from, to, currency];
}
