/**
 * Judges the fraud task on any table of payments: train | label delay | test, repeated backwards in time, features from
 * our own fold. The label delay is a fact of the protocol: every fraud is taken to be known exactly that long after its
 * payment. Source of the split: Fraud Detection Handbook (Le Borgne et al. 2022), chapters 3 and 5.
 */
import type { Clock } from '../../core/clock.js';
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { createFold } from '../../features/fold.js';
import { replayRows } from '../../features/replay-rows.js';
import { rowsAt, rowsBetween, type TrainingRows } from '../../features/training-rows.js';
import { IST_OFFSET_MS } from '../../features/calendar.js';
import { DAY_MS } from '../../features/vocabulary.js';
import { timeSplit } from '../split.js';
import { fitFraud, fraudIntervals, fraudMetrics, type FraudIntervals, type FraudMetrics } from './fraud.js';

export interface FraudProtocol {
  /** First instant of the first fold's training window, epoch ms. */
  readonly trainStartMs: number;
  readonly trainDays: number;
  readonly delayDays: number;
  readonly testDays: number;
  /** Labelled days up to the end of the training window that train; at least `trainDays`. */
  readonly historyDays: number;
  readonly folds: number;
  readonly stepDays: number;
  readonly seed: number;
}

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
}

export interface FraudEvaluation {
  readonly folds: readonly FraudFold[];
  readonly mean: FraudMetrics;
  readonly featureSeconds: number;
  readonly fitSeconds: number;
  readonly predictSeconds: number;
}

export interface EvaluateFraudOptions {
  readonly protocol: FraudProtocol;
  readonly clock: Clock;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** Needs the lake's views `payments`, `outcomes` and `labels` on `db`; only the labels' truth is used, not their time. */
export async function evaluateFraud(db: Duckdb, options: EvaluateFraudOptions): Promise<FraudEvaluation> {
  const { protocol, clock } = options;
  const seconds = { feature: 0, fit: 0, predict: 0 };
  const started = clock.now();
  const rows = await replayFolds(db, options);
  seconds.feature = (clock.now() - started) / 1000;
  const folds: FraudFold[] = [];
  for (let k = 0; k < protocol.folds; k++) {
    folds.push(judgeFold(rows, protocol.trainStartMs - k * protocol.stepDays * DAY_MS, options, seconds));
  }
  return {
    folds,
    mean: meanOf(folds),
    featureSeconds: seconds.feature,
    fitSeconds: seconds.fit,
    predictSeconds: seconds.predict,
  };
}

function replayFolds(db: Duckdb, { protocol, onProgress }: EvaluateFraudOptions): Promise<TrainingRows> {
  const { trainStartMs, trainDays, delayDays, testDays, historyDays, folds, stepDays } = protocol;
  const untilMs = trainStartMs + (trainDays + delayDays + testDays) * DAY_MS;
  const fromMs = trainStartMs - ((folds - 1) * stepDays + historyDays - trainDays) * DAY_MS;
  const fold = createFold({ maturityDays: delayDays });
  return replayRows(db, fold, { fromMs, untilMs, knownUntilMs: untilMs, onProgress });
}

function judgeFold(
  rows: TrainingRows,
  startMs: number,
  { protocol, clock, onProgress }: EvaluateFraudOptions,
  seconds: { fit: number; predict: number },
): FraudFold {
  const { train, test } = splitFold(rows, startMs, protocol);
  const trainY = isFraud(train);
  const testY = isFraud(test);
  requireFrauds(trainY, 'training', startMs);
  requireFrauds(testY, 'test', startMs);
  const beforeFit = clock.now();
  const model = fitFraud(train, trainY, {
    seed: protocol.seed,
    onProgress: (done, total) => onProgress?.('fit', done, total),
  });
  const beforePredict = clock.now();
  const fraudProbability = model.predict(test.frame);
  seconds.fit += (beforePredict - beforeFit) / 1000;
  seconds.predict += (clock.now() - beforePredict) / 1000;
  const testFromMs = startMs + (protocol.trainDays + protocol.delayDays) * DAY_MS;
  const testFrauds = sum(testY);
  return {
    trainFrom: indianDay(startMs),
    testFrom: indianDay(testFromMs),
    ...fraudMetrics(test, testY, fraudProbability, testFromMs),
    trainRows: train.frame.rows,
    trainFrauds: sum(trainY),
    testRows: test.frame.rows,
    testFrauds,
    baseline: { aucRoc: 0.5, averagePrecision: testFrauds / testY.length, recallAtFpr: 0 },
    interval: fraudIntervals(test, testY, fraudProbability, protocol.seed),
  };
}

function splitFold(
  rows: TrainingRows,
  startMs: number,
  protocol: FraudProtocol,
): { train: TrainingRows; test: TrainingRows } {
  const { trainDays, delayDays, testDays, historyDays } = protocol;
  const endMs = startMs + (trainDays + delayDays + testDays) * DAY_MS;
  const window = rowsBetween(rows, startMs - (historyDays - trainDays) * DAY_MS, endMs);
  const split = timeSplit({
    day: Int32Array.from(window.occurredAt, (at) => Math.floor((at - startMs) / DAY_MS)),
    payer: window.payer,
    fraud: isFraud(window),
    trainStartDay: 0,
    trainDays,
    delayDays,
    testDays,
    historyDays: historyDays - trainDays,
  });
  // Training rows are the oldest ones, without gaps: a view is enough.
  const train = rowsBetween(window, -Infinity, startMs + trainDays * DAY_MS);
  return { train, test: rowsAt(window, split.test) };
}

function isFraud(rows: TrainingRows): Uint8Array {
  return Uint8Array.from(rows.fraudKnownAt, (knownAt) => (Number.isNaN(knownAt) ? 0 : 1));
}

function requireFrauds(y: Uint8Array, part: string, startMs: number): void {
  const frauds = sum(y);
  if (frauds > 0 && frauds < y.length) return;
  const what = y.length === 0 ? 'no payments' : frauds === 0 ? 'no frauds' : 'only frauds';
  throw new AppError(
    'bad-input',
    'fold-without-both-classes',
    `the ${part} rows of the fold that starts ${indianDay(startMs)} hold ${what}; choose --train-start so that every fold lies inside the data`,
  );
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

function indianDay(instantMs: number): string {
  return new Date(instantMs + IST_OFFSET_MS).toISOString().slice(0, 10);
}

function sum(values: Uint8Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
