/**
 * What labels say so far, from the warehouse: frauds announced beside frauds that came, in weeks whose labels had time to
 * arrive, and how long they take. The gate and backtests are told apart: only the gate's own say how it does now.
 */
import type { Duckdb } from '../core/duckdb.js';
import { shareInterval } from '../models/drift-measures.js';
import { labelArrival } from '../models/label-arrival.js';
import type { ArrivedLabels } from '../models/label-arrival.js';
import { groupedBy } from './grouped.js';
import type { Calibration, CalibrationWeek, WatchReport } from './watch-report.js';

/** What both questions look back over. */
const HISTORY_DAYS = 365;
const SHOWN_WEEKS = 26;

interface Band extends CalibrationWeek {
  readonly band: number;
}

export async function readCalibration(db: Duckdb): Promise<WatchReport['calibration']> {
  const bands = await db.rows<Band>(
    `SELECT week::VARCHAR AS week, backtested, band, payments::DOUBLE AS payments, expected, frauds::DOUBLE AS frauds, mature
     FROM calibration_weekly WHERE week >= (SELECT max(as_of) FROM mart_info) - to_days($1::INTEGER)
     ORDER BY week, backtested, band`,
    [HISTORY_DAYS],
  );
  const mature = bands.filter((band) => band.mature);
  return {
    weeks: weeksOf(bands).slice(-SHOWN_WEEKS),
    gate: calibrationOf(mature.filter(({ backtested }) => !backtested)),
    backtest: calibrationOf(mature.filter(({ backtested }) => backtested)),
  };
}

function weeksOf(bands: readonly Band[]): CalibrationWeek[] {
  return [...groupedBy(bands, ({ week, backtested }) => `${week} ${backtested}`).values()].map((of) => {
    const { week, backtested, mature } = of[0];
    const payments = sum(of, 'payments');
    return { week, backtested, mature, payments, expected: sum(of, 'expected'), frauds: sum(of, 'frauds') };
  });
}

/** Null where nothing was announced. The error weighs the bands by their payments. */
function calibrationOf(bands: readonly Band[]): Calibration | null {
  const [payments, expected, frauds] = [sum(bands, 'payments'), sum(bands, 'expected'), sum(bands, 'frauds')];
  if (expected === 0) return null;
  const { low, high } = shareInterval(frauds, payments);
  const gaps = [...groupedBy(bands, ({ band }) => band).values()].map((of) =>
    Math.abs(sum(of, 'expected') - sum(of, 'frauds')),
  );
  return {
    payments,
    expected,
    frauds,
    ratio: frauds / expected,
    ratioLow: (low * payments) / expected,
    ratioHigh: (high * payments) / expected,
    error: gaps.reduce((total, gap) => total + gap, 0) / payments,
  };
}

function sum(of: readonly Band[], measure: 'payments' | 'expected' | 'frauds'): number {
  return of.reduce((total, band) => total + band[measure], 0);
}

export async function readLabels(db: Duckdb): Promise<WatchReport['labels']> {
  const arrived = await db.rows<ArrivedLabels>(
    `SELECT
       date_diff('day', day, (fraud_known_at + INTERVAL 330 MINUTE)::DATE)::DOUBLE AS "lagDays",
       date_diff('day', day, as_of_day)::DOUBLE AS "ageDays",
       count(*)::DOUBLE AS labels
     FROM payments, (SELECT (max(as_of) + INTERVAL 330 MINUTE)::DATE AS as_of_day FROM mart_info)
     WHERE fraud AND day > as_of_day - $1::INTEGER GROUP BY ALL`,
    [HISTORY_DAYS],
  );
  const weeks = await db.rows<{ week: string; ageDays: number }>(
    `SELECT date_trunc('week', day)::DATE::VARCHAR AS week, date_diff('day', day, as_of_day)::DOUBLE AS "ageDays"
     FROM (SELECT DISTINCT day FROM payments), (SELECT (max(as_of) + INTERVAL 330 MINUTE)::DATE AS as_of_day FROM mart_info)
     WHERE day > as_of_day - 7 * $1::INTEGER ORDER BY day`,
    [SHOWN_WEEKS],
  );
  const { labels: frauds, medianDays, p90Days, arrivedBy } = labelArrival(arrived);
  const known = [...groupedBy(weeks, ({ week }) => week)].map(([week, days]) => ({
    week,
    known: days.reduce((total, { ageDays }) => total + arrivedBy(ageDays), 0) / days.length,
  }));
  return { frauds, medianDays, p90Days, weeks: known };
}
