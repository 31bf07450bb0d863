/** `hasivu models import` and `export`: models to and from the engines that other teams train with. */
import { writeFile } from 'node:fs/promises';
import { Argument, Option, type Command } from 'commander';
import { xgboostJson } from '../../models/interchange/xgboost-json.js';
import type { Cli } from '../cli-io.js';
import { importFraudModel } from '../import-model.js';
import { metricsTable } from '../metrics-table.js';
import { withStages } from '../stages.js';
import { openStores } from '../stores.js';
import { indianDay } from './options.js';

const TASKS = ['fraud'] as const;
const FORMATS = ['xgboost-json'] as const;
const SEED = 1;
const DAY_MS = 86_400_000;

interface ImportOptions {
  readonly file: string;
  readonly trainedUntil: number;
  readonly features?: string;
  readonly allTrees?: boolean;
}

export function registerInterchange(models: Command, cli: Cli): void {
  models
    .command('import')
    .description('save a model that XGBoost or LightGBM fitted, judged on payments it has not seen')
    .requiredOption('--file <path>', 'XGBoost .json or .ubj, or LightGBM text')
    .requiredOption(
      '--trained-until <day>',
      'last day of the payments it was fitted on, YYYY-MM-DD in India',
      indianDay,
    )
    .addOption(new Option('--task <name>', 'what it predicts').choices(TASKS).default('fraud'))
    .option('--features <path>', 'names of its columns, one a line, when the model has none')
    .option('--all-trees', 'also the trees after the best iteration of early stopping')
    .addHelpText('after', ROUND_TRIP)
    .action(async (options: ImportOptions) => {
      const { file, trainedUntil, features, allTrees = false } = options;
      const stores = await openStores(cli);
      try {
        const model = await withStages(cli, (onStage) =>
          importFraudModel(stores, {
            file,
            allTrees,
            trainedUntilMs: trainedUntil + DAY_MS,
            asOfMs: cli.clock.now(),
            seed: SEED,
            onStage,
            ...(features === undefined ? {} : { columnsFile: features }),
          }),
        );
        cli.result(
          model,
          () =>
            `${metricsTable(model)}\n\nsaved, not in production: hasivu models promote fraud ${model.version.slice(0, 12)} --reason …`,
        );
      } finally {
        await stores.close();
      }
    });
  models
    .command('export')
    .description('write a model for another engine')
    .addArgument(new Argument('<version>', 'version or its first digits'))
    .addOption(new Option('--format <name>', 'as what').choices(FORMATS).default('xgboost-json'))
    .option('--out <path>', 'file to write (default: standard output)')
    .action(async (version: string, { format, out }: { format: string; out?: string }) => {
      const stores = await openStores(cli);
      try {
        const loaded = await stores.registry.load(version);
        const document = xgboostJson(loaded.model.toJSON());
        const said = { version: loaded.version, format };
        if (out === undefined) cli.result({ ...said, document }, () => document);
        else {
          await writeFile(out, `${document}\n`);
          cli.result(
            { ...said, file: out },
            () => `${out} holds ${loaded.task} ${loaded.version.slice(0, 12)}`,
          );
        }
      } finally {
        await stores.close();
      }
    });
}

const ROUND_TRIP = `
Rows out, model back in:
  hasivu train fraud --frame rows.parquet
  (fit it elsewhere on the feature columns as float32, the target being fraud_known_at that is not null;
   kind, method, category and country are codes: feature type "c", or categorical_feature)
  hasivu models import --file fraud.ubj --trained-until 2026-03-31
`;
