/**
 * Runs of the watch in PostgreSQL: a row for each run and one for each of its features. All runs of two days are kept and
 * the last one of each day for a year, so that the tables stay bounded however often the watch runs.
 */
import type { Pool } from 'pg';
import { inTransaction } from '../core/transaction.js';
import { DAY_MS } from '../features/vocabulary.js';
import { LEVELS, readReport } from './watch-report.js';
import type { DriftingFeature, DriftReport } from './watch-report.js';

const EVERY_RUN_MS = 2 * DAY_MS;
const ONE_A_DAY_MS = 365 * DAY_MS;

export async function saveWatch(pool: Pool, { features, ...report }: DriftReport): Promise<void> {
  const at = new Date(report.at);
  const { maxPsi, drifting } = headline(features);
  await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ run_id: bigint }>(
      `INSERT INTO watch_runs (at, model_version, decisions, max_psi, drifting, calibration_ratio,
         label_lag_median_days, label_lag_p90_days, report)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING run_id`,
      [
        at,
        report.modelVersion,
        report.window.compared,
        maxPsi,
        drifting,
        report.calibration.gate?.ratio ?? null,
        report.labels.medianDays,
        report.labels.p90Days,
        JSON.stringify(report),
      ],
    );
    await client.query(
      `INSERT INTO watch_features
       SELECT $1, feature, psi, "noiseHigh", "noiseMean", "jensenShannon", exceeds, "missingShift", level
       FROM json_to_recordset($2) AS given (feature text, psi float8, "noiseHigh" float8, "noiseMean" float8,
         "jensenShannon" float8, exceeds float8, "missingShift" float8, level text)`,
      [rows[0]?.run_id, JSON.stringify(features)],
    );
    await client.query(
      `DELETE FROM watch_runs AS run WHERE at < $2 OR (at < $1 AND EXISTS (
         SELECT FROM watch_runs AS later
         WHERE later.at::date = run.at::date AND (later.at, later.run_id) > (run.at, run.run_id)))`,
      [new Date(report.at - EVERY_RUN_MS), new Date(report.at - ONE_A_DAY_MS)],
    );
  });
}

/** Features that move by design do not alarm. */
function headline(features: readonly DriftingFeature[]): { maxPsi: number | null; drifting: number } {
  const judged = features.filter(({ level }) => level !== 'by-design');
  const drifting = judged.filter(({ level }) => level === 'drifting').length;
  return { maxPsi: judged.length === 0 ? null : Math.max(...judged.map(({ psi }) => psi)), drifting };
}

interface FeatureRow {
  feature: string;
  psi: number;
  noise_high: number;
  noise_mean: number;
  jensen_shannon: number;
  exceeds: number | null;
  missing_shift: number;
  level: DriftingFeature['level'];
}

/** Null before the first run, and when another version of the program wrote the last one. */
export async function latestWatch(pool: Pool): Promise<DriftReport | null> {
  const { rows } = await pool.query<{ run_id: bigint; report: unknown }>(
    'SELECT run_id, report FROM watch_runs ORDER BY run_id DESC LIMIT 1',
  );
  const report = readReport(rows[0]?.report);
  if (report === null) return null;
  const found = await pool.query<FeatureRow>(
    `SELECT * FROM watch_features WHERE run_id = $1
     ORDER BY array_position($2::text[], level) DESC, psi DESC, feature`,
    [rows[0]?.run_id, LEVELS],
  );
  return { ...report, features: found.rows.map(toFeature) };
}

function toFeature(row: FeatureRow): DriftingFeature {
  return {
    feature: row.feature,
    psi: row.psi,
    noiseMean: row.noise_mean,
    noiseHigh: row.noise_high,
    jensenShannon: row.jensen_shannon,
    exceeds: row.exceeds,
    missingShift: row.missing_shift,
    level: row.level,
  };
}

/** The last run of one day. */
export interface WatchedDay {
  /** In IST. */
  readonly day: string;
  readonly maxPsi: number | null;
  readonly drifting: number;
}

/** At most ninety days, oldest first. */
export async function watchedDays(pool: Pool): Promise<WatchedDay[]> {
  const { rows } = await pool.query<{ day: string; max_psi: number | null; drifting: number }>(
    `SELECT DISTINCT ON (day) (at AT TIME ZONE 'Asia/Kolkata')::date AS day, max_psi, drifting
     FROM watch_runs ORDER BY day DESC, at DESC LIMIT 90`,
  );
  return rows.map((row) => ({ day: row.day, maxPsi: row.max_psi, drifting: row.drifting })).reverse();
}

export interface WatchHeadline {
  readonly maxPsi: number | null;
  readonly driftingFeatures: number;
  readonly calibrationRatio: number | null;
  readonly labelLagMedianDays: number | null;
  readonly labelLagP90Days: number | null;
}

/** The newest figures for the monitor; null before the first run. */
export async function watchHeadline(pool: Pool): Promise<WatchHeadline | null> {
  const { rows } = await pool.query<WatchHeadline>(
    `SELECT max_psi AS "maxPsi", drifting AS "driftingFeatures", calibration_ratio AS "calibrationRatio",
       label_lag_median_days AS "labelLagMedianDays", label_lag_p90_days AS "labelLagP90Days"
     FROM watch_runs ORDER BY run_id DESC LIMIT 1`,
  );
  return rows[0] ?? null;
}
