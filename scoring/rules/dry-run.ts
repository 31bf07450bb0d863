/**
 * What a rule would have done: replays the lake through the fold that serves and asks the rule about every first attempt of
 * the span, as of the instant of its request. Rules in effect and the model in production are asked where it holds, so
 * that the result says what the rule adds. Long work: run it in a program of its own, never in the gate's.
 */
import type { Pool } from 'pg';
import { openDuckdb } from '../../core/duckdb.js';
import type { Duckdb } from '../../core/duckdb.js';
import { AppError } from '../../core/errors.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { createFold } from '../../features/fold.js';
import { replay } from '../../features/replay.js';
import { DAY_MS } from '../../features/vocabulary.js';
import type { Lake } from '../../ingest/lake.js';
import type { CountryOf } from '../geo.js';
import { actionFor } from '../policy.js';
import type { CostsByCurrency } from '../policy-settings.js';
import { ACTIONS } from '../request.js';
import type { FraudModel } from '../score.js';
import { compileCondition } from './compile.js';
import type { DryRun, DryRunResult } from './dry-runs.js';
import { fieldsOf } from './fields.js';
import type { Subject } from './fields.js';
import { openPastSubjects } from './past-subjects.js';
import type { Rule } from './rule.js';
import { compileRuleSet } from './rule-set.js';
import { activeRules, requireRule } from './store.js';
import { createTally } from './tally.js';

export interface DryRunDeps {
  readonly pool: Pool;
  readonly lake: Pick<Lake, 'attach'>;
  readonly countryOf: CountryOf;
  readonly model: FraudModel | null;
  /** Of the policy in force. */
  readonly costs: CostsByCurrency;
  readonly onProgress: (done: number, total: number) => void;
}

/** About a minute of replay and a few hundred megabytes. */
const MAX_PAYMENTS = 5_000_000;

/** @param asOfMs what was reported as fraud before this instant counts as fraud. */
export async function dryRun(deps: DryRunDeps, run: DryRun, asOfMs: number): Promise<DryRunResult> {
  const rule = await requireRule(deps.pool, run.ruleId, run.version);
  // The version before is what this one would replace: it is no rule beside it.
  const others = (await activeRules(deps.pool)).filter(
    (other) => other.mode === 'live' && other.ruleId !== rule.ruleId,
  );
  const db = await openDuckdb(':memory:');
  try {
    await deps.lake.attach(db);
    return await dryRunOver(db, { deps, run, rule, others: compileRuleSet(others, FEATURE_NAMES), asOfMs });
  } finally {
    db.close();
  }
}

interface Work {
  readonly deps: DryRunDeps;
  readonly run: DryRun;
  readonly rule: Rule;
  readonly others: ReturnType<typeof compileRuleSet>;
  readonly asOfMs: number;
}

async function dryRunOver(db: Duckdb, { deps, run, rule, others, asOfMs }: Work): Promise<DryRunResult> {
  const fold = createFold();
  const fields = fieldsOf(FEATURE_NAMES);
  const condition = compileCondition(rule.condition, fields);
  const names = new Set(
    [rule, ...others.rules].flatMap(({ condition: text }) => compileCondition(text, fields).names),
  );
  const wantedSql = `p.kind = 'payment' AND epoch_ms(p.occurred_at) >= ${run.fromAt} AND epoch_ms(p.occurred_at) < ${run.untilAt}`;
  await refuseTooMany(db, wantedSql);
  const subjects = await openPastSubjects(db, fold, { ...deps, names, wantedSql });
  const tally = createTally(rule, asOfMs - fold.settings.maturityDays * DAY_MS);
  await replay(db, fold, {
    untilMs: asOfMs,
    onProgress: deps.onProgress,
    collect: {
      wantedSql,
      take: (state, request, atMs, sequence, fraudKnownAtMs) => {
        const subject = subjects.subject(state, request, atMs, sequence);
        const { currency } = subject.payment;
        const payment = { amount: request.amount, currency, atMs, fraud: fraudKnownAtMs < asOfMs };
        if (!condition.holds(subject)) tally.missed(payment);
        else
          tally.matched(payment, {
            // As the rules are now: what they would have done, not when they began.
            rules: others.check(subject, asOfMs).live,
            model: modelActs(deps, subject, rule),
          });
      },
      finish: () => undefined,
    },
  });
  return tally.result(condition.names.filter((name) => subjects.neverKnown().includes(name)));
}

async function refuseTooMany(db: Duckdb, wantedSql: string): Promise<void> {
  const [counted] = await db.rows<{ n: bigint }>(`SELECT count(*) AS n FROM payments p WHERE ${wantedSql}`);
  if (Number(counted?.n ?? 0n) <= MAX_PAYMENTS) return;
  const message = `the span holds more than ${MAX_PAYMENTS} payments: choose a shorter one`;
  throw new AppError('bad-input', 'dry-run-too-long', message);
}

/** Whether the model acts at least as severely as the rule, at the average churn cost; null without a model. */
function modelActs({ model, costs }: DryRunDeps, { vector, payment }: Subject, rule: Rule): boolean | null {
  if (model === null) return null;
  const { amountPaise, currency } = payment;
  const stake = { fraudProbability: model.predictOne(vector), amountPaise, currency };
  return ACTIONS.indexOf(actionFor(stake, model.thresholds, costs)) >= ACTIONS.indexOf(rule.action);
}
