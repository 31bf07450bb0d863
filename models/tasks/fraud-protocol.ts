/**
 * The protocol by which the fraud task is judged: train | label delay | test, repeated backwards in time. The label delay
 * is a fact of the protocol: every fraud is taken to be known exactly that long after its payment, by the features too.
 * Source of the split: Fraud Detection Handbook (Le Borgne et al. 2022), chapters 3 and 5.
 */
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { istDay } from '../../features/calendar.js';
import { createFold } from '../../features/fold.js';
import { replayRows } from '../../features/replay-rows.js';
import { rowsAt, rowsBetween, type TrainingRows } from '../../features/training-rows.js';
import { DAY_MS } from '../../features/vocabulary.js';
import { timeSplit } from '../split.js';
import { rowsFor, type FraudLearner } from './fraud-learners.js';

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

export interface OnStage {
  (stage: string, done: number, total: number): void;
}

/** The rows of every fold. Needs the views `payments`, `outcomes` and `labels`, with labels known after the delay. */
export async function replayFolds(
  db: Duckdb,
  protocol: FraudProtocol,
  { learner, onProgress }: { readonly learner: FraudLearner; readonly onProgress?: OnStage | undefined },
): Promise<TrainingRows> {
  const { trainStartMs, trainDays, delayDays, testDays, historyDays, folds, stepDays } = protocol;
  const untilMs = trainStartMs + (trainDays + delayDays + testDays) * DAY_MS;
  const fromMs = trainStartMs - ((folds - 1) * stepDays + historyDays - trainDays) * DAY_MS;
  const fold = createFold({ maturityDays: delayDays });
  const rows = await replayRows(db, fold, { fromMs, untilMs, knownUntilMs: untilMs, onProgress });
  return rowsFor(learner, rows);
}

/** One fold's rows: what trains and what tests, each with 1 where the payment is a fraud (n). */
export interface FoldRows {
  readonly startMs: number;
  readonly testFromMs: number;
  readonly train: TrainingRows;
  readonly trainY: Uint8Array;
  readonly test: TrainingRows;
  readonly testY: Uint8Array;
  /** All payments of the test days, also of payers that are known to be compromised. */
  readonly testPeriod: TrainingRows;
}

/** Throws `fold-without-both-classes` where a part holds no frauds, only frauds or nothing. */
export function splitFold(rows: TrainingRows, startMs: number, protocol: FraudProtocol): FoldRows {
  const { trainDays, delayDays, testDays, historyDays } = protocol;
  const testFromMs = startMs + (trainDays + delayDays) * DAY_MS;
  const window = rowsBetween(
    rows,
    startMs - (historyDays - trainDays) * DAY_MS,
    testFromMs + testDays * DAY_MS,
  );
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
  const test = rowsAt(window, split.test);
  const [trainY, testY] = [isFraud(train), isFraud(test)];
  requireBoth(trainY, 'training', startMs);
  requireBoth(testY, 'test', startMs);
  const testPeriod = rowsBetween(window, testFromMs, Infinity);
  return { startMs, testFromMs, train, trainY, test, testY, testPeriod };
}

function isFraud(rows: TrainingRows): Uint8Array {
  return Uint8Array.from(rows.fraudKnownAt, (knownAt) => (Number.isNaN(knownAt) ? 0 : 1));
}

function requireBoth(y: Uint8Array, part: string, startMs: number): void {
  const frauds = countFrauds(y);
  if (frauds > 0 && frauds < y.length) return;
  const what = y.length === 0 ? 'no payments' : frauds === 0 ? 'no frauds' : 'only frauds';
  throw new AppError(
    'bad-input',
    'fold-without-both-classes',
    `the ${part} rows of the fold that starts ${istDay(startMs)} hold ${what}; choose --train-start so that every fold lies inside the data`,
  );
}

export function countFrauds(y: Uint8Array): number {
  let frauds = 0;
  for (const label of y) frauds += label;
  return frauds;
}
