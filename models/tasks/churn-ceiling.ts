/**
 * The best that anybody could do on a simulated history: the hazard from which each voluntary end was drawn, read from the
 * simulator's truth file. Involuntary ends follow balances that even the simulator draws only later: they have no ceiling.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { hiddenEndProbability } from '../../ingest/simulate/churn.js';
import { quoteText } from '../../ingest/sql-quote.js';

/** P(voluntary end) of each row of `churn_renewals`, NaN where the file does not know it (n). */
export async function trueHazards(db: Duckdb, truthFile: string): Promise<Float64Array> {
  const rows = await db
    .rows<{ hazard: number | null; months: number; days: bigint; lead_days: number }>(
      `SELECT t.monthly_churn_hazard::DOUBLE AS hazard, r.months, r.lead_days,
        date_diff('day', r.began_on, ist_on(r.due_at)) AS days
      FROM churn_renewals r LEFT JOIN ${quoteText(truthFile)} t
        ON t.kind = 'subscription' AND t.id = r.subscription_id AND t.day = r.began_on
      ORDER BY r.row_no`,
    )
    .catch((cause: unknown) => {
      const reason = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
      throw new AppError(
        'bad-input',
        'bad-truth',
        `${truthFile} is not the truth of a simulated history: ${reason}`,
        { cause },
      );
    });
  return Float64Array.from(rows, ({ hazard, months, days, lead_days: leadDays }) =>
    hazard === null ? NaN : hiddenEndProbability(hazard, { months, days: Number(days), leadDays }),
  );
}
