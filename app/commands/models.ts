/** `hasivu models`: what was trained, how it does beside doing nothing, and which version is in production. */
import type { Command } from 'commander';
import { metricTitle } from '../../models/metric-titles.js';
import type { Promotion } from '../../models/promotions.js';
import type { ModelRecord, Registry } from '../../models/registry.js';
import type { Cli } from '../cli-io.js';
import { openStores } from '../stores.js';
import { actorOf } from './actor.js';
import type { Person } from './actor.js';
import { registerInterchange } from './models-interchange.js';
import { registerShadow } from './models-shadow.js';

interface ChangeOptions extends Person {
  readonly reason: string;
}

export function registerModels(program: Command, cli: Cli): void {
  const models = program
    .command('models')
    .description(
      'list, show, propose and approve for production, roll back, challenge, compare, import and export trained models',
    );
  models
    .command('list')
    .description('every saved model, newest first, with its metrics beside the naive baseline')
    .option('--task <name>', 'only of this task, for instance fraud')
    .action(async ({ task }: { task?: string }) => {
      const records = await withRegistry(cli, (registry) => registry.list(task));
      cli.result(records, () =>
        records.length === 0 ? 'no models yet: run `hasivu train`' : records.map(summary).join('\n\n'),
      );
    });
  models
    .command('show')
    .description("one model's card and the history of its task")
    .argument('<version>', 'version or its first digits')
    .action(async (version: string) => {
      const shown = await withRegistry(cli, (registry) => registry.show(version));
      cli.result(shown, () => [shown.card, '## Promotions', '', ...shown.history.map(step)].join('\n'));
    });
  registerProduction(models, cli);
  registerShadow(models, cli);
  registerInterchange(models, cli);
}

function registerProduction(models: Command, cli: Cli): void {
  change(models.command('promote'), 'propose a version for production; a second person approves it')
    .argument('<version>', 'version or its first digits')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .option('--force', 'put it into production at once, alone; recorded as forced')
    .action(async (task: string, version: string, options: ChangeOptions & { readonly force?: true }) => {
      const by = { actor: actorOf(cli, options), reason: options.reason };
      const record = await withRegistry(cli, (registry) =>
        options.force === true ? registry.force(task, version, by) : registry.propose(task, version, by),
      );
      const approval = `hasivu models approve ${task} ${record.version.slice(0, 12)}`;
      cli.result(record, () =>
        options.force === true
          ? `${task} now runs ${record.version}`
          : `proposed; a second person puts it into production: ${approval}`,
      );
    });
  change(models.command('approve'), 'put what somebody else proposed into production')
    .argument('<version>', 'version or its first digits')
    .option('--reason <text>', "why; the proposal's reason by default")
    .action(async (task: string, version: string, options: Person & { readonly reason?: string }) => {
      const by = { actor: actorOf(cli, options), reason: options.reason ?? null };
      const record = await withRegistry(cli, (registry) => registry.approve(task, version, by));
      cli.result(record, () => `${task} now runs ${record.version}`);
    });
  change(models.command('rollback'), 'return to the version that was in production before')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .action(async (task: string, options: ChangeOptions) => {
      const by = { actor: actorOf(cli, options), reason: options.reason };
      const record = await withRegistry(cli, (registry) => registry.rollback(task, by));
      cli.result(record, () => `${task} is back at ${record.version}`);
    });
}

function change(command: Command, description: string): Command {
  return command
    .description(description)
    .argument('<task>', 'for instance fraud')
    .option('--actor <name>', 'who; by default the user of this shell');
}

async function withRegistry<T>(cli: Cli, work: (registry: Registry) => Promise<T>): Promise<T> {
  const stores = await openStores(cli);
  try {
    return await work(stores.registry);
  } finally {
    await stores.close();
  }
}

function summary({ task, version, learner, production, metrics, baseline, savedAt }: ModelRecord): string {
  const state = production ? 'in production' : 'saved';
  const heading = `${task}  ${version.slice(0, 12)}  ${learner}  ${state}, ${new Date(savedAt).toISOString()}`;
  const rows = Object.entries(metrics).map(([name, value]) => {
    const naive = baseline[name];
    return `  ${metricTitle(name).padEnd(34)} ${value.toFixed(4)}${naive === undefined ? '' : `   baseline ${naive.toFixed(4)}`}`;
  });
  return [heading, ...rows].join('\n');
}

function step({ at, kind, version, actor, reason }: Promotion): string {
  return `- ${new Date(at).toISOString()} ${kind} ${version.slice(0, 12)} by ${actor}: ${reason}`;
}
