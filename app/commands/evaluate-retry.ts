/** `hasivu evaluate retry`: what is the choice of the retry's instant worth, and how well is the success of attempts foreseen? */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import { evaluateRetry } from '../../billing/retry-evaluation/evaluate.js';
import { AppError } from '../../core/errors.js';
import { evaluateAttempts, parseAttemptMap } from '../../models/tasks/evaluate-attempts.js';
import { RETRY_LEARNERS, type RetryLearner } from '../../models/tasks/retry.js';
import type { Cli } from '../cli-io.js';
import { retryReport } from '../retry-report.js';
import { withStages } from '../stages.js';
import { wholeNumber } from './options.js';
import { share } from './table-options.js';
import { reportTable } from './table-report.js';

interface Options {
  readonly data?: string;
  readonly map?: string;
  readonly payers: number;
  readonly failures: number;
  readonly learner: RetryLearner;
  readonly explored: number;
  readonly seed: number;
}

const EXPLANATION = `
Without --data two worlds are simulated: one whose log the model learns from, and one that judges. Every failed debit of the second is
repeated by the ladder (T+1 to T+3), by our policy and by an oracle, over the same legal slots, with at most three retries and the same
fate. The oracle knows the payer's account, salary day, instrument and today's shock, and the laws by which they move; not what is
still drawn.

With --data a log of card attempts is judged in time, its newest fifth by what was learned before. The map names the file's columns:
  {"tried_at": "...", "amount": "...", "country": "...", "card": "...", "provider": "...", "secured": "...", "succeeded": "..."}
`;

/** Adds `retry` to the `evaluate` command. */
export function registerEvaluateRetry(evaluate: Command, cli: Cli): void {
  evaluate
    .command('retry')
    .description(
      'judge the timing of retries on simulated failed debits with known truth, or a log of attempts',
    )
    .option('--data <file>', 'attempts of your own (CSV or Parquet) in place of the simulation')
    .option('--map <file>', 'JSON file that names the columns of --data')
    .option('--payers <number>', 'payers of each world', wholeNumber(200), 8000)
    .option('--failures <number>', 'at most so many failed debits are judged', wholeNumber(20), 1000)
    .addOption(new Option('--learner <name>', 'what is fitted').choices(RETRY_LEARNERS).default('trees'))
    .option('--explored <share>', 'retries of the training log that were placed at random', share, 0.1)
    .option('--seed <number>', 'of worlds, learner and intervals', wholeNumber(0), 1)
    .addHelpText('after', EXPLANATION)
    .action(async (options: Options, command: Command) => {
      const { data, map } = options;
      if ((data === undefined) !== (map === undefined))
        command.error('error: --data and --map belong together; give both or none');
      if (data !== undefined && map !== undefined) await judgeAttempts(cli, data, map, options.seed);
      else await judgePolicy(cli, options);
    });
}

async function judgePolicy(cli: Cli, options: Options): Promise<void> {
  const { payers, failures, learner, explored, seed } = options;
  const evaluation = await withStages(cli, (onProgress) =>
    Promise.resolve(evaluateRetry({ payers, failures, learner, explored, seed, onProgress })),
  );
  cli.result(evaluation, () => retryReport(evaluation));
}

async function judgeAttempts(cli: Cli, file: string, mapFile: string, seed: number): Promise<void> {
  const text = await readFile(mapFile, 'utf8').catch((cause: unknown) => {
    throw new AppError('bad-input', 'no-map', `cannot read the map ${mapFile}`, { cause });
  });
  const evaluation = await evaluateAttempts({ file, map: parseAttemptMap(text), seed, clock: cli.clock });
  cli.result(
    evaluation,
    () => `trained before ${evaluation.testFrom}, tested from then\n\n${reportTable(evaluation, [])}`,
  );
}
