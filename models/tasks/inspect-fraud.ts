/**
 * How far the fraud model is from overfitting: learning curves over rows and over days, importance of families of
 * features, and whether the newest payments still look like those that trained. Everything is measured on test rows.
 */
import { FEATURES } from '../../features/definitions.js';
import { rowsAt, type TrainingRows } from '../../features/training-rows.js';
import { DAY_MS, type FeatureDefinition } from '../../features/vocabulary.js';
import type { FitProgress, Model } from '../contract.js';
import {
  LEARNING_SHARES,
  learningCurve,
  randomSamples,
  type LearningPoint,
  type TrainingSample,
} from '../learning-curve.js';
import {
  importanceDefaults,
  permutationImportance,
  type FeatureGroup,
  type GroupImportance,
} from '../permutation-importance.js';
import { takeLabels } from '../split.js';
import { payersToDraw } from './fraud.js';
import type { JudgedFold } from './fraud-fold.js';
import { fitFraudWith, type FraudLearner } from './fraud-learners.js';

export interface FraudLearningCurve {
  /** Shares of all payments, drawn at random. */
  readonly rows: readonly LearningPoint[];
  /** The newest days. */
  readonly days: readonly (LearningPoint & { readonly days: number })[];
}

interface InspectOptions {
  readonly learner: FraudLearner;
  readonly seed: number;
  readonly onProgress?: FitProgress;
}

export async function fraudLearningCurve(
  { rows: { train, trainY, test, testY }, model }: JudgedFold,
  { historyDays, learner, seed, onProgress }: InspectOptions & { readonly historyDays: number },
): Promise<FraudLearningCurve> {
  const curve = (samples: readonly TrainingSample[], part: number): Promise<LearningPoint[]> =>
    learningCurve({
      train: { frame: train.frame, y: trainY },
      newest: { frame: test.frame, y: testY, cluster: payersToDraw(test.payer, testY) },
      samples,
      seed,
      fit: (rows, onFit) =>
        // The whole was fitted when the fold was judged.
        rows.length === trainY.length
          ? model
          : fitFraudWith(learner, rowsAt(train, rows), takeLabels(trainY, rows), { seed, onProgress: onFit }),
      onProgress: (done, total) => onProgress?.(part + done / total, 2),
    });
  const byRows = await curve(randomSamples(trainY, LEARNING_SHARES, seed), 0);
  const byDays = await curve(newestDays(train, historyDays), 1);
  onProgress?.(2, 2);
  return {
    rows: byRows,
    days: byDays.map((point) => ({ ...point, days: Math.max(1, Math.round(point.share * historyDays)) })),
  };
}

function newestDays({ occurredAt }: TrainingRows, historyDays: number): TrainingSample[] {
  const end = occurredAt.at(-1)!;
  return LEARNING_SHARES.map((share) => {
    const from = share === 1 ? -Infinity : end - Math.max(1, Math.round(share * historyDays)) * DAY_MS;
    return { share, rows: Int32Array.from(occurredAt.keys()).filter((row) => occurredAt[row]! > from) };
  });
}

/** What the families of features are worth on `rows`, most important first. */
export function fraudImportance(
  model: Model,
  rows: TrainingRows,
  y: Uint8Array,
  settings: { readonly seed: number; readonly mostNegatives?: number; readonly onProgress?: FitProgress },
): GroupImportance[] {
  const block = { frame: rows.frame, y, cluster: payersToDraw(rows.payer, y) };
  return permutationImportance(model, block, FRAUD_FAMILIES, { ...importanceDefaults, ...settings });
}

/** Features of one owner that are read from the same history in the same way; a property of the request stands alone. */
const FRAUD_FAMILIES: readonly FeatureGroup[] = families();

function families(): FeatureGroup[] {
  const byName = new Map<string, string[]>();
  for (const feature of FEATURES) {
    const name = feature.entity === null ? feature.name : `${feature.entity}: ${familyOf(feature)}`;
    byName.set(name, [...(byName.get(name) ?? []), feature.name]);
  }
  return Array.from(byName, ([name, features]) => ({ name, features }));
}

function familyOf({ measure, aggregate, windowMs }: FeatureDefinition): string {
  switch (measure) {
    case 'labels':
      return 'reports of fraud';
    case 'matured':
      return 'payments old enough to be reported';
    case 'failures':
      return 'failed attempts';
    case 'retries':
      return 'retries';
    case 'pair':
      return 'acquaintance with the payer';
    case 'request':
      return 'request';
    case 'attempts':
      if (isRatio(aggregate)) return 'amount beside its history';
      if (windowMs === null) return 'age and lifetime';
      return aggregate === 'count' || aggregate === 'distinct' ? 'number of attempts' : 'amounts';
  }
}

function isRatio(aggregate: FeatureDefinition['aggregate']): boolean {
  return aggregate.startsWith('ratio') || aggregate === 'meanToMean' || aggregate === 'deviation';
}
