import { describe, expect, it } from '@jest/globals';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { createListIndex } from '../../scoring/lists/list-index.js';
import type { ListEntry } from '../../scoring/lists/entry.js';
import { DEFAULT_RULES } from '../../scoring/rules/defaults.js';
import { compileRuleSet } from '../../scoring/rules/rule-set.js';
import { score } from '../../scoring/score.js';
import type { FraudModel } from '../../scoring/score.js';
import { toGateRequest } from '../../scoring/request.js';
import { body, constantModel } from './world.js';

const rules = compileRuleSet(DEFAULT_RULES, FEATURE_NAMES);
const { featureSetHash } = constantModel(0);

/** A vector that is zero but for some features; NaN is missing. */
function vectorOf(values: Readonly<Record<string, number>>, rest = 0): Float32Array {
  return Float32Array.from(FEATURE_NAMES, (name) => values[name] ?? rest);
}

function listsOf(...entries: readonly Partial<ListEntry>[]) {
  const lists = createListIndex();
  const entry = {
    kind: 'block',
    subject: 'payer',
    value: 'payer-1',
    overridable: true,
    expiresAt: null,
  } as const;
  entries.forEach((fields, i) =>
    lists.apply({ changeId: i + 1, change: 'add', reason: 'chargebacks', ...entry, ...fields }),
  );
  return lists;
}

function verdict(
  values: Readonly<Record<string, number>>,
  model: FraudModel | null,
  lists = createListIndex(),
) {
  const { payment, signals } = toGateRequest(body('pay_1'));
  const subject = { payment, signals: { ...signals, ipCountry: null }, vector: vectorOf(values) };
  return score({ subject, featureSetHash, atMs: 0, rules, lists, model }).answer;
}

describe('a verdict', () => {
  it('without a model is by rules only, and says so', () => {
    expect(verdict({}, null)).toEqual({
      action: 'allow',
      decidedBy: 'nothing',
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

  it('lets an allow list undo what may be undone, and shows what that was', () => {
    const values = { instrumentFrauds90d: 1 };
    const allow = { kind: 'allow', reason: 'the head office', expiresAt: 1 } as const;
    const undone = verdict(values, constantModel(0.99), listsOf(allow));
    expect(undone).toMatchObject({ action: 'allow', decidedBy: 'allow-list' });
    expect(undone.reasons.slice(0, 2)).toEqual([
      { code: 'allow-list', text: 'the payer is on the allow list: the head office' },
      { code: 'instrument-reported', text: 'fraud with this instrument was reported within 90 days' },
    ]);
    const final = { subject: 'device', value: 'device-1', overridable: false } as const;
    expect(verdict(values, null, listsOf(allow, final))).toMatchObject({
      action: 'block',
      decidedBy: 'final-block-list',
      degraded: 'no-fraud-model',
    });
  });

  it('follows the lists when the model fails', () => {
    expect(verdict({}, constantModel(NaN), listsOf({}))).toMatchObject({
      action: 'block',
      decidedBy: 'block-list',
      fraudProbability: null,
      degraded: 'model-failed',
    });
  });
});
