/**
 * How payments went in a period, as plain JSON: for the API, and for the page that draws it. Amounts are integers in minor
 * units of the report's currency, fees include their GST, shares are null where there is nothing to divide by.
 * What a failure means and what the payer may be told is core/decline-reasons.ts.
 */
import Type from 'typebox';
import type { Static } from 'typebox';
import { declineCause } from '../core/decline-reasons.js';
import type { DeclineClass } from '../core/decline-reasons.js';
import type { Duckdb } from '../core/duckdb.js';
import { Amount, Count, exactNumber, head, Head, scopeOf } from './daily-report.js';
import type { ReportQuery } from './daily-report.js';
import {
  readAttemptMethods,
  readAttemptTotals,
  readBanks,
  readDisputeTotals,
  readFailures,
  readHours,
  readRefundTotals,
  readSettlementTotals,
} from './payment-figures.js';
import type { FailedFor } from './payment-figures.js';
import { readCoverage, successShare } from './queries.js';
import type { Breakdown, Coverage, Scope } from './queries.js';

const Share = (description: string) =>
  Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description });
const SuccessRate = Share('Captured among the attempts that were captured or failed.');
const Retries = {
  payments: Type.Integer({ minimum: 0, description: 'Payments whose first attempt failed so.' }),
  retried: Type.Integer({ minimum: 0, description: 'Of them, tried again.' }),
  recovered: Type.Integer({ minimum: 0, description: 'Of them, captured by a later attempt.' }),
  recoveredAmountPaise: Amount,
};
const Failed = {
  failed: Count,
  failedAmountPaise: Amount,
  share: Share('Of all failed attempts.'),
  ...Retries,
};
const Named = Type.Object({
  name: Type.String(),
  attempts: Count,
  captured: Count,
  failed: Count,
  capturedAmountPaise: Amount,
  successRate: SuccessRate,
});

export const PaymentsReport = Type.Object({
  ...Head,
  attempts: Count,
  captured: Count,
  failed: Count,
  lapsed: Type.Integer({ minimum: 0, description: 'Authorised, never captured, given back.' }),
  successRate: SuccessRate,
  capturedAmountPaise: Amount,
  failedAmountPaise: Amount,
  methods: Type.Array(Named),
  banks: Type.Array(Named, { description: "The payer's bank or wallet, where it is known; at most ten." }),
  hours: Type.Array(
    Type.Object({
      hour: Type.Integer({ minimum: 0, maximum: 23, description: 'Of the day in IST.' }),
      attempts: Count,
      captured: Count,
      failed: Count,
      successRate: SuccessRate,
    }),
  ),
  reasons: Type.Array(
    Type.Object({
      reason: Type.String({ description: "Razorpay's `error_reason`." }),
      isRecurring: Type.Boolean({ description: 'A debit on a mandate: nobody was there to act.' }),
      class: Type.String(),
      autoRetry: Type.String({ description: 'schedule, backoff, next-day or never.' }),
      advice: Type.String({ description: 'For the payer: what happened and what to do.' }),
      ...Failed,
    }),
  ),
  classes: Type.Array(
    Type.Object({
      class: Type.String(),
      advice: Type.String({ description: "Of the class's most frequent reason." }),
      ...Failed,
    }),
  ),
  retries: Type.Object({ ...Retries, recoveryRate: Share('Recovered of those whose first attempt failed.') }),
  fees: Type.Object({
    payments: Type.Integer({ minimum: 0, description: 'Captured payments whose fee is known.' }),
    amountPaise: Amount,
    feePaise: Type.Integer({ description: 'Including GST.' }),
    gstPaise: Amount,
    share: Share('Fee with GST of the amount.'),
  }),
  refunds: Type.Object({ refunds: Count, amountPaise: Amount, share: Share('Of the captured amount.') }),
  disputes: Type.Object({
    disputes: Count,
    open: Count,
    won: Count,
    lost: Count,
    amountPaise: Amount,
    lostAmountPaise: Amount,
    share: Share('Disputes for each captured payment.'),
  }),
  settlements: Type.Object({ settlements: Count, amountPaise: Amount }),
});
export type PaymentsReport = Static<typeof PaymentsReport>;

/** Missing ends of the period are those of the history. */
export async function readPayments(db: Duckdb, query: ReportQuery): Promise<PaymentsReport> {
  const coverage = await readCoverage(db);
  return paymentsReport(db, coverage, scopeOf(query, coverage));
}

/** Of a day before any history when there is none. */
const NEVER: Scope = { from: '1970-01-01', to: '1970-01-01', currency: 'INR' };

export async function paymentsReport(
  db: Duckdb,
  coverage: Coverage,
  scope: Scope | null,
): Promise<PaymentsReport> {
  const asked = scope ?? NEVER;
  const { capturedAmountPaise, failedAmountPaise, charged, ...totals } = await readAttemptTotals(db, asked);
  const hours = await readHours(db, asked);
  const failures = await readFailures(db, asked);
  const { attempts, captured, failed, lapsed, chargedAmountPaise, feePaise, gstPaise } = totals;
  const retries = retriesOf(failures);
  const { refunds, refundsAmountPaise } = await readRefundTotals(db, asked);
  const { disputes, open, won, lost, ...disputed } = await readDisputeTotals(db, asked);
  const { settlements, settledAmountPaise } = await readSettlementTotals(db, asked);
  return {
    ...head(coverage, scope),
    ...{ attempts, captured, failed, lapsed },
    successRate: successShare(totals),
    capturedAmountPaise: exactNumber(capturedAmountPaise),
    failedAmountPaise: exactNumber(failedAmountPaise),
    methods: (await readAttemptMethods(db, asked)).map(named),
    banks: (await readBanks(db, asked)).map(named),
    hours: hours.map((hour) => ({ ...hour, successRate: successShare(hour) })),
    ...explained(failures),
    retries: { ...retries, recoveryRate: share(retries.recovered, retries.payments) },
    fees: {
      payments: charged,
      amountPaise: exactNumber(chargedAmountPaise),
      feePaise: exactNumber(feePaise),
      gstPaise: exactNumber(gstPaise),
      share: share(feePaise, chargedAmountPaise),
    },
    refunds: {
      refunds,
      amountPaise: exactNumber(refundsAmountPaise),
      share: share(refundsAmountPaise, capturedAmountPaise),
    },
    disputes: {
      ...{ disputes, open, won, lost },
      amountPaise: exactNumber(disputed.disputedAmountPaise),
      lostAmountPaise: exactNumber(disputed.lostAmountPaise),
      share: share(disputes, captured),
    },
    settlements: { settlements, amountPaise: exactNumber(settledAmountPaise) },
  };
}

function named({ capturedAmountPaise, ...row }: Breakdown) {
  return { ...row, capturedAmountPaise: exactNumber(capturedAmountPaise), successRate: successShare(row) };
}

/** Every reason with its meaning, and the same added up by class; both with the most frequent first. */
function explained(failures: readonly FailedFor[]): Pick<PaymentsReport, 'reasons' | 'classes'> {
  const all = failures.reduce((sum, { failed }) => sum + failed, 0);
  const rows = failures.map((failure) => {
    const { reason, isRecurring } = failure;
    const context = isRecurring ? { method: 'emandate' as const, isRecurring } : {};
    const { class: kind, autoRetry, advice } = declineCause(reason, context);
    return { failure, meaning: { class: kind, autoRetry, advice } };
  });
  const byClass = new Map<DeclineClass, { advice: string; failures: FailedFor[] }>();
  for (const { failure, meaning } of rows) {
    const group = byClass.get(meaning.class) ?? { advice: meaning.advice, failures: [] };
    group.failures.push(failure);
    byClass.set(meaning.class, group);
  }
  return {
    reasons: rows.map(({ failure, meaning }) => ({
      reason: failure.reason,
      isRecurring: failure.isRecurring,
      ...meaning,
      ...failedOf([failure], all),
    })),
    classes: [...byClass]
      .map(([kind, group]) => ({ class: kind, advice: group.advice, ...failedOf(group.failures, all) }))
      .sort((a, b) => b.failed - a.failed || (a.class < b.class ? -1 : 1)),
  };
}

function failedOf(failures: readonly FailedFor[], all: number) {
  const failed = failures.reduce((sum, one) => sum + one.failed, 0);
  const amount = failures.reduce((sum, one) => sum + one.failedAmountPaise, 0n);
  return {
    failed,
    failedAmountPaise: exactNumber(amount),
    share: share(failed, all),
    ...retriesOf(failures),
  };
}

function retriesOf(failures: readonly FailedFor[]) {
  const sum = (of: 'payments' | 'retried' | 'recovered') =>
    failures.reduce((total, one) => total + one[of], 0);
  const amount = failures.reduce((total, one) => total + one.recoveredAmountPaise, 0n);
  return {
    payments: sum('payments'),
    retried: sum('retried'),
    recovered: sum('recovered'),
    recoveredAmountPaise: exactNumber(amount),
  };
}

function share<N extends number | bigint>(part: N, whole: N): number | null {
  return Number(whole) === 0 ? null : Number(part) / Number(whole);
}
