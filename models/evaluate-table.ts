/**
 * Judges a learner on a table it has not seen: by time, or by repeated stratified folds. The learner is handed the training
 * rows only. Every metric stands beside what "everybody has the base rate" scores, and an interval from resampled rows.
 */
import type { Clock } from '../core/clock.js';
import { fitAuto } from './auto/auto.js';
import type { AutoRequest } from './auto/auto.js';
import type { SearchLine } from './auto/halving.js';
import { takePart } from './auto/training-part.js';
import { bootstrap } from './bootstrap.js';
import type { Interval } from './bootstrap.js';
import type { FitProgress } from './contract.js';
import { aucOf, averagePrecisionOf, curveOf, rank } from './curve.js';
import { accuracy, aucRoc, averagePrecision, brier, logLoss, majorityAccuracy } from './metrics.js';
import { takeLabels, takeRows } from './split.js';
import type { CrossValidation, Split } from './split.js';
import { tableSplits } from './table-splits.js';
import { trainingRows } from './table.js';
import type { Table } from './table.js';

interface Scores {
  readonly aucRoc: number;
  readonly averagePrecision: number;
  readonly brier: number;
  readonly logLoss: number;
  readonly accuracy: number;
  readonly majorityAccuracy: number;
}

export interface TableEvaluation extends Scores {
  /** Of one split; the metrics above are means over the splits. */
  readonly trainRows: number;
  readonly testRows: number;
  /** Of all splits together. */
  readonly fitSeconds: number;
  readonly predictSeconds: number;
  readonly splits: number;
  /** Between the splits; 0 for one split. */
  readonly standardDeviation: { readonly aucRoc: number; readonly brier: number };
  /** 95 % for the pooled test rows, each with its mean prediction over the repeats. */
  readonly interval: {
    readonly aucRoc: Interval;
    readonly averagePrecision: Interval;
    readonly brier: Interval;
  };
  /** The base rate of the training rows as everybody's probability. */
  readonly baseline: Omit<Scores, 'majorityAccuracy'>;
  readonly chosen: readonly string[];
  /** What competed in each split, rung by rung; empty where nothing was searched. */
  readonly search: readonly (readonly SearchLine[])[];
}

export interface EvaluationRequest extends CrossValidation, AutoRequest {
  readonly clock: Clock;
  /** Splits done. */
  readonly onProgress?: FitProgress;
}

export async function evaluateTable(table: Table, request: EvaluationRequest): Promise<TableEvaluation> {
  const splits = tableSplits(table, table.y, request);
  const runs: Run[] = [];
  for (const split of splits) {
    request.onProgress?.(runs.length, splits.length);
    runs.push(await runSplit(table, split, request));
  }
  request.onProgress?.(splits.length, splits.length);
  const mean = (of: (run: Run) => number): number =>
    runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  const spread = (of: (run: Run) => number): number => {
    const centre = mean(of);
    return Math.sqrt(
      mean((run) => (of(run) - centre) ** 2) * (runs.length > 1 ? runs.length / (runs.length - 1) : 0),
    );
  };
  return {
    ...meanScores(runs.map((run) => run.scores)),
    trainRows: splits[0]!.train.length,
    testRows: splits[0]!.test.length,
    fitSeconds: mean((run) => run.fitSeconds) * runs.length,
    predictSeconds: mean((run) => run.predictSeconds) * runs.length,
    splits: splits.length,
    standardDeviation: {
      aucRoc: spread((run) => run.scores.aucRoc),
      brier: spread((run) => run.scores.brier),
    },
    interval: intervals(table, splits, runs, request.seed),
    baseline: meanScores(runs.map((run) => run.baseline)),
    chosen: runs.map((run) => run.chosen),
    search: runs.map((run) => run.search),
  };
}

interface Run {
  readonly predictions: Float64Array;
  readonly scores: Scores;
  readonly baseline: Scores;
  readonly fitSeconds: number;
  readonly predictSeconds: number;
  readonly chosen: string;
  readonly search: readonly SearchLine[];
}

async function runSplit(
  table: Table,
  { train, test }: Split,
  { onProgress: _ofSplits, ...request }: EvaluationRequest,
): Promise<Run> {
  const { clock } = request;
  const startedAt = clock.now();
  const part = takePart(trainingRows(table), train);
  const { model, chosen, search } = await fitAuto(part, request);
  const fittedAt = clock.now();
  const predictions = model.predict(takeRows(table.frame, test));
  const predictedAt = clock.now();
  const testY = takeLabels(table.y, test);
  const baseRate = part.y.reduce((sum, label) => sum + label, 0) / part.y.length;
  return {
    predictions,
    scores: score(testY, predictions),
    baseline: score(testY, new Float64Array(test.length).fill(baseRate)),
    fitSeconds: (fittedAt - startedAt) / 1000,
    predictSeconds: (predictedAt - fittedAt) / 1000,
    chosen,
    search,
  };
}

function score(y: Uint8Array, p: Float64Array): Scores {
  return {
    aucRoc: aucRoc(y, p),
    averagePrecision: averagePrecision(y, p),
    brier: brier(y, p),
    logLoss: logLoss(y, p),
    accuracy: accuracy(y, p),
    majorityAccuracy: majorityAccuracy(y),
  };
}

function meanScores(scores: readonly Scores[]): Scores {
  const mean = (of: (one: Scores) => number): number =>
    scores.reduce((sum, one) => sum + of(one), 0) / scores.length;
  return {
    aucRoc: mean((one) => one.aucRoc),
    averagePrecision: mean((one) => one.averagePrecision),
    brier: mean((one) => one.brier),
    logLoss: mean((one) => one.logLoss),
    accuracy: mean((one) => one.accuracy),
    majorityAccuracy: mean((one) => one.majorityAccuracy),
  };
}

/** Fold models differ a little in level, so the pooled interval is slightly wide: the safe side. */
function intervals(
  { y, group }: Table,
  splits: readonly Split[],
  runs: readonly Run[],
  seed: number,
): TableEvaluation['interval'] {
  const sums = new Float64Array(y.length);
  const times = new Uint8Array(y.length);
  splits.forEach(({ test }, k) => {
    test.forEach((row, i) => {
      sums[row]! += runs[k]!.predictions[i]!;
      times[row]!++;
    });
  });
  const tested = Int32Array.from(y.keys()).filter((row) => times[row]! > 0);
  const outcomes = takeLabels(y, tested);
  const p = Float64Array.from(tested, (row) => sums[row]! / times[row]!);
  const ranking = rank(outcomes, p);
  const squares = p.map((probability, i) => (probability - outcomes[i]!) ** 2);
  const cluster = group === null ? {} : { cluster: Int32Array.from(tested, (row) => group[row]!) };
  return bootstrap(
    { y: outcomes, ...cluster },
    (counts) => {
      const curve = curveOf(ranking, counts);
      const squared = squares.reduce((sum, square, i) => sum + square * counts[i]!, 0);
      return {
        aucRoc: aucOf(curve),
        averagePrecision: averagePrecisionOf(curve),
        brier: squared / counts.reduce((sum, count) => sum + count, 0),
      };
    },
    { resamples: 200, level: 0.95, seed, draw: group === null ? 'classes' : 'clusters' },
  );
}
