/** Everything the payments page shows of one period, read from one warehouse. */
import type { Duckdb } from '../core/duckdb.js';
import type { OverviewQuery } from './overview.js';
import { paymentsReport } from './payment-report.js';
import type { PaymentsReport } from './payment-report.js';
import { choosePeriod } from './period.js';
import type { PeriodChoice } from './period.js';
import { chooseCurrency, readCoverage } from './queries.js';
import type { Coverage, Scope } from './queries.js';

export interface PaymentsOverview {
  readonly coverage: Coverage;
  readonly choice: PeriodChoice;
  /** Null while the warehouse holds no payments. */
  readonly shown: { readonly scope: Scope; readonly report: PaymentsReport } | null;
}

export async function readPaymentsOverview(
  db: Duckdb,
  { choice, currency }: OverviewQuery,
): Promise<PaymentsOverview> {
  const coverage = await readCoverage(db);
  if (coverage.history === null) return { coverage, choice, shown: null };
  const period = choosePeriod(choice, coverage.history);
  const scope = { ...period, currency: chooseCurrency(currency, coverage) };
  return { coverage, choice, shown: { scope, report: await paymentsReport(db, coverage, scope) } };
}
