import { describe, expect, it } from '@jest/globals';
import { fraudReport } from '../../app/fraud-report.js';
import type { LearningPoint } from '../../models/learning-curve.js';
import type { FraudEvaluation } from '../../models/tasks/evaluate-fraud.js';
import type { LabelDelayPoint } from '../../models/tasks/label-delay-curve.js';

const interval = { low: 0.6, high: 0.8 };
const intervals = {
  aucRoc: interval,
  averagePrecision: interval,
  recallAtFpr001: interval,
  recallAtFpr005: interval,
};
const ranking = { aucRoc: 0.9, averagePrecision: 0.7, cardPrecisionAt100: 0.3 };
const metrics = { ...ranking, recallAtFpr: { '0.001': 0.6, '0.005': 0.7, '0.01': 0.75 } };
const sizes = { trainRows: 700, trainFrauds: 30, testRows: 600, testFrauds: 20 };

const evaluation: FraudEvaluation = {
  folds: [
    {
      ...metrics,
      ...sizes,
      trainFrom: '2026-01-01',
      testFrom: '2026-01-15',
      baseline: { aucRoc: 0.5, averagePrecision: 0.0333, recallAtFpr: 0 },
      interval: intervals,
    },
  ],
  mean: metrics,
  featureSeconds: 1,
  fitSeconds: 2,
  predictSeconds: 3,
};

function delay(delayDays: number, recallAtFpr005: number, aDay: number | null): LabelDelayPoint {
  const dayCost =
    aDay === null
      ? null
      : { recallAtFpr005: aDay, interval: { low: 0.01, high: 0.05 }, missedPaise: 1_234_500, payments: 500 };
  return { delayDays, ...sizes, ...ranking, recallAtFpr005, interval: intervals, dayCost };
}

function learned(share: number, gain: number | null, low = 0.001): LearningPoint {
  return {
    share,
    trainRows: 700 * share,
    trainPositives: 30 * share,
    train: { logLoss: 0.004, averagePrecision: 0.99 },
    newest: { logLoss: 0.014, averagePrecision: 0.7, interval },
    gain: gain === null ? null : { value: gain, interval: { low, high: 0.05 } },
  };
}

describe('the report of a fraud evaluation', () => {
  it('shows the folds beside approving everybody, and nothing that was not asked for', () => {
    const text = fraudReport(evaluation);
    expect(text).toMatch(/^2026-01-15 +700 +30 +600 +20 +0\.9000 +0\.7000 \(0\.600 to 0\.800\) +0\.0333/m);
    expect(text).toMatch(/^features 1\.0 s, fit 2\.0 s, predict 3\.0 s$/m);
    expect(text.split('\n')).toHaveLength(5);
  });

  it('adds up what the days between two delays cost', () => {
    const labelDelayCurve = [delay(0, 0.9, null), delay(1, 0.88, 0.02), delay(7, 0.7, 0.03)];
    const text = fraudReport({ ...evaluation, labelDelayCurve });
    expect(text).toMatch(/^7 d .* 0\.7000 \(0\.600 to 0\.800\) +0\.0300 \(0\.010 to 0\.050\) +12,345$/m);
    expect(text).toMatch(
      /^from 0 to 7 days labels cost 20\.0 points of recall at FPR 0\.5 %, 2\.9 points a day$/m,
    );
  });

  it.each([
    [0.001, 'more payments would help further'],
    [-0.001, 'more payments of the same kind would change little'],
  ])('says whether more payments would help when the gain is at least %d', (low, verdict) => {
    const rows = [learned(0.5, null), learned(1, 0.02, low)];
    const learningCurve = { rows, days: rows.map((point) => ({ ...point, days: 7 * point.share })) };
    const text = fraudReport({ ...evaluation, learningCurve });
    expect(text).toContain(`brought 0.0200 average precision: ${verdict}`);
    expect(text).toContain('0.29 above the test');
    expect(text).toMatch(/^50\.0 % +350 +15 /m);
    expect(text).toMatch(/^3\.5 d +350 +15 /m);
  });

  it('names families and drifting features with their intervals and meanings', () => {
    const importance = Array.from({ length: 25 }, (_, k) => ({
      ...{ group: `family ${k}`, features: ['amount'], loss: 0.1, interval },
    }));
    const drift = {
      ...{ aucRoc: 0.8, interval, rows: 1000, aucRocOfAll: 0.95, warning: 'they differ' },
      features: [{ feature: 'amount', share: 0.5, exceeds: 0.7, olderMedian: 100, newerMedian: null }],
    };
    const text = fraudReport({ ...evaluation, importance, drift });
    expect(text).toContain('family 19');
    expect(text).not.toContain('family 20');
    expect(text).toMatch(/told apart with AUC 0\.8000 \(0\.600 to 0\.800; one half is chance\)/);
    expect(text).toMatch(/^amount +50\.0 % +0\.700 +100\.0 +amount of the request$/m);
    expect(text).toMatch(/^they differ$/m);
  });
});
