/** A report of the watch for pages and the store: one feature that drifts, one that does not, a week of days. */
import type { DriftReport } from '../../reporting/watch-report.js';

const measured = {
  noiseMean: 0.02,
  noiseHigh: 0.06,
  jensenShannon: 0.31,
  exceeds: 0.74,
  missingShift: 0.05,
} as const;

export function driftReport(fields: Partial<DriftReport> = {}): DriftReport {
  const bins = { fitted: [0.5, 0.4, 0.1], served: [0.2, 0.65, 0.15] };
  return {
    at: Date.UTC(2026, 2, 9, 6),
    modelVersion: '8d2f6c01b7aa45e2',
    notCompared: null,
    window: {
      fromAt: Date.UTC(2026, 2, 2, 6),
      untilAt: Date.UTC(2026, 2, 9, 6),
      decisions: 900,
      compared: 890,
      payers: 310,
    },
    features: [
      { feature: 'amount', psi: 0.42, level: 'drifting', ...measured },
      { feature: 'hourIst', psi: 0.01, level: 'steady', ...measured, exceeds: 0.5, missingShift: 0 },
    ],
    leading: [
      { feature: 'amount', ...bins },
      { feature: 'hourIst', ...bins },
    ],
    score: { psi: 0.03, level: 'steady', ...measured, ...bins },
    calibration: {
      weeks: [
        { week: '2026-01-12', backtested: true, payments: 400, expected: 8.5, frauds: 9, mature: true },
        { week: '2026-01-19', backtested: false, payments: 420, expected: 9.1, frauds: 8, mature: true },
        { week: '2026-03-02', backtested: false, payments: 410, expected: 8.8, frauds: 1, mature: false },
      ],
      gate: {
        payments: 420,
        expected: 9.1,
        frauds: 8,
        ratio: 0.879,
        ratioLow: 0.45,
        ratioHigh: 1.72,
        error: 0.004,
      },
      backtest: null,
    },
    labels: {
      frauds: 61,
      medianDays: 9,
      p90Days: 27,
      weeks: [
        { week: '2026-02-23', known: 0.66 },
        { week: '2026-03-02', known: 0.31 },
      ],
    },
    days: ['2026-03-08', '2026-03-09'].map((day) => ({
      day,
      decisions: 450,
      actions: { allow: 0.9, challenge: 0.04, review: 0.05, block: 0.01 },
      reasons: { 'feature-amount': 0.2, 'no-fraud-model': 0.01 },
    })),
    latency: {
      p50Ms: 0.21,
      p90Ms: 0.44,
      p99Ms: 1.3,
      buckets: [
        { upToMs: 0.5, decisions: 850 },
        { upToMs: 2, decisions: 49 },
        { upToMs: null, decisions: 1 },
      ],
    },
    ...fields,
  };
}
