/** `hasivu rules`: what is in effect, one rule's history, and dry runs on the past, also those that the API asks for. */
import type { Command } from 'commander';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { toFraudModel } from '../../scoring/fraud-model.js';
import { openGeo } from '../../scoring/geo.js';
import { openLiveRules } from '../../scoring/live-rules.js';
import { readPolicy } from '../../scoring/policy-file.js';
import { toInstant } from '../../scoring/request.js';
import { createRuleAdmin } from '../../scoring/rules/admin.js';
import type { RecordedDryRun } from '../../scoring/rules/dry-runs.js';
import { runDryRun } from '../../scoring/rules/run-dry-run.js';
import { showDryRun, showModeChange, showRule } from '../../scoring/rules/shown.js';
import { findRules, modeHistory, requireRule } from '../../scoring/rules/store.js';
import type { RecordedRule } from '../../scoring/rules/store.js';
import { usableChampion } from '../champion.js';
import type { Cli } from '../cli-io.js';
import { openStores } from '../stores.js';
import type { Stores } from '../stores.js';

interface DryRunOptions {
  readonly ruleVersion?: string;
  readonly from?: string;
  readonly until?: string;
}

export function registerRules(program: Command, cli: Cli): void {
  const rules = program.command('rules').description('list and show rules, try them on the past');
  rules
    .command('list')
    .description('every version that is a draft, in shadow or live')
    .action(async () => {
      const found = await withStores(cli, async ({ pool }) =>
        findRules(pool, { modes: ['draft', 'shadow', 'live'] }),
      );
      cli.result(found.map(showRule), () => found.map(line).join('\n'));
    });
  rules
    .command('show')
    .description('all versions of a rule and its history')
    .argument('<rule>', 'its id')
    .action(async (ruleId: string) => {
      const { versions, history } = await withStores(cli, async ({ pool }) => {
        await requireRule(pool, ruleId);
        return { versions: await findRules(pool, { ruleId }), history: await modeHistory(pool, ruleId) };
      });
      cli.result({ versions: versions.map(showRule), history: history.map(showModeChange) }, () =>
        [
          ...versions.map(line),
          ...history.map((step) => `  ${step.mode} ${step.version}: ${step.reason}`),
        ].join('\n'),
      );
    });
  rules
    .command('dry-run')
    .description('what a rule would have done to the past, beside the other rules and the model')
    .argument('<rule>', 'its id')
    .option('--rule-version <n>', 'a version; the newest if absent')
    .option('--from <instant>', 'first instant of the span; ninety days before its end if absent')
    .option('--until <instant>', 'end of the span, not in it; now if absent')
    .action(async (ruleId: string, options: DryRunOptions) => {
      const run = await withStores(cli, async (stores) => {
        const dryRunId = await ask(cli, stores, ruleId, options);
        return carryOut(cli, stores, dryRunId);
      });
      cli.result(showDryRun(run, cli.clock.now()), () => `${ruleId} ${run.result?.summary ?? ''}`);
    });
  rules
    .command('run-dry-run', { hidden: true })
    .description('carries out a dry run that the API was asked for')
    .argument('<run>', 'its id')
    .action(async (dryRunId: string) => {
      const run = await withStores(cli, async (stores) => carryOut(cli, stores, dryRunId));
      cli.result(showDryRun(run, cli.clock.now()), () => run.result?.summary ?? '');
    });
}

async function withStores<T>(cli: Cli, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores(cli);
  try {
    // A new database gets its first rules from whoever opens it first.
    await openLiveRules({ pool: stores.pool, clock: cli.clock, log: cli.log, featureNames: FEATURE_NAMES });
    return await work(stores);
  } finally {
    await stores.close();
  }
}

async function ask(cli: Cli, { pool }: Stores, ruleId: string, options: DryRunOptions): Promise<string> {
  const { clock, env } = cli;
  const admin = createRuleAdmin({
    pool,
    clock,
    rules: { refresh: async () => undefined },
    dryRuns: { requireRoom: () => undefined, start: () => undefined },
  });
  const version = options.ruleVersion === undefined ? undefined : Number(options.ruleVersion);
  const rule = await requireRule(pool, ruleId, version);
  const fromAt = toInstant(options.from, '--from');
  const untilAt = toInstant(options.until, '--until');
  const actor = env['USER'] ?? env['LOGNAME'] ?? 'hasivu rules';
  const run = await admin.askDryRun(ruleId, { version: rule.version, fromAt, untilAt, actor }, null);
  return run.dryRunId;
}

async function carryOut(
  cli: Cli,
  { pool, lake, registry }: Stores,
  dryRunId: string,
): Promise<RecordedDryRun> {
  const champion = await usableChampion(registry);
  const { geoipFile, policyFile } = cli.config();
  const countryOf = await openGeo(geoipFile);
  const { costs } = await readPolicy(policyFile);
  const progress = cli.progress('replay');
  try {
    const run = await runDryRun(
      {
        pool,
        lake,
        clock: cli.clock,
        countryOf,
        model: champion === null ? null : toFraudModel(champion),
        costs,
        onProgress: (done, total) => progress.update(done, total),
      },
      dryRunId,
    );
    progress.finish();
    return run;
  } catch (error) {
    progress.fail();
    throw error;
  }
}

function line({ ruleId, version, mode, action, condition, owner }: RecordedRule): string {
  return `${ruleId.padEnd(28)} v${version} ${mode.padEnd(7)} ${action.padEnd(9)} ${condition}   (${owner})`;
}
