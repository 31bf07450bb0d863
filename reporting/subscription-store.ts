/** The newest subscription report of each currency, kept so that a page need not read every event. */
import type { Pool } from 'pg';
import { readSubscriptionReport, subscriptionCurrencies } from './subscription-figures.js';
import type { SubscriptionReport } from './subscription-report.js';

/** Keeps the newest of each currency; answers how many were made. */
export async function renewSubscriptionReports(pool: Pool, asOf: number): Promise<number> {
  const currencies = await subscriptionCurrencies(pool);
  for (const currency of currencies) {
    const report = await readSubscriptionReport(pool, currency, asOf);
    await pool.query(
      `INSERT INTO subscription_reports (currency, as_of, report) VALUES ($1, to_timestamp($2 / 1000.0), $3)
       ON CONFLICT (currency) DO UPDATE SET as_of = EXCLUDED.as_of, report = EXCLUDED.report
       WHERE subscription_reports.as_of < EXCLUDED.as_of`,
      [currency, asOf, JSON.stringify(report)],
    );
  }
  return currencies.length;
}

/** The currency with the most revenue if none is named; null before the first report. */
export async function latestSubscriptionReport(
  pool: Pool,
  currency: string | null,
): Promise<SubscriptionReport | null> {
  const { rows } = await pool.query<{ report: SubscriptionReport }>(
    `SELECT report FROM subscription_reports WHERE $1::text IS NULL OR currency = $1
     ORDER BY (report -> 'months' -> -1 ->> 'closingPaise')::float8 DESC NULLS LAST, currency LIMIT 1`,
    [currency],
  );
  return rows[0]?.report ?? null;
}
