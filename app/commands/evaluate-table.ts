/** `hasivu evaluate table`: how well do our learners do on any table with a binary label? */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { openDuckdb } from '../../core/duckdb.js';
import { TABLE_LEARNERS } from '../../models/auto.js';
import type { TableLearner } from '../../models/auto.js';
import { evaluateTable } from '../../models/evaluate-table.js';
import type { TableEvaluation } from '../../models/evaluate-table.js';
import { readTable } from '../../models/table.js';
import type { Cli } from '../cli-io.js';
import { wholeNumber } from './options.js';

interface Options {
  readonly data: string;
  readonly label: string;
  readonly exclude: readonly string[];
  readonly time?: string;
  readonly testFrom?: string;
  readonly folds: number;
  readonly repeats: number;
  readonly seed: number;
  readonly learner: TableLearner;
}

/** Adds `table` to the `evaluate` command. */
export function registerEvaluateTable(evaluate: Command, cli: Cli): void {
  evaluate
    .command('table')
    .description('judge a learner on a CSV or Parquet file with a binary label')
    .requiredOption('--data <file>', 'CSV (with a header) or Parquet file')
    .requiredOption('--label <column>', 'column with two values')
    .option('--exclude <columns>', 'comma-separated columns to leave out', names, [])
    .option('--time <column>', 'split in time by this column, together with --test-from')
    .option('--test-from <value>', 'first instant of the test rows, in the values of --time')
    .option('--folds <number>', 'stratified folds, when there is no --time', wholeNumber(2), 5)
    .option('--repeats <number>', 'how often the folds are drawn anew', wholeNumber(1), 1)
    .option('--seed <number>', 'seed of the folds and of the learner', wholeNumber(0), 1)
    .option('--learner <name>', `${TABLE_LEARNERS.join(', ')}`, learnerName, 'auto')
    .action(async (options: Options, command: Command) => {
      if ((options.time === undefined) !== (options.testFrom === undefined)) {
        command.error('error: --time and --test-from belong together; give both or none');
      }
      await run(options, cli);
    });
}

async function run({ data: file, time: column, testFrom, ...options }: Options, cli: Cli): Promise<void> {
  const db = await openDuckdb(':memory:');
  try {
    const time = column === undefined || testFrom === undefined ? {} : { time: { column, testFrom } };
    const table = await readTable(db, { file, label: options.label, exclude: options.exclude, ...time });
    for (const note of table.notes) cli.log.info({ note }, 'column');
    const progress = cli.progress('evaluating');
    try {
      const onProgress = (done: number): void => progress.update(done);
      const evaluation = evaluateTable(table, { ...options, clock: cli.clock, onProgress });
      progress.finish();
      cli.result({ ...evaluation, positive: table.positive, notes: table.notes }, () =>
        report(evaluation, table.notes),
      );
    } catch (error) {
      progress.fail();
      throw error;
    }
  } finally {
    db.close();
  }
}

function report(evaluation: TableEvaluation, notes: readonly string[]): string {
  const { baseline, interval } = evaluation;
  const lines = [
    ['', 'model', 'base rate', '95 % interval'],
    ['AUC', evaluation.aucRoc, baseline.aucRoc, interval.aucRoc],
    ['average precision', evaluation.averagePrecision, baseline.averagePrecision, interval.averagePrecision],
    ['Brier', evaluation.brier, baseline.brier, interval.brier],
    ['log-loss', evaluation.logLoss, baseline.logLoss, ''],
    ['accuracy', evaluation.accuracy, evaluation.majorityAccuracy, ''],
  ] as const;
  const cell = (value: (typeof lines)[number][1 | 2 | 3]): string => {
    if (typeof value === 'string') return value;
    return typeof value === 'number'
      ? value.toFixed(4)
      : `${value.low.toFixed(4)} to ${value.high.toFixed(4)}`;
  };
  const table = lines.map(([name, model, base, range]) =>
    [name.padEnd(18), cell(model).padEnd(8), cell(base).padEnd(10), cell(range)].join(' ').trimEnd(),
  );
  const { splits, trainRows, testRows, fitSeconds, predictSeconds } = evaluation;
  const size = `${splits} splits of about ${trainRows} training and ${testRows} test rows`;
  const seconds = `fitted in ${fitSeconds.toFixed(1)} s, predicted in ${predictSeconds.toFixed(2)} s`;
  return [
    ...table,
    '',
    `${size}; ${seconds}`,
    `learner: ${[...new Set(evaluation.chosen)].join('; ')}`,
    ...notes,
  ].join('\n');
}

function names(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function learnerName(text: string): TableLearner {
  const known = TABLE_LEARNERS.find((name) => name === text);
  if (known !== undefined) return known;
  if (text === 'neural')
    throw new InvalidArgumentError(`neural networks are not built yet; use ${TABLE_LEARNERS.join(', ')}.`);
  throw new InvalidArgumentError(`known are ${TABLE_LEARNERS.join(', ')}.`);
}
