/** A reconciliation page's worth: two days, open cases of three reasons. */
import type { ReconciliationOverview } from '../../reporting/reconciliation-overview.js';

export function reconciliationOverview(): ReconciliationOverview {
  const day = { waiting: 0n, late: 2n, netPaise: 48_21_100n, readAt: Date.UTC(2026, 0, 31, 3) };
  return {
    today: '2026-01-31',
    days: [
      { ...day, settledOn: '2026-01-30', rows: 120n, matched: 112n, adjusted: 5n, exceptions: 3n },
      {
        ...day,
        settledOn: '2026-01-29',
        rows: 98n,
        matched: 98n,
        adjusted: 0n,
        exceptions: 0n,
        readAt: null,
      },
    ],
    waiting: [
      { reason: 'bank-credit-missing', count: 1n, stakePaise: 48_21_100n, oldestOn: '2026-01-27' },
      { reason: 'fee-differs', count: 2n, stakePaise: 1_180n, oldestOn: '2026-01-30' },
    ],
    cases: [
      {
        exceptionId: 7n,
        subject: 'utr:utr1234567890',
        reason: 'bank-credit-missing',
        status: 'open',
        differencePaise: 48_21_100n,
        currency: 'INR',
        paymentId: null,
        linkedTo: null,
        happenedOn: '2026-01-27',
        openedAt: Date.UTC(2026, 0, 30, 6),
        actor: null,
        note: null,
      },
    ],
  };
}
