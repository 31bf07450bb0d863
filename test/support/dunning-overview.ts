/** Arrears as a report would show them, with names that must not become markup. */
import type { DunningOverview } from '../../reporting/dunning.js';

export function dunningOverview(): DunningOverview {
  return {
    report: {
      asOf: '2026-03-02T04:30:00.000Z',
      currency: 'INR',
      stages: [
        { stage: 'reminder', payers: 320, owedPaise: 480_000_00, waiting: 41, listed: 0 },
        { stage: 'urgent', payers: 85, owedPaise: 212_500_00, waiting: 12, listed: 40 },
      ],
      waits: [{ waitsFor: 'outcome-unresolved', payers: 53, owedPaise: 79_500_00 }],
      steps: [{ kind: 'payday-hint', sent: 210, blocked: 2, withdrawn: 17, due: 5 }],
      withheld: 7,
      lift: {
        horizonDays: 30,
        campaign: { payers: 1800, paid: 1260, owedPaise: 2_700_000_00, recoveredPaise: 1_950_000_00 },
        holdOut: { payers: 200, paid: 120, owedPaise: 300_000_00, recoveredPaise: 180_000_00 },
        leastPayers: 30,
        paidShare: { campaign: 0.7, holdOut: 0.6, lift: 0.1, low: 0.03, high: 0.17 },
        recoveredShare: { campaign: 0.722, holdOut: 0.6, lift: 0.122, low: 0.04, high: 0.2 },
      },
    },
    workList: [
      {
        episodeId: 'dun_1',
        payerId: 'payer_<b>1</b>',
        currency: 'INR',
        stage: 'urgent',
        owedPaise: 4_500_00n,
        invoices: 2,
        oldestDueAt: Date.UTC(2026, 1, 18),
        declineReason: 'insufficient_funds',
        recovery: 0.35,
        recoveryIfContacted: 0.5,
        gainPaise: 675_00n,
        costPaise: 25_00n,
        reasons: ['₹4,500.00 owed in 2 invoices, the oldest 12 days overdue'],
      },
    ],
  };
}
