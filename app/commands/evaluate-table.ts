/** `hasivu evaluate table`: how well do our learners do on any table with a label of two values, or with a number? */
import type { Command } from 'commander';
import type { Duckdb } from '../../core/duckdb.js';
import { openDuckdb } from '../../core/duckdb.js';
import { TABLE_LEARNERS } from '../../models/auto/auto.js';
import type { TableLearner } from '../../models/auto/auto.js';
import { evaluateNumber } from '../../models/evaluate-number.js';
import { evaluateTable } from '../../models/evaluate-table.js';
import { tableLearningCurve } from '../../models/table-learning-curve.js';
import { readNumberTable, readTable } from '../../models/table.js';
import type { TableRequest } from '../../models/table.js';
import { OBJECTIVES } from '../../models/trees/objective.js';
import type { Objective } from '../../models/trees/objective.js';
import type { Cli } from '../cli-io.js';
import type { Progress } from '../progress.js';
import { wholeNumber } from './options.js';
import { interactions, learnerName, monotone, names, objectiveName, share } from './table-options.js';
import { reportLearning, reportNumber, reportTable } from './table-report.js';

interface Options {
  readonly data: string;
  readonly query?: string;
  readonly label: string;
  readonly exclude: readonly string[];
  readonly group?: string;
  readonly weights?: string;
  readonly time?: string;
  readonly testFrom?: string;
  readonly folds: number;
  readonly repeats: number;
  readonly seed: number;
  readonly learner: TableLearner;
  readonly budget: number;
  readonly objective: Objective;
  readonly quantile: number;
  readonly monotone: Readonly<Record<string, 1 | -1>>;
  readonly interactions: readonly (readonly string[])[];
  readonly learningCurve?: true;
}

const EXAMPLES = `
The table may be the result of one SELECT over the view input, and rows that belong together stay on one side:
  hasivu evaluate table --data attempts.parquet --label success --group order_id --query
    "SELECT success, amount, hour(at) AS hour, order_id FROM input"
A number is predicted with its mean or a quantile, and trees keep to what is known about a feature:
  hasivu evaluate table --data orders.csv --label delay_days --objective quantile --quantile 0.9
  hasivu evaluate table --data loans.csv --label late --monotone amount:+1,age:-1 --interactions amount+age
`;

/** Adds `table` to the `evaluate` command. */
export function registerEvaluateTable(evaluate: Command, cli: Cli): void {
  const command = evaluate
    .command('table')
    .description('judge a learner on a CSV or Parquet file with a binary label or a number')
    .requiredOption('--data <file>', 'CSV (with a header) or Parquet file')
    .option(
      '--query <sql>',
      'one SELECT over the view input that gives the table (columns of a CSV are text)',
    )
    .requiredOption('--label <column>', 'column with two values, or a number with --objective')
    .option('--exclude <columns>', 'comma-separated columns to leave out', names, [])
    .option('--group <column>', 'keep rows with the same value on the same side of every split')
    .option('--weights <column>', 'how much each row counts in fitting; metrics count every row once')
    .option('--time <column>', 'split in time by this column, together with --test-from')
    .option('--test-from <value>', 'first instant of the test rows, in the values of --time')
    .option('--folds <number>', 'stratified folds, when there is no --time', wholeNumber(2), 5)
    .option('--repeats <number>', 'how often the folds are drawn anew', wholeNumber(1), 1)
    .option('--seed <number>', 'seed of the folds and of the learner', wholeNumber(0), 1)
    .option('--learning-curve', 'also fit on 1/8, 1/4, 1/2 and all of the first split');
  learnerOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      const wrong = contradiction(options);
      if (wrong !== null) command.error(`error: ${wrong}`);
      await run(options, cli);
    });
}

function learnerOptions(command: Command): Command {
  return command
    .option('--learner <name>', TABLE_LEARNERS.join(', '), learnerName, 'auto')
    .option('--budget <seconds>', 'work that the search of auto may do for each fit', wholeNumber(1), 60)
    .option('--objective <name>', OBJECTIVES.join(', '), objectiveName, 'logistic')
    .option('--quantile <share>', 'which quantile --objective quantile predicts', share, 0.5)
    .option(
      '--monotone <signs>',
      'boosted trees: features the answer rises (+1) or falls (-1) with',
      monotone,
      {},
    )
    .option(
      '--interactions <groups>',
      'boosted trees: features that may act together, as a+b,c+d',
      interactions,
      [],
    );
}

/** What is wrong with the options together, and the remedy. */
function contradiction(options: Options): string | null {
  const { learner, objective } = options;
  const isTrees = learner === 'auto' || learner === 'boosted-trees';
  if ((options.time === undefined) !== (options.testFrom === undefined))
    return '--time and --test-from belong together; give both or none';
  if (objective !== 'logistic' && !isTrees)
    return `--objective ${objective} is of boosted trees; leave --learner ${learner} away`;
  if (objective !== 'logistic' && options.learningCurve === true)
    return '--learning-curve is for labels of two values; leave it away';
  if (isConstrained(options) && !isTrees)
    return `--monotone and --interactions bind boosted trees; leave --learner ${learner} away`;
  return null;
}

function isConstrained({ monotone: signs, interactions: groups }: Options): boolean {
  return Object.keys(signs).length > 0 || groups.length > 0;
}

async function run(options: Options, cli: Cli): Promise<void> {
  const db = await openDuckdb(':memory:');
  const progress = cli.progress('evaluating');
  try {
    if (options.objective === 'logistic') await judgeClasses(db, options, cli, progress);
    else await judgeNumbers(db, options, options.objective, cli, progress);
  } catch (error) {
    progress.fail();
    throw error;
  } finally {
    db.close();
  }
}

async function judgeClasses(db: Duckdb, options: Options, cli: Cli, progress: Progress): Promise<void> {
  const table = await readTable(db, requestOf(options));
  const { monotone: signs, interactions: groups } = options;
  const request = {
    ...options,
    budgetSeconds: options.budget,
    trees: isConstrained(options) ? { monotone: signs, interactions: groups } : {},
    clock: cli.clock,
  };
  const onProgress = (done: number): void => progress.update(done);
  const evaluation = await evaluateTable(table, { ...request, onProgress });
  const learningCurve = options.learningCurve === true ? await tableLearningCurve(table, request) : undefined;
  progress.finish();
  const { positive, notes } = table;
  cli.result(
    { ...evaluation, positive, notes, ...(learningCurve && { learningCurve }) },
    () => reportTable(evaluation, notes) + (learningCurve === undefined ? '' : reportLearning(learningCurve)),
  );
}

async function judgeNumbers(
  db: Duckdb,
  options: Options,
  objective: Exclude<Objective, 'logistic'>,
  cli: Cli,
  progress: Progress,
): Promise<void> {
  const table = await readNumberTable(db, requestOf(options));
  const { monotone: signs, interactions: groups } = options;
  const evaluation = evaluateNumber(table, {
    ...options,
    objective,
    trees: { monotone: signs, interactions: groups },
    clock: cli.clock,
    onProgress: (done) => progress.update(done),
  });
  progress.finish();
  cli.result({ ...evaluation, notes: table.notes }, () => reportNumber(evaluation, table.notes));
}

function requestOf({ data: file, time: column, testFrom, ...rest }: Options): TableRequest {
  const { query, label, exclude, group, weights } = rest;
  const time = column === undefined || testFrom === undefined ? undefined : { column, testFrom };
  return { file, query, label, exclude, group, weights, time };
}
