import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FEATURE_NAMES } from '../../../features/definitions.js';
import { DEFAULT_RULES } from '../../../scoring/rules/defaults.js';
import type { ActiveRule } from '../../../scoring/rules/rule.js';
import { compileRuleSet, hashOfRules } from '../../../scoring/rules/rule-set.js';
import { subjectOf } from './subjects.js';

function rule(fields: Partial<ActiveRule> = {}): ActiveRule {
  return {
    ruleId: 'large',
    version: 1,
    owner: 'risk',
    action: 'review',
    text: 'a large amount',
    condition: 'amountPaise >= 100',
    overridable: true,
    validFrom: null,
    validUntil: null,
    mode: 'live',
    ...fields,
  };
}

function hits(rules: readonly ActiveRule[], values: Record<string, number>, atMs = 0) {
  const { live, shadow } = compileRuleSet(rules, FEATURE_NAMES).check(subjectOf(values), atMs);
  return { live: live.map(({ ruleId }) => ruleId), shadow: shadow.map(({ ruleId }) => ruleId) };
}

describe('the default rules', () => {
  it.each(DEFAULT_RULES.map((known) => [known.ruleId, known.condition] as const))(
    '%s fires from its thresholds on, not below',
    (ruleId, condition) => {
      const thresholds = [...condition.matchAll(/(\w+) >= (\d+)/g)].map(
        ([, name = '', from]) => [name, Number(from)] as const,
      );
      const at = Object.fromEntries(thresholds);
      expect(hits(DEFAULT_RULES, at).live).toContain(ruleId);
      for (const [name, from] of thresholds)
        expect(hits(DEFAULT_RULES, { ...at, [name]: from * 0.99 }).live).not.toContain(ruleId);
    },
  );

  it('never fire on missing features', () => {
    expect(hits(DEFAULT_RULES, {})).toEqual({ live: [], shadow: [] });
  });
});

describe('a set of rules', () => {
  it('keeps shadow rules apart from live ones', () => {
    const rules = [rule(), rule({ ruleId: 'trial', mode: 'shadow' })];
    expect(hits(rules, { amountPaise: 100 })).toEqual({ live: ['large'], shadow: ['trial'] });
    expect(hits(rules, { amountPaise: 99 })).toEqual({ live: [], shadow: [] });
  });

  it('uses a rule from the beginning of its validity until before its end', () => {
    const rules = [rule({ validFrom: 10, validUntil: 20 })];
    const valid = [9, 10, 19, 20].map((atMs) => hits(rules, { amountPaise: 100 }, atMs).live.length);
    expect(valid).toEqual([0, 1, 1, 0]);
  });

  it('leaves out a rule that it cannot read and says which', () => {
    const rules = [rule(), rule({ ruleId: 'old', condition: 'shoeSize > 40' })];
    const { unusable } = compileRuleSet(rules, FEATURE_NAMES);
    expect(unusable).toEqual([{ ruleId: 'old', reason: expect.stringContaining('no field "shoeSize"') }]);
    expect(hits(rules, { amountPaise: 100 }).live).toEqual(['large']);
  });

  it('has a hash of what decides, whatever the order', () => {
    const rules = [...DEFAULT_RULES, rule()];
    const hash = hashOfRules(rules);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    fc.assert(
      fc.property(fc.shuffledSubarray(rules, { minLength: rules.length }), (shuffled) => {
        expect(hashOfRules(shuffled)).toBe(hash);
      }),
    );
    const others: Partial<ActiveRule>[] = [
      { version: 2 },
      { mode: 'shadow' },
      { action: 'block' },
      { condition: 'amountPaise >= 101' },
      { text: 'other' },
      { validUntil: 5 },
      { action: 'block', overridable: false },
    ];
    const hashes = others.map((fields) => hashOfRules([...DEFAULT_RULES, rule(fields)]));
    expect(new Set([hash, ...hashes]).size).toBe(others.length + 1);
  });
});
