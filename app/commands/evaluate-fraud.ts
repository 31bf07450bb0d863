/** `hasivu evaluate fraud`: how well does our fraud model do on any table of labelled payments? */
import type { Command } from 'commander';
import { Option } from 'commander';
import { openDuckdb } from '../../core/duckdb.js';
import { readColumnMap } from '../../ingest/column-map.js';
import { shapeFile } from '../../ingest/shape.js';
import { validateShaped } from '../../ingest/validate.js';
import { viewShaped } from '../../ingest/view-shaped.js';
import { evaluateFraud, type FraudInspections } from '../../models/tasks/evaluate-fraud.js';
import { FRAUD_LEARNERS, type FraudLearner } from '../../models/tasks/fraud-learners.js';
import type { FraudProtocol } from '../../models/tasks/fraud-protocol.js';
import type { Cli } from '../cli-io.js';
import { fraudReport } from '../fraud-report.js';
import { withStages } from '../stages.js';
import { indianDay, wholeNumber } from './options.js';

interface Options {
  readonly data: string;
  readonly map: string;
  readonly query?: string;
  readonly trainStart: number;
  readonly trainDays: number;
  readonly delayDays: number;
  readonly testDays: number;
  readonly historyDays?: number;
  readonly folds: number;
  readonly stepDays: number;
  readonly seed: number;
  readonly learner: FraudLearner;
  readonly labelDelayCurve?: readonly number[];
  readonly learningCurve?: true;
  readonly importance?: true;
  readonly drift?: true;
}

export function registerEvaluateFraud(evaluate: Command, cli: Cli): void {
  evaluate
    .command('fraud')
    .description('train and test the fraud model on a file of labelled payments: train | label delay | test')
    .requiredOption('--data <file>', 'CSV or Parquet file of payments')
    .requiredOption('--map <file>', 'JSON file that names the columns')
    .option('--query <sql>', 'one SELECT over the view `input` that shapes the file first')
    .requiredOption('--train-start <day>', 'first day of training in India, YYYY-MM-DD', indianDay)
    .option('--train-days <number>', 'days of the training window', wholeNumber(1), 7)
    .option('--delay-days <number>', 'days until a fraud is reported', wholeNumber(0), 7)
    .option('--test-days <number>', 'days of the test window', wholeNumber(1), 7)
    .option(
      '--history-days <number>',
      'train on the labelled rows of so many days up to the end of training',
      wholeNumber(1),
    )
    .option(
      '--folds <number>',
      'how often the split is repeated, each earlier than the one before',
      wholeNumber(1),
      1,
    )
    .option('--step-days <number>', 'days between two folds', wholeNumber(1), 7)
    .option('--seed <number>', 'seed of the learner', wholeNumber(0), 1)
    .addOption(new Option('--learner <name>', 'what is fitted').choices(FRAUD_LEARNERS).default('trees'))
    .addOption(
      new Option(
        '--label-delay-curve [days]',
        'the first fold again, as if labels came after so many days: what slow labels cost',
      )
        .preset('0,1,3,7,14')
        .argParser(days),
    )
    .option('--learning-curve', 'the first fold again on fewer rows and fewer days: would more help?')
    .option('--importance', 'what each family of features is worth on the test days of the first fold')
    .option('--drift', 'how far the test days of the first fold differ from its training days, and by what')
    .action((options: Options, command: Command) => run(options, command, cli));
}

async function run(options: Options, command: Command, cli: Cli): Promise<void> {
  const { data: file, map: mapFile, query, delayDays } = options;
  const historyDays = options.historyDays ?? options.trainDays;
  if (historyDays < options.trainDays) {
    command.error(`error: --history-days ${historyDays} is shorter than --train-days ${options.trainDays}`);
  }
  const db = await openDuckdb(':memory:');
  try {
    const map = await readColumnMap(mapFile);
    const shaped = await shapeFile(db, { file, map, ...(query === undefined ? {} : { query }) });
    await validateShaped(db, shaped);
    await viewShaped(db, delayDays);
    const protocol: FraudProtocol = { ...options, historyDays, trainStartMs: options.trainStart };
    const { learner } = options;
    const inspect = inspections(options);
    const evaluation = await withStages(cli, (onProgress) =>
      evaluateFraud(db, { protocol, clock: cli.clock, learner, inspect, onProgress }),
    );
    cli.result(evaluation, () => fraudReport(evaluation));
  } finally {
    db.close();
  }
}

function inspections({ labelDelayCurve, learningCurve, importance, drift }: Options): FraudInspections {
  return {
    learningCurve: learningCurve ?? false,
    importance: importance ?? false,
    drift: drift ?? false,
    ...(labelDelayCurve === undefined ? {} : { labelDelaysDays: labelDelayCurve }),
  };
}

function days(text: string): number[] {
  return text.split(',').map((day) => wholeNumber(0)(day.trim()));
}
