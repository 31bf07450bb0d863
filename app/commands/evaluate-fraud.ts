/** `hasivu evaluate fraud`: how well does our fraud model do on any table of labelled payments? */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { openDuckdb } from '../../core/duckdb.js';
import { readColumnMap } from '../../ingest/column-map.js';
import { shapeFile } from '../../ingest/shape.js';
import { validateShaped } from '../../ingest/validate.js';
import { viewShaped } from '../../ingest/view-shaped.js';
import {
  evaluateFraud,
  type FraudEvaluation,
  type FraudProtocol,
} from '../../models/tasks/evaluate-fraud.js';
import type { Cli } from '../cli-io.js';
import { withStages } from '../stages.js';
import { wholeNumber } from './options.js';

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
    const evaluation = await withStages(cli, (onProgress) =>
      evaluateFraud(db, { protocol, clock: cli.clock, onProgress }),
    );
    cli.result(evaluation, () => report(evaluation));
  } finally {
    db.close();
  }
}

function indianDay(text: string): number {
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00+05:30`) : NaN;
  if (Number.isNaN(instant)) throw new InvalidArgumentError('give a day as YYYY-MM-DD.');
  return instant;
}

function report({ folds, mean, ...seconds }: FraudEvaluation): string {
  const header = [
    'test from',
    'train rows',
    'frauds',
    'test rows',
    'frauds',
    'AUC',
    'AP (95 %)',
    'AP of approve-all',
    'CP@100',
    'recall at FPR 0.1/0.5/1 %',
  ];
  const rows = folds.map((fold) => [
    fold.testFrom,
    String(fold.trainRows),
    String(fold.trainFrauds),
    String(fold.testRows),
    String(fold.testFrauds),
    fold.aucRoc.toFixed(4),
    `${fold.averagePrecision.toFixed(4)} (${fold.interval.averagePrecision.low.toFixed(3)} to ${fold.interval.averagePrecision.high.toFixed(3)})`,
    fold.baseline.averagePrecision.toFixed(4),
    fold.cardPrecisionAt100.toFixed(4),
    Object.values(fold.recallAtFpr)
      .map((recall) => recall.toFixed(3))
      .join(' / '),
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const table = [header, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [
    ...table,
    '',
    `mean: AUC ${mean.aucRoc.toFixed(4)}, AP ${mean.averagePrecision.toFixed(4)}, CP@100 ${mean.cardPrecisionAt100.toFixed(4)}, recall at FPR 0.5 % ${mean.recallAtFpr['0.005'].toFixed(4)}`,
    `features ${seconds.featureSeconds.toFixed(1)} s, fit ${seconds.fitSeconds.toFixed(1)} s, predict ${seconds.predictSeconds.toFixed(1)} s`,
  ].join('\n');
}
