/** The newest comparison of each pair of models in PostgreSQL: computed by a job, shown by the page. */
import type { Pool } from 'pg';
import { readComparison } from './comparison-report.js';
import type { ComparisonReport } from './comparison-report.js';

export async function saveComparison(pool: Pool, report: ComparisonReport): Promise<void> {
  await pool.query(
    `INSERT INTO model_comparisons (champion, challenger, at, report) VALUES ($1, $2, $3, $4)
     ON CONFLICT (champion, challenger) DO UPDATE SET at = excluded.at, report = excluded.report`,
    [report.champion, report.challenger, new Date(report.at), JSON.stringify(report)],
  );
}

/** Of whatever pair was compared last; null before the first. */
export async function latestComparison(pool: Pool): Promise<ComparisonReport | null> {
  const { rows } = await pool.query<{ report: unknown }>(
    'SELECT report FROM model_comparisons ORDER BY at DESC LIMIT 1',
  );
  return readComparison(rows[0]?.report);
}
