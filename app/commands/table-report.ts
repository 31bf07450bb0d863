/** What `hasivu evaluate table` prints for people: metrics beside the baseline, the search of one split, the notes. */
import type { SearchLine } from '../../models/auto/halving.js';
import type { Interval } from '../../models/bootstrap.js';
import type { NumberEvaluation, NumberScores } from '../../models/evaluate-number.js';
import type { TableEvaluation } from '../../models/evaluate-table.js';
import type { LearningPoint } from '../../models/learning-curve.js';
import { learningHeader, learningRow, learningSentence } from '../learning-report.js';
import { textTable } from '../text-table.js';

export function reportTable(evaluation: TableEvaluation, notes: readonly string[]): string {
  const { baseline, interval } = evaluation;
  const scores = textTable([
    ['', 'model', 'base rate', '95 % interval'],
    scoreLine('AUC', evaluation.aucRoc, baseline.aucRoc, interval.aucRoc),
    scoreLine(
      'average precision',
      evaluation.averagePrecision,
      baseline.averagePrecision,
      interval.averagePrecision,
    ),
    scoreLine('Brier', evaluation.brier, baseline.brier, interval.brier),
    scoreLine('log-loss', evaluation.logLoss, baseline.logLoss),
    scoreLine('accuracy', evaluation.accuracy, evaluation.majorityAccuracy),
  ]);
  return [...scores, '', sizeLine(evaluation), ...chosenLines(evaluation), ...notes].join('\n');
}

function scoreLine(name: string, model: number, base: number, interval?: Interval): string[] {
  const range = interval === undefined ? '' : `${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`;
  return [name, model.toFixed(4), base.toFixed(4), range];
}

export function reportNumber(evaluation: NumberEvaluation, notes: readonly string[]): string {
  const { baseline, interval, quantile, objective } = evaluation;
  const titles: readonly (readonly [keyof NumberScores, string])[] = [
    ['rmse', 'RMSE'],
    ['mae', 'mean absolute error'],
    ['pinball', `pinball at ${quantile}`],
    ['r2', 'R2'],
    ['coverage', 'share at most the prediction'],
  ];
  const constant = objective === 'squared' ? 'mean' : `${quantile} quantile`;
  const scores = textTable([
    ['', 'model', constant, '95 % interval'],
    ...titles.map(([name, title]) => scoreLine(title, evaluation[name], baseline[name], interval[name])),
  ]);
  return [...scores, '', sizeLine(evaluation), ...chosenLines({ ...evaluation, search: [] }), ...notes].join(
    '\n',
  );
}

function sizeLine({
  splits,
  trainRows,
  testRows,
  fitSeconds,
  predictSeconds,
}: Pick<TableEvaluation, 'splits' | 'trainRows' | 'testRows' | 'fitSeconds' | 'predictSeconds'>): string {
  const size = `${splits} splits of about ${trainRows} training and ${testRows} test rows`;
  return `${size}; fitted in ${fitSeconds.toFixed(1)} s, predicted in ${predictSeconds.toFixed(2)} s`;
}

/** Splits rarely choose quite the same settings; the list is for an impression. */
const MOST_CHOICES = 3;

function chosenLines({ chosen, search }: Pick<TableEvaluation, 'chosen' | 'search'>): string[] {
  const counts = new Map<string, number>();
  for (const one of chosen) counts.set(one, (counts.get(one) ?? 0) + 1);
  const frequent = [...counts].sort(([, a], [, b]) => b - a);
  const learners = frequent
    .slice(0, MOST_CHOICES)
    .map(([one, count]) => `learner in ${count} of ${chosen.length} splits: ${one}`);
  if (frequent.length > MOST_CHOICES)
    learners.push(`and ${frequent.length - MOST_CHOICES} other choices, all in --json`);
  const first = search[0] ?? [];
  if (first.length === 0) return learners;
  const title = search.length === 1 ? 'search:' : `search in the first of ${search.length} splits:`;
  return [...learners, '', title, ...searchTable(first), ''];
}

function searchTable(lines: readonly SearchLine[]): string[] {
  return textTable([
    ['rung', 'rows', 'log-loss', 'seconds', 'verdict', 'candidate'],
    ...lines.map(({ candidate, rung, rows, logLoss, seconds, kept }) => [
      String(rung),
      String(rows),
      logLoss === null ? '-' : logLoss.toFixed(5),
      seconds.toFixed(2),
      logLoss === null ? 'no budget' : kept ? 'kept' : 'dropped',
      candidate,
    ]),
  ]);
}

/** Of one split. */
export function reportLearning(points: readonly LearningPoint[]): string {
  return [
    '',
    'learning curve of the first split: a share of its training rows drawn at random, judged on its test rows',
    ...textTable([
      learningHeader('share', 'positive'),
      ...points.map((point) => learningRow(`${(100 * point.share).toFixed(1)} %`, point)),
    ]),
    ...learningSentence(points, 'rows'),
  ].join('\n');
}
