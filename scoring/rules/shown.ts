/** Rules and dry runs as the API shows them: instants are RFC 3339, a run says in which state it is. */
import Type from 'typebox';
import type { Static } from 'typebox';
import { nullable } from '../request.js';
import { DryRunResult } from './dry-runs.js';
import type { DryRun, RecordedDryRun } from './dry-runs.js';
import { RULE_ACTIONS, RULE_MODES } from './rule.js';
import type { ActiveRule, Rule } from './rule.js';
import type { ModeChange, RecordedRule } from './store.js';

const Instant = Type.String({ format: 'date-time' });

const shownRule = {
  ruleId: Type.String({ description: 'Also the code of its reason.' }),
  version: Type.Integer(),
  mode: Type.Enum(RULE_MODES),
  owner: Type.String(),
  action: Type.Enum(RULE_ACTIONS),
  text: Type.String(),
  condition: Type.String(),
  overridable: Type.Boolean(),
  validFrom: nullable(Instant),
  validUntil: nullable(Instant),
};

export const ShownActiveRule = Type.Object(shownRule);

export const ShownRule = Type.Object({
  ...shownRule,
  actor: Type.String(),
  note: Type.String(),
  createdAt: Instant,
});
type ShownRule = Static<typeof ShownRule>;

export const ShownModeChange = Type.Object({
  version: Type.Integer(),
  mode: Type.Enum(RULE_MODES),
  actor: Type.String(),
  reason: Type.String(),
  at: Instant,
  ruleSetHash: Type.String({ description: 'Of all rules in effect from then on.' }),
});

const RUN_STATES = ['running', 'finished', 'failed', 'abandoned'] as const;

export const ShownDryRun = Type.Object({
  dryRunId: Type.String(),
  ruleId: Type.String(),
  version: Type.Integer(),
  from: Instant,
  until: Instant,
  actor: Type.String(),
  askedAt: Instant,
  state: Type.Enum(RUN_STATES),
  done: Type.Integer({ description: 'Payments replayed so far.' }),
  total: Type.Integer(),
  finishedAt: nullable(Instant),
  failure: nullable(Type.String()),
  result: nullable(DryRunResult),
});
type ShownDryRun = Static<typeof ShownDryRun>;

function instant(ms: number): string {
  return new Date(ms).toISOString();
}

function optionalInstant(ms: number | null): string | null {
  return ms === null ? null : instant(ms);
}

function shownDefinition({ ruleId, version, owner, action, text, condition, overridable, ...valid }: Rule) {
  const validFrom = optionalInstant(valid.validFrom);
  const validUntil = optionalInstant(valid.validUntil);
  return { ruleId, version, owner, action, text, condition, overridable, validFrom, validUntil };
}

export function showActiveRule(rule: ActiveRule): Static<typeof ShownActiveRule> {
  return { ...shownDefinition(rule), mode: rule.mode };
}

export function showRule(rule: RecordedRule): ShownRule {
  const { mode, actor, note, createdAt } = rule;
  return { ...shownDefinition(rule), mode, actor, note, createdAt: instant(createdAt) };
}

export function showModeChange({ version, mode, actor, reason, at, ruleSetHash }: ModeChange) {
  return { version, mode, actor, reason, at: instant(at), ruleSetHash };
}

/** A run that has not ended by then lost its program. */
const ABANDONED_AFTER_MS = 3_600_000;

/** Of a run that was just asked for, or of its record. */
export function showDryRun(run: DryRun & Partial<RecordedDryRun>, nowMs: number): ShownDryRun {
  const { dryRunId, ruleId, version, actor, done = 0, total = 0, failure = null, result = null } = run;
  const finishedAt = run.finishedAt ?? null;
  const unfinished = nowMs - run.askedAt > ABANDONED_AFTER_MS ? 'abandoned' : 'running';
  return {
    dryRunId,
    ruleId,
    version,
    actor,
    from: instant(run.fromAt),
    until: instant(run.untilAt),
    askedAt: instant(run.askedAt),
    state: result !== null ? 'finished' : failure !== null ? 'failed' : unfinished,
    done,
    total,
    finishedAt: optionalInstant(finishedAt),
    failure,
    result,
  };
}
