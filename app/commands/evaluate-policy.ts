/** `hasivu evaluate policy`: what another model, policy or set of rules would have been worth on the decisions of the log. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { AppError } from '../../core/errors.js';
import { DEFAULT_FOLD_SETTINGS } from '../../features/vocabulary.js';
import { toFraudModel } from '../../scoring/fraud-model.js';
import type { Candidate } from '../../scoring/off-policy/decide-otherwise.js';
import { evaluatePolicy } from '../../scoring/off-policy/evaluate-policy.js';
import { readRuleFile } from '../../scoring/off-policy/rule-file.js';
import { readPolicy } from '../../scoring/policy-file.js';
import { openPast } from '../../scoring/replay/past.js';
import type { RuleSet } from '../../scoring/rules/rule-set.js';
import type { Cli } from '../cli-io.js';
import { policyReport } from '../policy-report.js';
import { withStages } from '../stages.js';
import { openStores } from '../stores.js';
import type { Stores } from '../stores.js';
import { duration, indianDay, wholeNumber } from './options.js';

interface Options {
  readonly from?: number;
  readonly to?: number;
  readonly model?: string;
  readonly policy?: string;
  readonly rules?: string;
  readonly costs?: string;
  readonly currency: string;
  readonly matureAfter: number;
  readonly reviewCost: number;
  readonly challengedReported?: number;
  readonly seed: number;
}

/** Five minutes of somebody who costs INR 600 an hour. */
const REVIEW_COST_PAISE = 5000;

const NOTES = `
What is not given stays as it was logged with each decision. Both are measured by the costs of one policy. A payment is
taken to be good when nobody reported it within --mature-after; one that was blocked shows nothing, and the few that
exploration let through stand for it by their logged propensity:
  hasivu evaluate policy --from 2026-01-01 --to 2026-02-01 --model 3f9a1c
  hasivu evaluate policy --policy stricter.json --rules rules.json --json
`;

/** Adds `policy` to the `evaluate` command. */
export function registerEvaluatePolicy(evaluate: Command, cli: Cli): void {
  const command = evaluate
    .command('policy')
    .description(
      'decide the log again under another model, policy or rules, and estimate the difference in money',
    )
    .option('--from <day>', 'first day in India, YYYY-MM-DD; the beginning of the log if absent', indianDay)
    .option('--to <day>', 'until before this day; now if absent', indianDay)
    .option('--model <version>', 'another fraud model, by its version or the start of one')
    .option('--policy <file>', 'another policy, as in POLICY_FILE')
    .option('--rules <file or hash>', 'other rules: as GET /v1/rule-sets/:hash answers them, or that hash')
    .option('--costs <file>', 'the policy whose costs measure both; that of POLICY_FILE if absent')
    .option('--currency <code>', 'decisions about this currency alone', currencyCode, 'INR')
    .option(
      '--mature-after <duration>',
      'age from which a payment that nobody reported was good, such as 30d, 12h or 5m',
      duration,
      DEFAULT_FOLD_SETTINGS.maturityDays * 86_400_000,
    )
    .option('--review-cost <paise>', 'what one review costs', wholeNumber(0), REVIEW_COST_PAISE)
    .option(
      '--challenged-reported <share>',
      'share of challenged frauds that are reported; the share that passes a challenge if absent',
      share,
    )
    .option('--seed <number>', 'seed of the intervals', wholeNumber(0), 1)
    .addHelpText('after', NOTES);
  command.action(async (options: Options) => {
    if (options.model === undefined && options.policy === undefined && options.rules === undefined)
      command.error('error: give --model, --policy or --rules: what else should have decided?');
    await run(options, cli);
  });
}

function currencyCode(text: string): string {
  if (!/^[A-Z]{3}$/.test(text)) throw new InvalidArgumentError('give an ISO 4217 code such as INR.');
  return text;
}

function share(text: string): number {
  const value = /^[\d.]+$/.test(text) ? Number(text) : NaN;
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('give a share between 0 and 1.');
  return value;
}

async function run(options: Options, cli: Cli): Promise<void> {
  const { currency, matureAfter: matureAfterMs, reviewCost: reviewCostPaise, seed } = options;
  const asOfMs = cli.clock.now();
  const { costs: costsByCurrency } = await readPolicy(options.costs ?? cli.config().policyFile);
  const costs = costsByCurrency[currency];
  if (costs === undefined)
    throw new AppError(
      'bad-input',
      'no-costs',
      `the policy has no costs in ${currency}: add them, or name them by --costs`,
    );
  const challengedReported = options.challengedReported ?? costs.challengePassShare;
  const stores = await openStores(cli);
  try {
    const candidate = await candidateOf(options, stores);
    const question = {
      candidate,
      fromMs: options.from ?? 0,
      untilMs: options.to ?? asOfMs,
      asOfMs,
      matureAfterMs,
      currency,
      yardstick: { costs, reviewCostPaise },
      challengedReported,
      seed,
    };
    const evaluation = await withStages(cli, (onProgress) =>
      evaluatePolicy({ ...stores, onProgress }, question),
    );
    const asked = {
      from: options.from === undefined ? null : instant(options.from),
      until: instant(question.untilMs),
      asOf: instant(asOfMs),
      matureAfterDays: matureAfterMs / 86_400_000,
      currency,
      costs,
      reviewCostPaise,
      challengedReported,
      modelVersion: candidate.model?.version ?? null,
      policyFile: options.policy ?? null,
      ruleSetHash: candidate.rules?.hash ?? null,
    };
    cli.result({ ...asked, ...evaluation }, () => policyReport(asked, evaluation));
  } finally {
    await stores.close();
  }
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

async function candidateOf({ model, policy, rules }: Options, stores: Stores): Promise<Candidate> {
  return {
    model: model === undefined ? null : toFraudModel(await stores.registry.load(model)),
    policy: policy === undefined ? null : await readPolicy(policy),
    rules: rules === undefined ? null : await rulesOf(rules, stores),
  };
}

async function rulesOf(fileOrHash: string, stores: Stores): Promise<RuleSet> {
  if (!/^[0-9a-f]{16}$/.test(fileOrHash)) return readRuleFile(fileOrHash);
  const rules = await openPast(stores).rules(fileOrHash);
  if (rules !== null) return rules;
  throw new AppError(
    'not-found',
    'rule-set-not-found',
    `no rules with the hash ${fileOrHash} were ever in effect`,
  );
}
