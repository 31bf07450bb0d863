/** `hasivu train`: fits a task's model on the lake and promotes it when it is better. */
import { Argument, type Command } from 'commander';
import { trainChurnModel } from '../churn.js';
import type { Cli } from '../cli-io.js';
import { metricsTable } from '../metrics-table.js';
import { trainRetryModel } from '../retry-model.js';
import { withStages } from '../stages.js';
import { openStores } from '../stores.js';
import { trainFraudModel } from '../train-fraud.js';
import { wholeNumber } from './options.js';

const TASKS = ['fraud', 'churn', 'retry'] as const;

const TRAIN = { fraud: trainFraudModel, churn: trainChurnModel, retry: trainRetryModel } as const;

export function registerTrain(program: Command, cli: Cli): void {
  program
    .command('train')
    .description(
      'fit a model on the lake; it goes into production when it beats the baseline and the champion',
    )
    .addArgument(new Argument('<task>', 'what to train').choices(TASKS))
    .option('--seed <number>', 'the same seed and facts give the same model', wholeNumber(0), 1)
    .option('--frame <file>', 'also write the training rows to this Parquet file')
    .action(
      async (
        task: (typeof TASKS)[number],
        { seed, frame }: { readonly seed: number; readonly frame?: string },
        command: Command,
      ) => {
        if (task !== 'fraud' && frame !== undefined)
          command.error(`error: --frame writes the rows of fraud; leave it away for ${task}`);
        const stores = await openStores(cli);
        try {
          const outcome = await withStages(cli, (onStage) =>
            TRAIN[task](stores, {
              asOfMs: cli.clock.now(),
              seed,
              onStage,
              ...(frame === undefined ? {} : { frameFile: frame }),
            }),
          );
          cli.result(outcome, () =>
            outcome.outcome === 'too-few-labels'
              ? `no ${task} model: ${outcome.reason}`
              : `${metricsTable(outcome.model)}\n\n${outcome.outcome}: ${outcome.reason}`,
          );
        } finally {
          await stores.close();
        }
      },
    );
}
