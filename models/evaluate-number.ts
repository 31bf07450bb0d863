/**
 * Judges boosted trees on a table whose label is a number: by time, or by repeated folds. Every error stands beside what
 * the best constant of the training rows scores (their mean, or their quantile), with an interval from resampled rows.
 */
import type { Clock } from '../core/clock.js';
import { AppError } from '../core/errors.js';
import { fitNumber } from './auto/fit-number.js';
import type { NumberRequest } from './auto/fit-number.js';
import { takePart } from './auto/training-part.js';
import { bootstrap } from './bootstrap.js';
import type { Interval } from './bootstrap.js';
import type { FitProgress } from './contract.js';
import { takeRows } from './split.js';
import type { CrossValidation, Split } from './split.js';
import { tableSplits } from './table-splits.js';
import { trainingRows } from './table.js';
import type { NumberTable } from './table.js';
import { weightedQuantile } from './trees/objective.js';

/** Over the tested rows, each with its mean prediction over the repeats. In the label's unit, but for the last two. */
export interface NumberScores {
  readonly rmse: number;
  readonly mae: number;
  /** Mean quantile loss at the request's quantile. */
  readonly pinball: number;
  /** 1 - squared error over that of the tested rows' mean. */
  readonly r2: number;
  /** Share of the labels that are at most the prediction. */
  readonly coverage: number;
}

export interface NumberEvaluation extends NumberScores {
  readonly objective: NumberRequest['objective'];
  readonly quantile: number;
  /** 95 %. */
  readonly interval: Readonly<Record<keyof NumberScores, Interval>>;
  /** The best constant of the training rows for everybody. */
  readonly baseline: NumberScores;
  readonly trainRows: number;
  readonly testRows: number;
  readonly splits: number;
  readonly fitSeconds: number;
  readonly predictSeconds: number;
  readonly chosen: readonly string[];
}

export interface NumberEvaluationRequest extends CrossValidation, NumberRequest {
  readonly clock: Clock;
  /** Splits done. */
  readonly onProgress?: FitProgress;
}

export function evaluateNumber(table: NumberTable, request: NumberEvaluationRequest): NumberEvaluation {
  const { y, group } = table;
  const strata = strataOf(y, request.folds);
  const splits = tableSplits(table, strata, request);
  const predictions = meanPrediction(y.length);
  const constants = meanPrediction(y.length);
  const runs = splits.map((split, done) => {
    request.onProgress?.(done, splits.length);
    const run = runSplit(table, strata, split, request);
    predictions.add(split.test, (i) => run.predictions[i]!);
    constants.add(split.test, () => run.constant);
    return run;
  });
  request.onProgress?.(splits.length, splits.length);
  const tested = predictions.rows();
  const measure = scorer(
    Float64Array.from(tested, (row) => y[row]!),
    request.quantile,
  );
  const model = predictions.means(tested);
  const cluster = group === null ? {} : { cluster: Int32Array.from(tested, (row) => group[row]!) };
  return {
    objective: request.objective,
    quantile: request.quantile,
    ...measure(model),
    baseline: measure(constants.means(tested)),
    interval: bootstrap(
      { y: Uint8Array.from(tested, (row) => strata[row]!), ...cluster },
      (counts) => measure(model, counts),
      { resamples: 200, level: 0.95, seed: request.seed, draw: group === null ? 'rows' : 'clusters' },
    ),
    trainRows: splits[0]!.train.length,
    testRows: splits[0]!.test.length,
    splits: splits.length,
    fitSeconds: runs.reduce((sum, { fitSeconds }) => sum + fitSeconds, 0),
    predictSeconds: runs.reduce((sum, { predictSeconds }) => sum + predictSeconds, 0),
    chosen: runs.map(({ chosen }) => chosen),
  };
}

/** Above the median or not, so that folds agree in level; alternating where nearly all rows are alike. */
function strataOf(y: Float64Array, folds: number): Uint8Array {
  if (y.length < 2 * folds) {
    throw new AppError(
      'bad-input',
      'too-few-rows',
      `there are ${y.length} labelled rows, too few for ${folds} folds; bring more rows or use fewer folds`,
    );
  }
  const median = weightedQuantile(y, undefined, 0.5);
  const above = Uint8Array.from(y, (value) => Number(value > median));
  const large = above.reduce((sum, one) => sum + one, 0);
  return Math.min(large, y.length - large) >= folds ? above : above.map((_, row) => row % 2);
}

function runSplit(
  table: NumberTable,
  strata: Uint8Array,
  { train, test }: Split,
  request: NumberEvaluationRequest,
): {
  predictions: Float64Array;
  constant: number;
  chosen: string;
  fitSeconds: number;
  predictSeconds: number;
} {
  const { clock } = request;
  const startedAt = clock.now();
  const target = Float64Array.from(train, (row) => table.y[row]!);
  const part = takePart(trainingRows({ ...table, y: strata }), train);
  const { model, chosen } = fitNumber(part, target, request);
  const fittedAt = clock.now();
  const predictions = model.predict(takeRows(table.frame, test));
  const constant =
    request.objective === 'squared'
      ? target.reduce((sum, value) => sum + value / target.length, 0)
      : weightedQuantile(target, undefined, request.quantile);
  return {
    predictions,
    constant,
    chosen,
    fitSeconds: (fittedAt - startedAt) / 1000,
    predictSeconds: (clock.now() - fittedAt) / 1000,
  };
}

interface MeanPrediction {
  add(rows: Int32Array, valueOf: (i: number) => number): void;
  /** Rows with a prediction, ascending. */
  rows(): Int32Array;
  means(rows: Int32Array): Float64Array;
}

function meanPrediction(n: number): MeanPrediction {
  const sums = new Float64Array(n);
  const times = new Uint16Array(n);
  return {
    add: (rows, valueOf) =>
      rows.forEach((row, i) => {
        sums[row]! += valueOf(i);
        times[row]!++;
      }),
    rows: () => Int32Array.from(times.keys()).filter((row) => times[row]! > 0),
    means: (rows) => Float64Array.from(rows, (row) => sums[row]! / times[row]!),
  };
}

/** Scores of predictions (n), with `counts` of rows drawn several times or not at all. */
function scorer(
  y: Float64Array,
  quantile: number,
): (predictions: Float64Array, counts?: Int32Array) => NumberScores {
  return (predictions, counts) => {
    let [rows, sum, squares, squared, absolute, pinball, covered] = [0, 0, 0, 0, 0, 0, 0];
    const origin = y[0] ?? 0; // Near the values, so that the sum of squares keeps its digits.
    for (let i = 0; i < y.length; i++) {
      const count = counts?.[i] ?? 1;
      const label = y[i]! - origin;
      const rest = y[i]! - predictions[i]!;
      rows += count;
      sum += count * label;
      squares += count * label ** 2;
      squared += count * rest ** 2;
      absolute += count * Math.abs(rest);
      pinball += count * rest * (rest >= 0 ? quantile : quantile - 1);
      covered += rest <= 0 ? count : 0;
    }
    const spread = squares - sum ** 2 / rows;
    return {
      rmse: Math.sqrt(squared / rows),
      mae: absolute / rows,
      pinball: pinball / rows,
      // Labels that are all alike leave nothing to explain.
      r2: spread > 0 ? 1 - squared / spread : 0,
      coverage: covered / rows,
    };
  };
}
