/**
 * `evaluate fraud` in words: the table of folds, and below it whatever else was asked for. Every figure with its interval,
 * and every table with the sentence that it is for.
 */
import { FEATURES } from '../features/definitions.js';
import type { DriftingFeature } from '../models/adversarial-validation.js';
import type { GroupImportance } from '../models/permutation-importance.js';
import type { FraudEvaluation } from '../models/tasks/evaluate-fraud.js';
import type { FraudDrift } from '../models/tasks/fraud-drift.js';
import type { FraudLearningCurve } from '../models/tasks/inspect-fraud.js';
import type { LabelDelayPoint } from '../models/tasks/label-delay-curve.js';
import { learningHeader, learningRow, learningSentence } from './learning-report.js';
import { range, textTable } from './text-table.js';

export function fraudReport(evaluation: FraudEvaluation): string {
  const { labelDelayCurve, learningCurve, importance, drift } = evaluation;
  return [
    foldsReport(evaluation),
    ...(labelDelayCurve === undefined ? [] : [labelDelayReport(labelDelayCurve)]),
    ...(learningCurve === undefined ? [] : [learningReport(learningCurve)]),
    ...(importance === undefined ? [] : [importanceReport(importance)]),
    ...(drift === undefined ? [] : [driftReport(drift)]),
  ].join('\n\n');
}

function foldsReport({ folds, mean, ...seconds }: FraudEvaluation): string {
  const header = [
    'test from',
    'train rows',
    'frauds',
    'test rows',
    'frauds',
    'AUC',
    'AP (95 %)',
    'AP of approve-all',
    'CP@100',
    'recall at FPR 0.1/0.5/1 %',
  ];
  const rows = folds.map((fold) => [
    fold.testFrom,
    String(fold.trainRows),
    String(fold.trainFrauds),
    String(fold.testRows),
    String(fold.testFrauds),
    fold.aucRoc.toFixed(4),
    `${fold.averagePrecision.toFixed(4)} (${range(fold.interval.averagePrecision)})`,
    fold.baseline.averagePrecision.toFixed(4),
    fold.cardPrecisionAt100.toFixed(4),
    Object.values(fold.recallAtFpr)
      .map((recall) => recall.toFixed(3))
      .join(' / '),
  ]);
  return [
    ...textTable([header, ...rows]),
    '',
    `mean: AUC ${mean.aucRoc.toFixed(4)}, AP ${mean.averagePrecision.toFixed(4)}, CP@100 ${mean.cardPrecisionAt100.toFixed(4)}, recall at FPR 0.5 % ${mean.recallAtFpr['0.005'].toFixed(4)}`,
    `features ${seconds.featureSeconds.toFixed(1)} s, fit ${seconds.fitSeconds.toFixed(1)} s, predict ${seconds.predictSeconds.toFixed(1)} s`,
    ...(folds[0]?.backend === undefined
      ? []
      : [`the net was trained by TensorFlow.js on ${folds[0].backend}`]),
  ].join('\n');
}

function labelDelayReport(points: readonly LabelDelayPoint[]): string {
  const header = [
    'labels after',
    'train rows',
    'frauds',
    'test rows',
    'frauds',
    'AUC',
    'AP (95 %)',
    'CP@100',
    'recall at FPR 0.5 % (95 %)',
    'a further day costs: recall (95 %)',
    'fraud missed',
  ];
  const rows = points.map((point) => [
    `${point.delayDays} d`,
    String(point.trainRows),
    String(point.trainFrauds),
    String(point.testRows),
    String(point.testFrauds),
    point.aucRoc.toFixed(4),
    `${point.averagePrecision.toFixed(4)} (${range(point.interval.averagePrecision)})`,
    point.cardPrecisionAt100.toFixed(4),
    `${point.recallAtFpr005.toFixed(4)} (${range(point.interval.recallAtFpr005)})`,
    ...(point.dayCost === null
      ? []
      : [
          `${point.dayCost.recallAtFpr005.toFixed(4)} (${range(point.dayCost.interval)})`,
          Math.round(point.dayCost.missedPaise / 100).toLocaleString('en-IN'),
        ]),
  ]);
  return [
    'the same test days, as if every fraud were reported after so many days',
    ...textTable([header, ...rows]),
    ...delaySentence(points),
  ].join('\n');
}

/** Costs are of the payments that two neighbouring delays both test, in major units of the currency. */
function delaySentence(points: readonly LabelDelayPoint[]): string[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const lost = points.reduce((sum, point, k) => {
    const days = point.delayDays - (points[k - 1]?.delayDays ?? 0);
    return sum + (point.dayCost?.recallAtFpr005 ?? 0) * days;
  }, 0);
  const days = last.delayDays - first.delayDays;
  return [
    `from ${first.delayDays} to ${last.delayDays} days labels cost ${points100(lost)} of recall at FPR 0.5 %, ${points100(lost / days)} a day`,
  ];
}

function learningReport({ rows, days }: FraudLearningCurve): string {
  return [
    'learning curve, judged on the test days: a share of all training payments drawn at random, then the newest days',
    ...textTable([
      learningHeader('share'),
      ...rows.map((point) => learningRow(`${(100 * point.share).toFixed(1)} %`, point)),
    ]),
    '',
    ...textTable([learningHeader('newest'), ...days.map((point) => learningRow(`${point.days} d`, point))]),
    ...learningSentence(rows, 'payments'),
  ].join('\n');
}

const MOST_GROUPS = 20;

function importanceReport(groups: readonly GroupImportance[]): string {
  const rows = groups
    .slice(0, MOST_GROUPS)
    .map(({ group, features, loss, interval }) => [
      group,
      String(features.length),
      loss.toFixed(4),
      range(interval, 4),
    ]);
  return [
    'average precision lost when the values of a family are dealt to other payments of the test days',
    ...textTable([['family', 'features', 'loss', '95 %'], ...rows]),
  ].join('\n');
}

function driftReport({ aucRoc, interval, aucRocOfAll, rows, features, warning }: FraudDrift): string {
  const meaning = new Map(FEATURES.map((feature) => [feature.name, feature.meaning]));
  const value = (median: number | null): string => (median === null ? '' : median.toPrecision(4));
  const cells = features.map((feature: DriftingFeature) => [
    feature.feature,
    `${(100 * feature.share).toFixed(1)} %`,
    feature.exceeds === null ? '' : feature.exceeds.toFixed(3),
    value(feature.olderMedian),
    value(feature.newerMedian),
    meaning.get(feature.feature) ?? '',
  ]);
  return [
    `${rows} training and ${rows} test payments are told apart with AUC ${aucRoc.toFixed(4)} (${range(interval)}; one half is chance), with features that differ by design ${aucRocOfAll.toFixed(4)}`,
    ...textTable([['feature', 'tells', 'newer > older', 'median then', 'now', 'meaning'], ...cells]),
    warning ?? 'the test days look enough like the training days',
  ].join('\n');
}

function points100(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}
