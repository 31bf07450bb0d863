/**
 * Judges the fraud task on any table of payments, fold by fold, with features from our own fold; on request it also says
 * how far the newest fold's model is from overfitting and what slow labels cost. The protocol is in fraud-protocol.ts.
 */
import type { Clock } from '../../core/clock.js';
import type { Duckdb } from '../../core/duckdb.js';
import { DAY_MS } from '../../features/vocabulary.js';
import type { GroupImportance } from '../permutation-importance.js';
import type { FraudMetrics } from './fraud.js';
import { fraudDrift, type FraudDrift } from './fraud-drift.js';
import { judgeFold, type FraudFold, type JudgedFold } from './fraud-fold.js';
import type { FraudLearner } from './fraud-learners.js';
import { replayFolds, splitFold, type FraudProtocol, type OnStage } from './fraud-protocol.js';
import { fraudImportance, fraudLearningCurve, type FraudLearningCurve } from './inspect-fraud.js';
import { delayedTest, labelDelayCurve, type DelayedTest, type LabelDelayPoint } from './label-delay-curve.js';

/** What is looked at besides the metrics, on the newest fold. */
export interface FraudInspections {
  readonly learningCurve?: boolean;
  readonly importance?: boolean;
  readonly drift?: boolean;
  /** Days after which labels are taken to come. */
  readonly labelDelaysDays?: readonly number[];
}

export interface FraudEvaluation extends InspectedFold {
  readonly folds: readonly FraudFold[];
  readonly mean: FraudMetrics;
  readonly labelDelayCurve?: readonly LabelDelayPoint[];
  readonly featureSeconds: number;
  readonly fitSeconds: number;
  readonly predictSeconds: number;
}

interface InspectedFold {
  readonly learningCurve?: FraudLearningCurve;
  readonly importance?: readonly GroupImportance[];
  readonly drift?: FraudDrift;
}

export interface EvaluateFraudOptions {
  readonly protocol: FraudProtocol;
  readonly clock: Clock;
  readonly inspect?: FraudInspections;
  /** The product's own, `trees`, by default. */
  readonly learner?: FraudLearner;
  readonly onProgress?: OnStage;
}

/** Needs the lake's views `payments`, `outcomes` and `labels` on `db`; only the labels' truth is used, not their time. */
export async function evaluateFraud(db: Duckdb, options: EvaluateFraudOptions): Promise<FraudEvaluation> {
  const { protocol, clock, onProgress, learner = 'trees', inspect = {} } = options;
  const { newest, inspected, ...judged } = await judgeFolds(db, { ...options, learner, inspect });
  const delaysDays = inspect.labelDelaysDays;
  const delays =
    delaysDays === undefined
      ? {}
      : {
          labelDelayCurve: await labelDelayCurve(db, {
            ...{ protocol, delaysDays, own: newest, learner, clock, onProgress },
          }),
        };
  return { folds: judged.folds, mean: meanOf(judged.folds), ...inspected, ...delays, ...judged.seconds };
}

interface JudgedFolds {
  readonly folds: readonly FraudFold[];
  /** Without its frame: the rows of all folds are released before the next replay. */
  readonly newest: DelayedTest;
  readonly inspected: InspectedFold;
  readonly seconds: Pick<FraudEvaluation, 'featureSeconds' | 'fitSeconds' | 'predictSeconds'>;
}

async function judgeFolds(
  db: Duckdb,
  {
    protocol,
    clock,
    onProgress,
    learner,
    inspect,
  }: EvaluateFraudOptions & Required<Pick<EvaluateFraudOptions, 'learner' | 'inspect'>>,
): Promise<JudgedFolds> {
  const started = clock.now();
  const rows = await replayFolds(db, protocol, { learner, onProgress });
  const featureSeconds = (clock.now() - started) / 1000;
  const judge = (k: number): Promise<JudgedFold> => {
    const startMs = protocol.trainStartMs - k * protocol.stepDays * DAY_MS;
    return judgeFold(splitFold(rows, startMs, protocol), { learner, seed: protocol.seed, clock, onProgress });
  };
  const newest = await judge(0);
  const inspected = await inspectFold(db, newest, { protocol, learner, inspect, onProgress });
  const figures = [newest.figures];
  let { fitSeconds, predictSeconds } = newest;
  for (let k = 1; k < protocol.folds; k++) {
    const fold = await judge(k);
    figures.push(fold.figures);
    fitSeconds += fold.fitSeconds;
    predictSeconds += fold.predictSeconds;
  }
  return {
    folds: figures,
    newest: delayedTest(newest),
    inspected,
    seconds: { featureSeconds, fitSeconds, predictSeconds },
  };
}

async function inspectFold(
  db: Duckdb,
  fold: JudgedFold,
  {
    protocol,
    learner,
    inspect,
    onProgress,
  }: Required<Pick<EvaluateFraudOptions, 'protocol' | 'learner' | 'inspect'>> & {
    readonly onProgress: OnStage | undefined;
  },
): Promise<InspectedFold> {
  const { seed, historyDays, delayDays: maturityDays } = protocol;
  const { train, test, testY, testPeriod: newer } = fold.rows;
  const stage = (name: string) => ({
    onProgress: (done: number, total: number) => onProgress?.(name, done, total),
  });
  return {
    ...(inspect.importance === true && {
      importance: fraudImportance(fold.model, test, testY, { seed, ...stage('importance') }),
    }),
    ...(inspect.drift === true && {
      drift: await fraudDrift(db, { older: train, newer, maturityDays, seed, ...stage('drift') }),
    }),
    ...(inspect.learningCurve === true && {
      learningCurve: await fraudLearningCurve(fold, {
        historyDays,
        learner,
        seed,
        ...stage('learning curve'),
      }),
    }),
  };
}

function meanOf(folds: readonly FraudFold[]): FraudMetrics {
  const mean = (read: (fold: FraudFold) => number): number =>
    folds.reduce((total, fold) => total + read(fold), 0) / folds.length;
  return {
    aucRoc: mean((fold) => fold.aucRoc),
    averagePrecision: mean((fold) => fold.averagePrecision),
    cardPrecisionAt100: mean((fold) => fold.cardPrecisionAt100),
    recallAtFpr: {
      '0.001': mean((fold) => fold.recallAtFpr['0.001']),
      '0.005': mean((fold) => fold.recallAtFpr['0.005']),
      '0.01': mean((fold) => fold.recallAtFpr['0.01']),
    },
  };
}
