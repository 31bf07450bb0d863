/** A subscriptions page's worth: three months, two cohorts, two plans. */
import type { SubscriptionReport } from '../../reporting/subscription-report.js';

export function subscriptionReport(): SubscriptionReport {
  const month = (on: string, openingPaise: number, newPaise: number, churnPaise: number) => ({
    month: on,
    openingPaise,
    newPaise,
    expansionPaise: 20_000,
    reactivationPaise: 15_000,
    contractionPaise: 25_000,
    churnPaise,
    involuntaryChurnPaise: Math.floor(churnPaise / 3),
    closingPaise: openingPaise + newPaise + 10_000 - churnPaise,
    openingCount: 40,
    started: 12,
    endedVoluntary: 3,
    endedInvoluntary: 1,
    endedByPlan: 0,
    closingCount: 48,
    logoChurn: openingPaise === 0 ? null : 0.1,
    revenueChurn: openingPaise === 0 ? null : 0.08,
  });
  return {
    asOf: '2026-01-31T06:30:00.000Z',
    currency: 'INR',
    months: [
      month('2025-11-01', 0, 9_00_000, 0),
      month('2025-12-01', 9_10_000, 4_00_000, 60_000),
      month('2026-01-01', 12_60_000, 2_00_000, 90_000),
    ],
    cohorts: [
      {
        month: '2025-11-01',
        subscriptions: 30,
        mrrPaise: 9_00_000,
        kept: [
          { age: 0, share: 1, revenueShare: 1 },
          { age: 1, share: 0.93, revenueShare: 0.95 },
          { age: 2, share: 0.87, revenueShare: 0.9 },
        ],
      },
      {
        month: '2025-12-01',
        subscriptions: 12,
        mrrPaise: 4_00_000,
        kept: [{ age: 0, share: 1, revenueShare: 1 }],
      },
    ],
    plans: [
      {
        planId: 'lunch',
        subscriptions: 40,
        mrrPaise: 12_00_000,
        expectedPaise: 3_45_600,
        realisedPaise: 88_000,
        ended: 4,
      },
      {
        planId: 'snack',
        subscriptions: 8,
        mrrPaise: 1_80_000,
        expectedPaise: null,
        realisedPaise: null,
        ended: 0,
      },
    ],
  };
}
