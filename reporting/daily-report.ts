/**
 * The period's totals and days as plain JSON, for the API and the command line. Amounts are integers in minor units of
 * the report's currency; instants are RFC 3339 in UTC; days are IST.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import type { Duckdb } from '../core/duckdb.js';
import { assert } from '../core/errors.js';
import { isoInstant } from './format.js';
import { boundedPeriod } from './period.js';
import { chooseCurrency, readCoverage, readSeries, readTotals, successShare } from './queries.js';
import type { Coverage, Scope, Totals, TotalsAt } from './queries.js';

export interface ReportQuery {
  readonly from?: string;
  readonly to?: string;
  readonly currency?: string;
}

export const Amount = Type.Integer({ description: 'Minor units of `currency`.' });
export const Count = Type.Integer({ minimum: 0 });

const Counts = {
  attempts: Count,
  captured: Count,
  failed: Count,
  refunds: Count,
  capturedAmountPaise: Amount,
  refundsAmountPaise: Amount,
  netAmountPaise: Amount,
  successRate: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
    description: 'Captured among the payments whose result is known.',
  }),
};

export const Head = {
  asOf: Type.String({ format: 'date-time', description: 'Facts known before this instant are counted.' }),
  builtAt: Type.String({ format: 'date-time' }),
  from: Type.Union([Type.String(), Type.Null()]),
  to: Type.Union([Type.String(), Type.Null()]),
  currency: Type.String(),
};

export const SummaryReport = Type.Object({
  ...Head,
  ...Counts,
  payers: Type.Integer({ minimum: 0, description: 'Distinct payers with a captured payment.' }),
  fraudLabels: Type.Integer({ minimum: 0, description: 'Labels known, whatever the period.' }),
  frauds: Count,
});
export type SummaryReport = Static<typeof SummaryReport>;

export const DailyReport = Type.Object({
  ...Head,
  days: Type.Array(Type.Object({ day: Type.String(), ...Counts })),
});
export type DailyReport = Static<typeof DailyReport>;

export async function readSummary(db: Duckdb, query: ReportQuery): Promise<SummaryReport> {
  const coverage = await readCoverage(db);
  const scope = scopeOf(query, coverage);
  const totals = scope === null ? NOTHING : await readTotals(db, scope);
  const { labels, frauds } = coverage;
  return { ...head(coverage, scope), ...counts(totals), payers: totals.payers, fraudLabels: labels, frauds };
}

export async function readDaily(db: Duckdb, query: ReportQuery): Promise<DailyReport> {
  const coverage = await readCoverage(db);
  const scope = scopeOf(query, coverage);
  const days = scope === null ? [] : await readSeries(db, scope, 'day');
  return { ...head(coverage, scope), days: days.map((at) => ({ day: at.day, ...counts(at) })) };
}

const NOTHING: Totals = {
  attempts: 0,
  captured: 0,
  failed: 0,
  capturedAmountPaise: 0n,
  refunds: 0,
  refundsAmountPaise: 0n,
  netAmountPaise: 0n,
  payers: 0,
};

/** Null while there is no history. */
export function scopeOf({ from, to, currency }: ReportQuery, coverage: Coverage): Scope | null {
  if (coverage.history === null) return null;
  return { ...boundedPeriod(from, to, coverage.history), currency: chooseCurrency(currency, coverage) };
}

export function head({ asOf, builtAt }: Coverage, scope: Scope | null) {
  return {
    asOf: isoInstant(asOf),
    builtAt: isoInstant(builtAt),
    from: scope?.from ?? null,
    to: scope?.to ?? null,
    currency: scope?.currency ?? 'INR',
  };
}

function counts(totals: Totals | TotalsAt) {
  return {
    attempts: totals.attempts,
    captured: totals.captured,
    failed: totals.failed,
    refunds: totals.refunds,
    capturedAmountPaise: exactNumber(totals.capturedAmountPaise),
    refundsAmountPaise: exactNumber(totals.refundsAmountPaise),
    netAmountPaise: exactNumber(totals.netAmountPaise),
    successRate: successShare(totals),
  };
}

/** JSON readers take numbers as doubles: up to ninety trillion rupees they are exact. */
export function exactNumber(amountPaise: bigint): number {
  const amount = Number(amountPaise);
  assert(Number.isSafeInteger(amount), 'an amount fits into a double exactly');
  return amount;
}
