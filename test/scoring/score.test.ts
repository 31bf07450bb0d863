import { describe, expect, it } from '@jest/globals';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { compileRules, RULES } from '../../scoring/rules.js';
import { score } from '../../scoring/score.js';
import type { FraudModel } from '../../scoring/score.js';
import { toGateRequest } from '../../scoring/request.js';
import { body, constantModel } from './world.js';

const checkRules = compileRules(RULES, FEATURE_NAMES);
const { featureSetHash } = constantModel(0);

/** A vector that is zero but for some features; NaN is missing. */
function vectorOf(values: Readonly<Record<string, number>>, rest = 0): Float32Array {
  return Float32Array.from(FEATURE_NAMES, (name) => values[name] ?? rest);
}

function verdict(values: Readonly<Record<string, number>>, model: FraudModel | null, rest = 0) {
  const { payment } = toGateRequest(body('pay_1'));
  return score({ payment, vector: vectorOf(values, rest), featureSetHash, checkRules, model });
}

describe('hard rules', () => {
  it.each(RULES.map((rule) => [rule.code, rule] as const))(
    '%s fires from its thresholds on, not below',
    (_code, rule) => {
      const at = Object.fromEntries(rule.when.map(({ feature, atLeast }) => [feature, atLeast]));
      expect(checkRules(vectorOf(at))).toContain(rule);
      for (const { feature, atLeast } of rule.when) {
        expect(checkRules(vectorOf({ ...at, [feature]: atLeast * 0.99 }))).not.toContain(rule);
      }
    },
  );

  it('never fire on missing features', () => {
    expect(checkRules(vectorOf({}, NaN))).toEqual([]);
  });

  it('refuse to be bound to features that do not exist', () => {
    const rule = {
      code: 'x',
      action: 'block',
      when: [{ feature: 'shoeSize', atLeast: 1 }],
      text: '',
    } as const;
    expect(() => compileRules([rule], FEATURE_NAMES)).toThrow('shoeSize');
  });
});

describe('a verdict', () => {
  it('without a model is by rules only, and says so', () => {
    expect(verdict({}, null)).toEqual({
      action: 'allow',
      fraudProbability: null,
      reasons: [{ code: 'no-fraud-model', text: 'no fraud model is in production: rules only' }],
      modelVersion: null,
      featureSetHash,
      degraded: 'no-fraud-model',
    });
    expect(verdict({ instrumentFrauds90d: 1 }, null)).toMatchObject({
      action: 'block',
      degraded: 'no-fraud-model',
    });
  });

  it.each`
    failure                  | model                                              | degraded
    ${'another feature set'} | ${constantModel(0.9, { featureSetHash: 'other' })} | ${'feature-set-mismatch'}
    ${'not a number'}        | ${constantModel(NaN)}                              | ${'model-failed'}
    ${'over one'}            | ${constantModel(1.2)}                              | ${'model-failed'}
    ${'an exception'} | ${constantModel(0, {
      predictOne: () => {
        throw new Error('broken tree');
      },
    })} | ${'model-failed'}
  `('survives a model with $failure', ({ model, degraded }) => {
    expect(verdict({}, model as FraudModel)).toMatchObject({
      action: 'allow',
      fraudProbability: null,
      degraded,
    });
  });

  it('takes the most severe of rules and model, rules first among the reasons', () => {
    const found = verdict({ payerFailures10m: 5 }, constantModel(0.99));
    expect(found.action).toBe('block');
    expect(found.reasons.map(({ code }) => code)).toEqual([
      'failed-burst-payer',
      'feature-deviceCount1h',
      'feature-amount',
    ]);
    expect(verdict({ instrumentFrauds90d: 1 }, constantModel(0)).action).toBe('block');
  });

  it('explains nothing when there is nothing to explain', () => {
    expect(verdict({}, constantModel(0.001))).toMatchObject({
      action: 'allow',
      fraudProbability: 0.001,
      reasons: [],
    });
  });
});
