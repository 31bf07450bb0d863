/**
 * Rules in PostgreSQL: versions and modes, both only ever added to. What is in effect is the newest mode of each version; a
 * rule has at most one live and one shadow version, and going live or into shadow retires the one before.
 */
import type { Pool, PoolClient } from 'pg';
import { AppError } from '../../core/errors.js';
import { hashOfRules } from './rule-set.js';
import { advanceMode } from './rule.js';
import type { ActiveRule, Rule, RuleMode } from './rule.js';

type Db = Pool | PoolClient;

/** One version with its mode and who made it. */
export interface RecordedRule extends Rule {
  readonly mode: RuleMode;
  readonly actor: string;
  readonly note: string;
  readonly createdAt: number;
}

/** One step of a rule's history. */
export interface ModeChange {
  readonly ruleId: string;
  readonly version: number;
  readonly mode: RuleMode;
  readonly actor: string;
  readonly reason: string;
  readonly at: number;
  readonly ruleSetHash: string;
}

interface RuleRow {
  rule_id: string;
  version: number;
  owner: string;
  action: Rule['action'];
  reason_text: string;
  condition: string;
  overridable: boolean;
  valid_from: number | null;
  valid_until: number | null;
  actor: string;
  note: string;
  created_at: number;
  mode: RuleMode;
}

/** Every request is checked against each of them: about 20 ns a rule. */
const MAX_ACTIVE_RULES = 200;
const MAX_LISTED = 1000;

const NEWEST_MODES = `SELECT DISTINCT ON (rule_id, version) rule_id, version, mode FROM rule_modes
  WHERE change_id <= $1 ORDER BY rule_id, version, change_id DESC`;
const LATEST = Number.MAX_SAFE_INTEGER;

/** The live and shadow rules as of a change of the modes, or now. */
export async function activeRules(db: Db, asOfChange = LATEST): Promise<ActiveRule[]> {
  const { rows } = await db.query<RuleRow & { mode: ActiveRule['mode'] }>(
    `SELECT v.*, m.mode FROM (${NEWEST_MODES}) m JOIN rule_versions v USING (rule_id, version)
     WHERE m.mode IN ('live', 'shadow')`,
    [asOfChange],
  );
  return rows.map((row) => ({ ...toRule(row), mode: row.mode }));
}

/** The rules that a decision names by their hash; null for a hash that was never in effect. */
export async function rulesOfHash(db: Db, hash: string): Promise<ActiveRule[] | null> {
  const { rows } = await db.query<{ change_id: bigint | null }>(
    'SELECT max(change_id) AS change_id FROM rule_modes WHERE rule_set_hash = $1',
    [hash],
  );
  const change = rows[0]?.change_id ?? null;
  return change === null ? null : activeRules(db, Number(change));
}

/** Versions in the given modes, or all, by rule and newest first. */
export async function findRules(
  db: Db,
  where: { readonly ruleId?: string; readonly modes?: readonly RuleMode[] },
): Promise<RecordedRule[]> {
  const { rows } = await db.query<RuleRow>(
    `SELECT * FROM (
       SELECT v.*, coalesce(m.mode, 'draft') AS mode FROM rule_versions v
       LEFT JOIN (${NEWEST_MODES}) m USING (rule_id, version)) r
     WHERE ($2::text IS NULL OR rule_id = $2) AND ($3::text[] IS NULL OR mode = ANY($3))
     ORDER BY rule_id, version DESC LIMIT ${MAX_LISTED}`,
    [LATEST, where.ruleId ?? null, where.modes ?? null],
  );
  return rows.map(toRecorded);
}

/** @throws AppError `not-found`. */
export async function requireRule(db: Db, ruleId: string, version?: number): Promise<RecordedRule> {
  const versions = await findRules(db, { ruleId });
  const found = version === undefined ? versions[0] : versions.find((rule) => rule.version === version);
  if (found !== undefined) return found;
  const message =
    versions.length === 0 ? `there is no rule ${ruleId}` : `rule ${ruleId} has no version ${version}`;
  throw new AppError('not-found', 'rule-not-found', message);
}

/** Oldest first. */
export async function modeHistory(db: Db, ruleId: string): Promise<ModeChange[]> {
  const { rows } = await db.query<{
    version: number;
    mode: RuleMode;
    actor: string;
    reason: string;
    at: number;
    rule_set_hash: string;
  }>(
    'SELECT version, mode, actor, reason, at, rule_set_hash FROM rule_modes WHERE rule_id = $1 ORDER BY change_id',
    [ruleId],
  );
  return rows.map(({ rule_set_hash: ruleSetHash, ...row }) => ({ ruleId, ...row, ruleSetHash }));
}

export interface NewVersion extends Omit<Rule, 'version'> {
  readonly actor: string;
  readonly note: string;
}

/** Adds version 1, or the next one; as a draft. Inside a change (scoring/changes.ts). */
export async function addVersion(client: PoolClient, rule: NewVersion, at: number): Promise<RecordedRule> {
  const { rows } = await client.query<{ version: number }>(
    `INSERT INTO rule_versions (rule_id, version, owner, action, reason_text, condition, overridable,
       valid_from, valid_until, actor, note, created_at)
     SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6,
       to_timestamp($7 / 1000.0), to_timestamp($8 / 1000.0), $9, $10, to_timestamp($11 / 1000.0)
     FROM rule_versions WHERE rule_id = $1 RETURNING version`,
    [
      rule.ruleId,
      rule.owner,
      rule.action,
      rule.text,
      rule.condition,
      rule.overridable,
      rule.validFrom,
      rule.validUntil,
      rule.actor,
      rule.note,
      at,
    ],
  );
  return { ...rule, version: rows[0]?.version ?? 1, mode: 'draft', createdAt: at };
}

export interface NewMode {
  readonly mode: Exclude<RuleMode, 'draft'>;
  readonly actor: string;
  readonly reason: string;
  readonly at: number;
}

/** Puts versions into one mode together. Inside a change. @throws AppError `conflict` when the mode cannot follow. */
export async function setMode(
  client: PoolClient,
  rules: readonly RecordedRule[],
  { mode, actor, reason, at }: NewMode,
): Promise<string> {
  for (const rule of rules) advanceMode(rule, rule.mode, mode);
  const active = await activeRules(client);
  const same = (a: Rule, b: Rule): boolean => a.ruleId === b.ruleId && a.version === b.version;
  const others = active.filter((rule) => !rules.some((changed) => same(changed, rule)));
  const replaced = others.filter(
    (rule) => rule.mode === mode && rules.some((changed) => changed.ruleId === rule.ruleId),
  );
  const added = mode === 'retired' ? [] : rules.map((rule) => ({ ...rule, mode }));
  const after = [...others.filter((rule) => !replaced.includes(rule)), ...added];
  if (after.length > MAX_ACTIVE_RULES)
    throw new AppError(
      'conflict',
      'too-many-rules',
      `at most ${MAX_ACTIVE_RULES} rules are in effect: retire one first`,
    );
  const hash = hashOfRules(after);
  const steps = [
    ...replaced.map((rule) => ({ ...rule, mode: 'retired' })),
    ...rules.map((rule) => ({ ...rule, mode })),
  ];
  for (const step of steps)
    await client.query(
      `INSERT INTO rule_modes (rule_id, version, mode, actor, reason, at, rule_set_hash)
       VALUES ($1, $2, $3, $4, $5, to_timestamp($6 / 1000.0), $7)`,
      [step.ruleId, step.version, step.mode, actor, reason, at, hash],
    );
  return hash;
}

function toRule(row: RuleRow): Rule {
  return {
    ruleId: row.rule_id,
    version: row.version,
    owner: row.owner,
    action: row.action,
    text: row.reason_text,
    condition: row.condition,
    overridable: row.overridable,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
  };
}

function toRecorded(row: RuleRow): RecordedRule {
  const { mode, actor, note, created_at: createdAt } = row;
  return { ...toRule(row), mode, actor, note, createdAt };
}
