/**
 * One fold of the fraud task: a model fitted on its training rows and judged on its test rows, beside approving everybody.
 * The figures are of payments that no label known at their instant could have given away.
 */
import type { Clock } from '../../core/clock.js';
import { istDay } from '../../features/calendar.js';
import { backendOf } from '../backend-of.js';
import type { Model } from '../contract.js';
import { fraudIntervals, fraudMetrics, type FraudIntervals, type FraudMetrics } from './fraud.js';
import { fitFraudWith, type FraudLearner } from './fraud-learners.js';
import { countFrauds, type FoldRows, type OnStage } from './fraud-protocol.js';

export interface FraudFold extends FraudMetrics {
  /** First days in India, YYYY-MM-DD. */
  readonly trainFrom: string;
  readonly testFrom: string;
  readonly trainRows: number;
  readonly trainFrauds: number;
  readonly testRows: number;
  readonly testFrauds: number;
  /** Of approving everybody: no order among payments, so precision is the share of frauds. */
  readonly baseline: {
    readonly aucRoc: number;
    readonly averagePrecision: number;
    readonly recallAtFpr: number;
  };
  /** 95 % bootstrap over payers. */
  readonly interval: FraudIntervals;
  /** What trained the net, if there is one. */
  readonly backend?: string;
}

export interface JudgedFold {
  readonly rows: FoldRows;
  readonly model: Model;
  /** Of the test rows (n). */
  readonly fraudProbability: Float64Array;
  readonly figures: FraudFold;
  readonly fitSeconds: number;
  readonly predictSeconds: number;
}

interface JudgeOptions {
  readonly learner: FraudLearner;
  readonly seed: number;
  readonly clock: Clock;
  readonly onProgress?: OnStage | undefined;
}

export async function judgeFold(rows: FoldRows, options: JudgeOptions): Promise<JudgedFold> {
  const { learner, seed, clock, onProgress } = options;
  const { train, trainY, test, testY, startMs, testFromMs } = rows;
  const beforeFit = clock.now();
  const model = await fitFraudWith(learner, train, trainY, {
    seed,
    onProgress: (done, total) => onProgress?.('fit', done, total),
  });
  const beforePredict = clock.now();
  const fraudProbability = model.predict(test.frame);
  const afterPredict = clock.now();
  const testFrauds = countFrauds(testY);
  const figures = {
    trainFrom: istDay(startMs),
    testFrom: istDay(testFromMs),
    ...fraudMetrics(test, testY, fraudProbability, testFromMs),
    trainRows: train.frame.rows,
    trainFrauds: countFrauds(trainY),
    testRows: test.frame.rows,
    testFrauds,
    baseline: { aucRoc: 0.5, averagePrecision: testFrauds / testY.length, recallAtFpr: 0 },
    interval: fraudIntervals(test, testY, fraudProbability, seed),
    ...backendOf([model]),
  };
  return {
    rows,
    model,
    fraudProbability,
    figures,
    fitSeconds: (beforePredict - beforeFit) / 1000,
    predictSeconds: (afterPredict - beforePredict) / 1000,
  };
}
