/**
 * The rules in effect, compiled: one check gives the live rules that hold for a request and the shadow rules that would.
 * The set has a hash over its content, which every decision names, so that a replay uses exactly these rules.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.js';
import { compileCondition } from './compile.js';
import { fieldsOf } from './fields.js';
import type { Subject } from './fields.js';
import type { ActiveRule } from './rule.js';

export interface RuleHits {
  readonly live: readonly ActiveRule[];
  readonly shadow: readonly ActiveRule[];
}

export interface RuleSet {
  readonly hash: string;
  readonly rules: readonly ActiveRule[];
  /** Rules that this version of the program cannot read, for instance over a feature that is gone: they never hold. */
  readonly unusable: readonly { readonly ruleId: string; readonly reason: string }[];
  /** @param atMs instant of the decision, for the validity of rules: [validFrom, validUntil). */
  check(subject: Subject, atMs: number): RuleHits;
}

const NO_HITS: RuleHits = { live: [], shadow: [] };

export function compileRuleSet(rules: readonly ActiveRule[], featureNames: readonly string[]): RuleSet {
  const fields = fieldsOf(featureNames);
  const sorted = inOrder(rules);
  const unusable: { ruleId: string; reason: string }[] = [];
  const compiled = sorted.flatMap((rule) => {
    try {
      const { holds } = compileCondition(rule.condition, fields);
      return [{ rule, holds, from: rule.validFrom ?? -Infinity, until: rule.validUntil ?? Infinity }];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      unusable.push({ ruleId: rule.ruleId, reason: error.message });
      return [];
    }
  });
  return {
    hash: hashOfRules(rules),
    rules: sorted,
    unusable,
    check: (subject, atMs) => {
      let hits: { live: ActiveRule[]; shadow: ActiveRule[] } | null = null;
      for (const { rule, holds, from, until } of compiled) {
        if (atMs < from || atMs >= until || !holds(subject)) continue;
        hits ??= { live: [], shadow: [] };
        hits[rule.mode].push(rule);
      }
      return hits ?? NO_HITS;
    },
  };
}

/** SHA-256 of the rules in effect, its first 16 digits; the order in which they are given does not matter. */
export function hashOfRules(rules: readonly ActiveRule[]): string {
  const content = inOrder(rules).map((rule) => [
    rule.ruleId,
    rule.version,
    rule.mode,
    rule.action,
    rule.overridable,
    rule.condition,
    rule.text,
    rule.validFrom,
    rule.validUntil,
  ]);
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

function inOrder(rules: readonly ActiveRule[]): ActiveRule[] {
  return [...rules].sort((a, b) =>
    a.ruleId < b.ruleId ? -1 : a.ruleId > b.ruleId ? 1 : a.version - b.version,
  );
}
