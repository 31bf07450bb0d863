/** `hasivu evaluate churn`: how well would we have foreseen last quarter's churn, of this lake or of any table of subscriptions? */
import type { Command } from 'commander';
import { Option } from 'commander';
import { lakeRoot } from '../../core/config.js';
import { openDuckdb } from '../../core/duckdb.js';
import type { Duckdb } from '../../core/duckdb.js';
import { openLake } from '../../ingest/lake.js';
import { readSubscriptions } from '../../models/tasks/churn-source.js';
import { CHURN_LEARNERS, type ChurnLearner } from '../../models/tasks/churn.js';
import { evaluateChurn } from '../../models/tasks/evaluate-churn.js';
import { churnReport } from '../churn-report.js';
import type { Cli } from '../cli-io.js';
import { withStages } from '../stages.js';
import { indianDay, wholeNumber } from './options.js';

interface Options {
  readonly data?: string;
  readonly query?: string;
  readonly asOf?: number;
  readonly learner: ChurnLearner;
  readonly truth?: string;
  readonly treatments?: string;
  readonly guards?: true;
  readonly seed: number;
}

const EXAMPLES = `
Of the lake, with what each guard against leaks is worth:
  hasivu evaluate churn --guards
Of a file of subscription events (CSV or Parquet): subscription_id, payer_id, plan_id, event, amount_paise, occurred_at and,
where there are any, known_at, counterparty_id, currency. Events are started, renewed, price_changed, paused, resumed,
cancelled, lapsed; --query may bring other names into this form:
  hasivu evaluate churn --data events.csv --query "SELECT id AS subscription_id, ... FROM input"
`;

/** Adds `churn` to the `evaluate` command. */
export function registerEvaluateChurn(evaluate: Command, cli: Cli): void {
  evaluate
    .command('churn')
    .description('judge the churn model on the newest settled quarter: fit | calibrate | test, in time')
    .option('--data <file>', 'subscription events of your own in place of the lake')
    .option('--query <sql>', 'one SELECT over the view input that gives the events')
    .option('--as-of <day>', 'only what was known before this day in India (default: now)', indianDay)
    .addOption(new Option('--learner <name>', 'what is fitted').choices(CHURN_LEARNERS).default('trees'))
    .option('--truth <file>', 'the truth of a simulated history: the best that is possible')
    .option('--treatments <file>', 'who was treated when (payer_id, treated_at): what it was worth')
    .option('--guards', 'also without each guard against knowing too much')
    .option('--seed <number>', 'seed of the learner and the intervals', wholeNumber(0), 1)
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options, command: Command) => {
      if (options.query !== undefined && options.data === undefined)
        command.error('error: --query shapes the file of --data; give both');
      await run(options, cli);
    });
}

async function run(options: Options, cli: Cli): Promise<void> {
  const db = await openDuckdb(':memory:');
  try {
    await attach(db, options, cli);
    const { asOf: asOfMs = cli.clock.now(), learner, seed, guards = false } = options;
    const { truth: truthFile, treatments: treatmentsFile } = options;
    const evaluation = await withStages(cli, (onProgress) =>
      evaluateChurn(db, { asOfMs, learner, seed, truthFile, treatmentsFile, guards, onProgress }),
    );
    cli.result(evaluation, () => churnReport(evaluation));
  } finally {
    db.close();
  }
}

async function attach(db: Duckdb, { data: file, query }: Options, cli: Cli): Promise<void> {
  if (file !== undefined) return readSubscriptions(db, { file, query });
  const lake = await openLake(lakeRoot(cli.config()), cli.clock);
  await lake.attach(db);
}
