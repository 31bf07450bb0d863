/**
 * The fraud task: which rows train, which learner with which settings, and the figures by which it is judged. Training
 * never sees a label that was not known at its instant, and every figure stands beside approving everything.
 */
import { DAY_MS } from '../../features/vocabulary.js';
import type { TrainingRows } from '../../features/training-rows.js';
import { bootstrap, bootstrapDefaults, type Interval } from '../bootstrap.js';
import { boostedTrees, type BoostedTreesSettings } from '../trees/boosted-trees.js';
import { cardPrecisionAtK } from '../card-precision.js';
import type { FitProgress, Model } from '../contract.js';
import { aucOf, averagePrecisionOf, curveOf, rank, recallAtFprOf } from '../curve.js';
import { aucRoc, averagePrecision, recallAtFpr } from '../metrics.js';

/** Chosen on the four Handbook folds whose tested weeks end before 2018-08-01; see docs/experiments.md. */
const FRAUD_TREES = {
  ...boostedTrees.defaults,
  trees: 1000, // Twice as many at half the rate gain .001 to .002 average precision over 500 at 0.02.
  learningRate: 0.01,
  maxLeaves: 16, // Eight leaves lose precision at the top.
  l2: 1, // Ten helps long histories by nothing and costs short ones .006 average precision.
  rowSubsample: 0.8, // Half the rows cost .002 to .003; all of them are no better on AUC.
  columnSubsample: 0.3, // Windows of one entity say nearly the same; fewer at a time spreads the trust.
  earlyStoppingRounds: 0, // The newest rows are the most valuable ones, so none is held back.
} as const;

/** Frauds come in runs of one counterparty; on long histories small leaves learn the run, not the pattern. */
const ROWS_TO_LEAST_LEAF = 1 / 6000;

export function fraudSettings(rows: number): BoostedTreesSettings {
  const minRowsPerLeaf = Math.min(100, Math.max(20, Math.round(rows * ROWS_TO_LEAST_LEAF)));
  return { ...FRAUD_TREES, minRowsPerLeaf };
}

export type FprBound = '0.001' | '0.005' | '0.01';

export interface FraudMetrics {
  readonly aucRoc: number;
  readonly averagePrecision: number;
  /** Of the 100 payers with the highest probability of a day, the share truly compromised; mean over the days. */
  readonly cardPrecisionAt100: number;
  /** Largest share of frauds caught while at most this share of good payments is flagged. */
  readonly recallAtFpr: Readonly<Record<FprBound, number>>;
}

/** How a fraud model is fitted besides its settings. */
export interface FraudFit {
  readonly seed: number;
  readonly weights?: Float32Array;
  readonly onProgress?: FitProgress;
}

export function fitFraud(rows: TrainingRows, y: Uint8Array, fit: FraudFit): Model {
  return boostedTrees.fit(rows.frame, y, { settings: fraudSettings(y.length), ...fit });
}

/** `fromMs` is where the first tested day begins: days are counted from there. */
export function fraudMetrics(
  rows: TrainingRows,
  y: Uint8Array,
  fraudProbability: Float64Array,
  fromMs: number,
): FraudMetrics {
  const day = Int32Array.from(rows.occurredAt, (at) => Math.floor((at - fromMs) / DAY_MS));
  return {
    aucRoc: aucRoc(y, fraudProbability),
    averagePrecision: averagePrecision(y, fraudProbability),
    cardPrecisionAt100: cardPrecisionAtK({ day, payer: rows.payer, y, fraudProbability }, 100),
    recallAtFpr: {
      '0.001': recallAtFpr(y, fraudProbability, 0.001),
      '0.005': recallAtFpr(y, fraudProbability, 0.005),
      '0.01': recallAtFpr(y, fraudProbability, 0.01),
    },
  };
}

export type FraudIntervals = Readonly<
  Record<'aucRoc' | 'averagePrecision' | 'recallAtFpr001' | 'recallAtFpr005', Interval>
>;

/** Fewer defrauded payers than this, and a resample of whole payers may well hold no fraud at all. */
const FEWEST_DEFRAUDED_PAYERS = 20;

/** Whole payers are drawn, since the payments of one are alike; undefined with very few defrauded ones: then rows by class. */
export function payersToDraw(payer: Int32Array, y: Uint8Array): Int32Array | undefined {
  const defrauded = new Set(payer.filter((_, row) => y[row] === 1)).size;
  return defrauded < FEWEST_DEFRAUDED_PAYERS ? undefined : payer;
}

/** 95 % bootstrap. */
export function fraudIntervals(
  { payer }: Pick<TrainingRows, 'payer'>,
  y: Uint8Array,
  fraudProbability: Float64Array,
  seed: number,
): FraudIntervals {
  const ranking = rank(y, fraudProbability);
  const measure = (counts: Int32Array): Record<keyof FraudIntervals, number> => {
    const curve = curveOf(ranking, counts);
    return {
      aucRoc: aucOf(curve),
      averagePrecision: averagePrecisionOf(curve),
      recallAtFpr001: recallAtFprOf(curve, 0.001),
      recallAtFpr005: recallAtFprOf(curve, 0.005),
    };
  };
  const draw = payersToDraw(payer, y) === undefined ? 'classes' : 'clusters';
  return bootstrap({ y, cluster: payer }, measure, { ...bootstrapDefaults, draw, seed });
}
