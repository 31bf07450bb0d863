/** `hasivu evaluate forecast`: how well do our forecasts do on any table of series, beside the naive ones? */
import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import { openDuckdb } from '../../core/duckdb.js';
import { evaluateForecast } from '../../models/forecast/evaluate-forecast.js';
import { NEURAL } from '../../models/forecast/neural/neural-candidate.js';
import { readSeries } from '../../models/forecast/read-series.js';
import type { Cli } from '../cli-io.js';
import { reportForecast } from './forecast-report.js';
import { wholeNumber } from './options.js';

interface Options {
  readonly data: string;
  readonly query?: string;
  readonly series: string;
  readonly time: string;
  readonly value: string;
  readonly part?: string;
  readonly horizon: number;
  readonly season: number;
  readonly seed: number;
  readonly threads: number;
  readonly challenger?: typeof NEURAL;
}

const EXAMPLES = `
Thirteen weeks of revenue by school; the last 13 weeks of every school are the test:
  hasivu evaluate forecast --data weekly.csv --series school --time week --value revenue --horizon 13 --season 52
The season is the one of MASE and Naive2; longer ones (a week in hours, a year in days or weeks) are looked for.
`;

export function registerEvaluateForecast(evaluate: Command, cli: Cli): void {
  evaluate
    .command('forecast')
    .description('forecast the series of a file from their training parts and judge them on their test parts')
    .requiredOption('--data <file>', 'CSV (with a header) or Parquet file, one row a series and time')
    .option('--query <sql>', 'one SELECT over the view input that gives the table')
    .requiredOption('--series <column>', 'which series a row belongs to')
    .requiredOption('--time <column>', 'dates, timestamps or numbers')
    .requiredOption('--value <column>', 'what is forecast; empty where it is not known')
    .option('--part <column>', 'train or test; without it the last --horizon steps are the test')
    .requiredOption('--horizon <steps>', 'steps ahead', wholeNumber(1))
    .requiredOption('--season <steps>', 'steps of a season, 1 for none', wholeNumber(1))
    .option('--seed <number>', 'seed of samples', wholeNumber(0), 1)
    .option('--threads <number>', 'threads that fit', wholeNumber(1), availableParallelism())
    .addOption(
      new Option('--challenger <name>', 'a net over all series, judged on its own beside ours').choices([
        NEURAL,
      ]),
    )
    .addHelpText('after', EXAMPLES)
    .action((options: Options) => run(options, cli));
}

async function run({ data: file, horizon: h, ...options }: Options, cli: Cli): Promise<void> {
  const db = await openDuckdb(':memory:');
  const progress = cli.progress('forecasting');
  try {
    const table = await readSeries(db, { ...options, file, h });
    const { season, seed, threads, challenger } = options;
    const onProgress = progress.update;
    const evaluation = await evaluateForecast(table, {
      h,
      season,
      seed,
      threads,
      clock: cli.clock,
      onProgress,
      challenger: challenger !== undefined,
    });
    progress.finish();
    cli.result(evaluation, () => reportForecast(evaluation));
  } catch (error) {
    progress.fail();
    throw error;
  } finally {
    db.close();
  }
}
