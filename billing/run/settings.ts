/** What bounds a billing run, and when its invoices are due: each number with its reason. */
export const BILLING = {
  /** Of one transaction: enough that statements cost less than rows, few enough that locks and a retry after a fault stay short. */
  batch: 500,
  /** Of one subscription in one run. A year of weeks, or two weeks of days: whatever needs more is caught up by the runs that follow. */
  maxSteps: 60,
  /** A run may be asked for at a later instant, to look ahead, but not for money that nobody expects yet. */
  maxDaysAhead: 31,
  /** Turns that fail in a row, one an hour, before a subscription is left for a person. */
  maxErrors: 5,
  /** From the invoice to the day of its debit: the notice is recommended 48 hours ahead (India rules, U5). */
  mandateDueDays: 2,
  /** From the invoice to the day by which a payer who pays by hand has paid. */
  manualDueDays: 5,
  /** A dry run lists so many and counts the rest. */
  maxListed: 1000,
} as const;
