import { describe, expect, it } from '@jest/globals';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { createListIndex } from '../../scoring/lists/list-index.js';
import type { ListEntry } from '../../scoring/lists/entry.js';
import { DEFAULT_POLICY } from '../../scoring/policy-settings.js';
import type { Policy } from '../../scoring/policy-settings.js';
import { DEFAULT_RULES } from '../../scoring/rules/defaults.js';
import { compileRuleSet } from '../../scoring/rules/rule-set.js';
import { score } from '../../scoring/score.js';
import type { Circumstances, FraudModel } from '../../scoring/score.js';
import { toGateRequest } from '../../scoring/request.js';
import { body, CALM, constantModel, UNEXPLORED } from './world.js';

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
  const fixed = { decisionId: 'dec_1', policy: UNEXPLORED, circumstances: CALM };
  return score({ ...fixed, subject, featureSetHash, atMs: 0, rules, lists, model }).answer;
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

/** Everything that can be found about one payment, under the given circumstances. */
function scored({ probability = 0.99, values = {}, lists = createListIndex(), ...given }: Scene) {
  const { payment, signals } = toGateRequest(body('pay_1', given.fields));
  return score({
    decisionId: 'dec_1',
    subject: { payment, signals: { ...signals, ipCountry: null }, vector: vectorOf(values) },
    featureSetHash,
    atMs: 0,
    rules,
    lists,
    model: constantModel(probability),
    policy: { ...UNEXPLORED, ...given.policy },
    circumstances: { ...CALM, ...given.circumstances },
  });
}

interface Scene {
  readonly probability?: number;
  readonly values?: Readonly<Record<string, number>>;
  readonly lists?: ReturnType<typeof listsOf>;
  readonly fields?: Parameters<typeof body>[1];
  readonly policy?: Partial<Policy>;
  readonly circumstances?: Partial<Circumstances>;
}

const FRAUD_BEFORE = { instrumentFrauds90d: 1 };

describe('a verdict on a payer with a churn score', () => {
  const churn = { scoredAt: '2026-01-05T20:00:00.000Z', valuePaise: 1_200_000, expectedLossPaise: 240_000 };
  const codesOf = (scene: Scene) => scored(scene).answer.reasons.map(({ code }) => code);
  const doubtful = { probability: 0.04, circumstances: { churn } };

  it('says that the score decided, and only where it did', () => {
    expect(scored({ ...doubtful, circumstances: {} }).answer.action).toBe('challenge');
    expect(scored(doubtful).answer).toMatchObject({ action: 'allow', decidedBy: 'nothing' });
    expect(codesOf(doubtful)).toEqual(['churn-cost']);
    expect(codesOf({ ...doubtful, probability: 0.001 })).toEqual([]);
    expect(codesOf({ ...doubtful, probability: 0.99 })).not.toContain('churn-cost');
  });

  it('says nothing of it where a rule or a list decides anyway', () => {
    expect(scored({ ...doubtful, values: FRAUD_BEFORE }).answer.action).toBe('block');
    expect(codesOf({ ...doubtful, values: FRAUD_BEFORE })).not.toContain('churn-cost');
    const lists = listsOf({ kind: 'allow' });
    expect(codesOf({ ...doubtful, lists })).not.toContain('churn-cost');
  });

  it('is as it was in a currency without costs, and without a model', () => {
    const dollars = { ...doubtful, probability: 0.6, fields: { currency: 'USD' } };
    const { churn: _churn, ...calm } = dollars.circumstances;
    expect(scored(dollars)).toEqual(scored({ ...dollars, circumstances: calm }));
    const late = { ...doubtful, circumstances: { churn, modelTooSlow: true } };
    expect(scored(late)).toEqual(scored({ ...late, circumstances: { modelTooSlow: true } }));
  });
});

describe('a verdict while the block cap is open', () => {
  const circumstances = { blockCapOpen: true };

  it('puts the blocks of the model and of rules before a person, says why, and still counts them', () => {
    for (const scene of [{}, { probability: 0, values: FRAUD_BEFORE }]) {
      const { answer, countsAsBlock, propensity } = scored({ ...scene, circumstances });
      expect(answer).toMatchObject({ action: 'review', decidedBy: 'capped-review', degraded: 'block-cap' });
      expect(answer.reasons[0]).toMatchObject({ code: 'block-cap' });
      expect(answer).not.toHaveProperty('cancelRetries');
      expect({ countsAsBlock, propensity }).toEqual({ countsAsBlock: true, propensity: 1 });
    }
  });

  it('holds back no block of a list, and none of a chain that was blocked', () => {
    for (const overridable of [true, false]) {
      const { answer, countsAsBlock } = scored({ lists: listsOf({ overridable }), circumstances });
      expect(answer).toMatchObject({ action: 'block', cancelRetries: true });
      expect(countsAsBlock).toBe(false);
    }
    const chain = scored({ circumstances: { blockCapOpen: true, originalBlocked: true } });
    expect(chain.answer).toMatchObject({ action: 'block', decidedBy: 'original-block' });
  });

  it('holds back no block of a final rule', () => {
    const final = DEFAULT_RULES.map((rule) => ({ ...rule, overridable: rule.action !== 'block' }));
    const { payment, signals } = toGateRequest(body('pay_1'));
    const { answer } = score({
      decisionId: 'dec_1',
      subject: { payment, signals: { ...signals, ipCountry: null }, vector: vectorOf(FRAUD_BEFORE) },
      featureSetHash,
      atMs: 0,
      rules: compileRuleSet(final, FEATURE_NAMES),
      lists: createListIndex(),
      model: null,
      policy: UNEXPLORED,
      circumstances: { ...CALM, blockCapOpen: true },
    });
    expect(answer).toMatchObject({ action: 'block', decidedBy: 'final-block-rule' });
  });

  it('leaves everything milder than a block alone', () => {
    for (const probability of [0.001, 0.2])
      expect(scored({ probability, circumstances })).toEqual(scored({ probability }));
  });
});

describe('a verdict under exploration', () => {
  const policy = { exploration: { ...DEFAULT_POLICY.exploration, share: 1 } };

  it('challenges instead of a block that only the model wants', () => {
    const { answer, countsAsBlock, propensity } = scored({ policy });
    expect(answer).toMatchObject({ action: 'challenge', decidedBy: 'explored-challenge' });
    expect(answer.reasons[0]).toMatchObject({ code: 'exploration' });
    expect({ countsAsBlock, propensity }).toEqual({ countsAsBlock: true, propensity: 1 });
  });

  it('explores no block of a rule, a list or a chain', () => {
    expect(scored({ values: FRAUD_BEFORE, policy }).answer.action).toBe('block');
    expect(scored({ lists: listsOf({}), policy }).answer.action).toBe('block');
    expect(scored({ circumstances: { originalBlocked: true }, policy }).answer.action).toBe('block');
  });

  it('explores nothing while the block cap is open, and nothing that is too large', () => {
    expect(scored({ policy, circumstances: { blockCapOpen: true } }).answer.action).toBe('review');
    expect(scored({ policy, fields: { amountPaise: 500_001 } }).answer.action).toBe('block');
  });

  it('records how likely its action was, with a model only', () => {
    const small = { exploration: { ...DEFAULT_POLICY.exploration, share: 1e-9 } };
    expect(scored({ policy: small }).propensity).toBe(1 - 1e-9);
    expect(scored({ policy: small, probability: 0.001 }).propensity).toBe(1);
    expect(scored({ policy: small, probability: NaN }).propensity).toBeNull();
  });
});

describe('a verdict in a currency without costs', () => {
  it('asks a person where it would block, and says that costs are missing', () => {
    const fields = { currency: 'USD' };
    const { answer } = scored({ fields });
    expect(answer).toMatchObject({ action: 'review', decidedBy: 'model-review' });
    expect(answer.reasons.at(-1)).toMatchObject({ code: 'no-costs' });
    const { INR } = DEFAULT_POLICY.costs;
    expect(scored({ fields, policy: { costs: { USD: INR! } } }).answer.action).toBe('block');
  });
});
