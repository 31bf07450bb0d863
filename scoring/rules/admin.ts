/**
 * The life of a rule: draft, dry run, shadow or live, another version, retired. Every step is a change with an actor; a
 * condition is checked when it is written and again before it takes effect.
 */
import type { Pool } from 'pg';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { newId } from '../../core/ids.js';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { makeChange } from '../changes.js';
import type { LiveRules } from '../live-rules.js';
import { invalidField, toInstant } from '../request.js';
import { compileCondition } from './compile.js';
import { addDryRun, requireDryRunOf } from './dry-runs.js';
import type { DryRun } from './dry-runs.js';
import { fieldsOf } from './fields.js';
import { requireFreeId } from './rule.js';
import type { RuleDefinition } from './rule.js';
import { addVersion, findRules, requireRule, setMode } from './store.js';
import type { NewMode, RecordedRule } from './store.js';

/** Carries out dry runs away from the gate. */
export interface DryRunner {
  /** @throws AppError `unavailable` when too many wait: ask before recording another. */
  requireRoom(): void;
  /** Returns at once. */
  start(dryRunId: string): void;
}

interface RuleAdminDeps {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly rules: Pick<LiveRules, 'refresh'>;
  readonly dryRuns: DryRunner;
}

interface Author {
  readonly actor: string;
  readonly note: string;
}

export interface RuleAdmin {
  /** A new rule, as a draft. @throws AppError `conflict` for a known id. */
  create(
    ruleId: string,
    definition: RuleDefinition,
    author: Author,
    key: string | null,
  ): Promise<RecordedRule>;
  /** A new version of a known rule, as a draft. */
  revise(
    ruleId: string,
    definition: RuleDefinition,
    author: Author,
    key: string | null,
  ): Promise<RecordedRule>;
  /** Takes effect here before it returns, elsewhere within about a second. */
  changeMode(
    ruleId: string,
    version: number,
    change: Omit<NewMode, 'at'>,
    key: string | null,
  ): Promise<RecordedRule>;
  askDryRun(ruleId: string, request: DryRunRequest, key: string | null): Promise<DryRun>;
}

export interface DryRunRequest {
  readonly version: number;
  /** Epoch ms; the default is the ninety days before now. */
  readonly fromAt: number | null;
  readonly untilAt: number | null;
  readonly actor: string;
}

const DEFAULT_SPAN_MS = 90 * 86_400_000;

const FIELDS = fieldsOf(FEATURE_NAMES);

export function createRuleAdmin(deps: RuleAdminDeps): RuleAdmin {
  const { clock } = deps;
  const makeRuleChange = <T>(
    key: string | null,
    request: unknown,
    work: Parameters<typeof makeChange<T>>[2],
  ): Promise<T> => makeChange(deps, { key, request }, work);
  return {
    create: async (ruleId, definition, author, key) => {
      requireFreeId(ruleId);
      const rule = { ...author, ...checked(ruleId, definition) };
      return makeRuleChange(key, ['create', rule], async (client, at) => {
        if ((await findRules(client, { ruleId })).length === 0) return addVersion(client, rule, at);
        throw new AppError(
          'conflict',
          'rule-exists',
          `there is a rule ${ruleId}: add a version to it instead`,
        );
      });
    },
    revise: async (ruleId, definition, author, key) => {
      const rule = { ...author, ...checked(ruleId, definition) };
      return makeRuleChange(key, ['revise', rule], async (client, at) => {
        await requireRule(client, ruleId);
        return addVersion(client, rule, at);
      });
    },
    changeMode: async (ruleId, version, change, key) => {
      const changed = await makeRuleChange(key, ['mode', ruleId, version, change], async (client, at) => {
        const rule = await requireRule(client, ruleId, version);
        if (change.mode !== 'retired') compileCondition(rule.condition, FIELDS);
        if (change.mode === 'live') await requireDryRunOf(client, ruleId, version);
        await setMode(client, [rule], { ...change, at });
        return { ...rule, mode: change.mode };
      });
      await deps.rules.refresh();
      return changed;
    },
    askDryRun: async (ruleId, request, key) => {
      deps.dryRuns.requireRoom();
      let started: string | null = null;
      const run = await makeRuleChange(key, ['dry-run', ruleId, request], async (client, at) => {
        const rule = await requireRule(client, ruleId, request.version);
        compileCondition(rule.condition, FIELDS);
        const untilAt = request.untilAt ?? at;
        const fromAt = request.fromAt ?? untilAt - DEFAULT_SPAN_MS;
        if (fromAt >= untilAt) throw invalidField('from', 'must be before until');
        const { version, actor } = request;
        const asked = { dryRunId: newId('dry', clock), ruleId, version, fromAt, untilAt, actor, askedAt: at };
        await addDryRun(client, asked);
        started = asked.dryRunId;
        return asked;
      });
      // A repeated request gets the first answer and starts nothing.
      if (started !== null) deps.dryRuns.start(started);
      return run;
    },
  };
}

/** @throws AppError `bad-input` that names the field. */
function checked(ruleId: string, definition: RuleDefinition) {
  compileCondition(definition.condition, FIELDS);
  const { owner, action, text, condition, overridable = true } = definition;
  if (!overridable && action !== 'block')
    throw invalidField('overridable', 'can be false only for the action block');
  const validFrom = toInstant(definition.validFrom, 'validFrom');
  const validUntil = toInstant(definition.validUntil, 'validUntil');
  if (validFrom !== null && validUntil !== null && validFrom >= validUntil)
    throw invalidField('validUntil', 'must be after validFrom');
  return { ruleId, owner, action, text, condition, overridable, validFrom, validUntil };
}
