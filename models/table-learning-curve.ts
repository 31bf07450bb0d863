/**
 * The learning curve of a table: what the learner makes of growing samples of the first split's training rows, each judged
 * on that split's test rows. A learner that searches does so anew for every sample, as somebody with fewer rows would.
 */
import { fitAuto } from './auto/auto.js';
import { takePart } from './auto/training-part.js';
import type { EvaluationRequest } from './evaluate-table.js';
import { LEARNING_SHARES, learningCurve, randomSamples, type LearningPoint } from './learning-curve.js';
import { takeLabels, takeRows } from './split.js';
import { tableSplits } from './table-splits.js';
import { trainingRows, type Table } from './table.js';

/** Rows of one group are drawn apart in samples, and whole for the intervals. */
export function tableLearningCurve(
  table: Table,
  { onProgress, ...request }: EvaluationRequest,
): Promise<LearningPoint[]> {
  const { train, test } = tableSplits(table, table.y, request)[0]!;
  const part = takePart(trainingRows(table), train);
  const { group } = table;
  return learningCurve({
    train: part,
    newest: {
      frame: takeRows(table.frame, test),
      y: takeLabels(table.y, test),
      cluster: group === null ? undefined : Int32Array.from(test, (row) => group[row]!),
    },
    samples: randomSamples(part.y, LEARNING_SHARES, request.seed),
    fit: async (rows) => (await fitAuto(takePart(part, rows), request)).model,
    seed: request.seed,
    ...(onProgress && { onProgress }),
  });
}
