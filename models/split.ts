/**
 * Which rows train and which test. In time: train | label delay | test, without payers that the operator already knows
 * to be compromised on the test day. In tables: stratified folds, repeated. A split only ever names row numbers, and
 * learners are handed the training rows alone, so nothing can be resampled across the border.
 * Source: Fraud Detection Handbook (Le Borgne et al. 2022), chapters 3 and 5.
 */
import { AppError, assert } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import type { Frame } from './contract.js';

export interface Split {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

export interface TimeSplitRequest {
  /** Day number of each payment (n); day D is `trainStartDay`. */
  readonly day: Int32Array;
  readonly payer: Int32Array;
  readonly fraud: Uint8Array;
  readonly trainStartDay: number;
  readonly trainDays: number;
  readonly delayDays: number;
  readonly testDays: number;
  /** Labelled days before `trainStartDay` that also train. */
  readonly historyDays: number;
}

/**
 * Train [D, D + train), delay, test. A payer with a fraud in the training days, or on a day whose labels are known by
 * test day k (up to D + train + k - 1, k from 0), is known to be compromised and leaves that test day and the later ones.
 */
export function timeSplit(request: TimeSplitRequest): Split {
  const { day, payer, fraud, trainStartDay, trainDays, delayDays, testDays, historyDays } = request;
  assert(
    trainDays >= 1 && testDays >= 1 && delayDays >= 0 && historyDays >= 0,
    'a split has whole non-negative days',
  );
  const trainEnd = trainStartDay + trainDays;
  const testStart = trainEnd + delayDays;
  const fraudKnownFrom = new Map<number, number>();
  for (let row = 0; row < day.length; row++) {
    if (fraud[row] === 0 || day[row]! < trainStartDay) continue;
    const knownOn = Math.max(testStart, day[row]! + delayDays + 1);
    fraudKnownFrom.set(payer[row]!, Math.min(fraudKnownFrom.get(payer[row]!) ?? Infinity, knownOn));
  }
  const train: number[] = [];
  const test: number[] = [];
  for (let row = 0; row < day.length; row++) {
    const on = day[row]!;
    if (on >= trainStartDay - historyDays && on < trainEnd) train.push(row);
    const isTest = on >= testStart && on < testStart + testDays;
    if (isTest && on < (fraudKnownFrom.get(payer[row]!) ?? Infinity)) test.push(row);
  }
  return { train: Int32Array.from(train), test: Int32Array.from(test) };
}

export interface CrossValidation {
  readonly folds: number;
  readonly repeats: number;
  readonly seed: number;
}

/** `repeats` x `folds` splits; each fold holds its share of both classes, and each repeat tests every row once. */
export function stratifiedFolds(y: Uint8Array, { folds, repeats, seed }: CrossValidation): Split[] {
  assert(folds >= 2 && repeats >= 1, 'at least two folds and one repeat');
  const rowsOf = [0, 1].map((label) => Array.from(y.keys()).filter((row) => y[row] === label));
  const rarest = Math.min(...rowsOf.map((rows) => rows.length));
  if (rarest < folds) {
    const remedy = rarest < 2 ? 'bring more rows' : `use at most ${rarest} folds or bring more rows`;
    throw new AppError(
      'bad-input',
      'too-few-rows',
      `the rarer class has ${rarest} rows, too few for ${folds} folds; ${remedy}`,
    );
  }
  const random = seededRandom(seed);
  return Array.from({ length: repeats }, (_, repeat) => {
    const shuffle = random.fork(`repeat ${repeat}`);
    const foldOf = new Uint16Array(y.length);
    let next = 0;
    for (const rows of rowsOf) for (const row of shuffled(rows, shuffle)) foldOf[row] = next++ % folds;
    return Array.from({ length: folds }, (_unused, fold) => ({
      train: rowsWhere(foldOf, (of) => of !== fold),
      test: rowsWhere(foldOf, (of) => of === fold),
    }));
  }).flat();
}

function rowsWhere(foldOf: Uint16Array, wanted: (fold: number) => boolean): Int32Array {
  return Int32Array.from(foldOf.keys()).filter((row) => wanted(foldOf[row]!));
}

/** A new list in random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: { below(bound: number): number }): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [result[i], result[other]] = [result[other]!, result[i]!];
  }
  return result;
}

/** The rows of a frame, in the order given. */
export function takeRows(frame: Frame, rows: Int32Array): Frame {
  const columns = frame.columns.map((column) => {
    const taken = new Float32Array(rows.length);
    // A loop: `from` with a mapping takes ten times as long, and a search takes rows many times.
    for (let i = 0; i < rows.length; i++) taken[i] = column[rows[i]!]!;
    return taken;
  });
  return { ...frame, rows: rows.length, columns };
}

export function takeLabels(y: Uint8Array, rows: Int32Array): Uint8Array {
  return new Uint8Array(rows.length).map((_, i) => y[rows[i]!]!);
}

export function hasBothClasses(y: Uint8Array): boolean {
  return y.includes(0) && y.includes(1);
}
