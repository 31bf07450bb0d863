/** A comparison for pages: a challenger that blocks a little more and is a little better. */
import type { ComparisonReport } from '../../reporting/comparison-report.js';
import { ACTIONS } from '../../scoring/request.js';
import { CHALLENGER, CHAMPION } from './shadow-log.js';

const NOTHING = {
  payments: 0,
  amountPaise: 0,
  frauds: 0,
  fraudAmountPaise: 0,
  good: 0,
  goodAmountPaise: 0,
};

const BLOCKS: ComparisonReport['blocks'] = [
  {
    currency: 'INR',
    onlyChampion: { ...NOTHING, payments: 21, amountPaise: 4_31_000_00 },
    onlyChallenger: {
      payments: 34,
      amountPaise: 9_12_500_00,
      frauds: 19,
      fraudAmountPaise: 7_40_000_00,
      good: 11,
      goodAmountPaise: 1_20_000_00,
    },
    both: { ...NOTHING, payments: 88, amountPaise: 31_00_000_00 },
  },
];

const METRICS: ComparisonReport['metrics'] = [
  {
    name: 'averagePrecision',
    champion: 0.61,
    challenger: 0.66,
    difference: 0.05,
    low: 0.011,
    high: 0.093,
  },
  {
    name: 'brier',
    champion: 0.0093,
    challenger: 0.0089,
    difference: -0.0004,
    low: -0.0009,
    high: 0.0002,
  },
];

export function comparisonReport(fields: Partial<ComparisonReport> = {}): ComparisonReport {
  const band = (announced: number) => ({ payments: 120, announced, observed: 0.9 * announced });
  const froms = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3];
  return {
    at: Date.UTC(2026, 5, 1, 6),
    champion: CHAMPION,
    challenger: CHALLENGER,
    period: { fromAt: Date.UTC(2026, 3, 1, 6), untilAt: Date.UTC(2026, 5, 1, 5) },
    decisions: {
      live: 12_400,
      scored: 12_380,
      compared: 12_380,
      oneIn: 1,
      championFailed: 0,
      challengerFailed: 3,
    },
    agreement: 0.986,
    actions: ACTIONS.flatMap((champion) =>
      ACTIONS.map((challenger) => ({ champion, challenger, decisions: champion === challenger ? 3000 : 14 })),
    ),
    blocks: BLOCKS,
    scores: {
      psi: 0.08,
      jensenShannon: 0.11,
      championMean: 0.012,
      challengerMean: 0.011,
      bands: froms.map((from, k) => ({
        from,
        champion: 0.5 / 2 ** k,
        challenger: 0.52 / 2 ** k,
      })),
    },
    days: Array.from({ length: 12 }, (_, k) => ({
      day: `2026-05-${String(k + 10)}`,
      decisions: 1000 + 7 * k,
      championBlocks: 0.009 + 0.0004 * (k % 4),
      challengerBlocks: 0.011 - 0.0005 * (k % 3),
    })),
    labels: {
      maturityDays: 30,
      payments: 6100,
      frauds: 74,
      oneIn: 1,
      withoutResult: 61,
      withoutProbability: 2,
      notJudged: null,
    },
    metrics: METRICS,
    calibration: {
      champion: { expected: 80.1, ratio: 0.924, error: 0.0021 },
      challenger: { expected: 71.4, ratio: 1.036, error: 0.0014 },
    },
    reliability: froms.map((from, k) => ({
      from,
      champion: band(Math.min(0.6, from + 0.002)),
      challenger: k === 6 ? { payments: 0, announced: null, observed: null } : band(from + 0.001),
    })),
    ...fields,
  };
}
