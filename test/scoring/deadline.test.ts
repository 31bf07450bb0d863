import { describe, expect, it } from '@jest/globals';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { createDeadline } from '../../scoring/deadline.js';
import { createListIndex } from '../../scoring/lists/list-index.js';
import { toGateRequest } from '../../scoring/request.js';
import { DEFAULT_RULES } from '../../scoring/rules/defaults.js';
import { compileRuleSet } from '../../scoring/rules/rule-set.js';
import { score } from '../../scoring/score.js';
import type { FraudModel, ScoringInput } from '../../scoring/score.js';
import { body, CALM, constantModel, UNEXPLORED } from './world.js';

const { featureSetHash } = constantModel(0);

function inputOf(model: FraudModel | null): ScoringInput {
  const { payment, signals } = toGateRequest(body('pay_1'));
  return {
    decisionId: 'dec_1',
    subject: {
      payment,
      signals: { ...signals, ipCountry: null },
      vector: new Float32Array(FEATURE_NAMES.length),
    },
    featureSetHash,
    atMs: 0,
    rules: compileRuleSet(DEFAULT_RULES, FEATURE_NAMES),
    lists: createListIndex(),
    model,
    policy: UNEXPLORED,
    circumstances: CALM,
  };
}

/** A model whose every answer takes `takesMs` on the stopwatch that it drives. */
function timed() {
  const rests: string[] = [];
  let nowMs = 0;
  let asked = 0;
  const scoreInTime = createDeadline({
    stopwatch: () => nowMs,
    onRest: ({ modelVersion }) => rests.push(modelVersion),
  });
  const modelOf = (takesMs: number, version = 'model-1') =>
    constantModel(0.99, {
      version,
      predictOne: () => {
        asked++;
        nowMs += takesMs;
        return 0.99;
      },
    });
  return {
    rests,
    asked: () => asked,
    pass: (ms: number) => (nowMs += ms),
    decide: (takesMs: number, version?: string) => scoreInTime(inputOf(modelOf(takesMs, version))).answer,
  };
}

describe('the deadline of a model', () => {
  it('leaves an answer in time as it is', () => {
    const { decide } = timed();
    expect(decide(80)).toMatchObject({ action: 'block', fraudProbability: 0.99 });
    expect(decide(80).degraded).toBeUndefined();
  });

  it('turns one that came too late into an answer by rules alone that says so', () => {
    const { decide } = timed();
    expect(decide(81)).toMatchObject({
      action: 'allow',
      fraudProbability: null,
      degraded: 'model-too-slow',
      modelVersion: 'model-1',
      reasons: [{ code: 'model-too-slow' }],
    });
  });

  it('lets the model rest after three in a row, and asks it again after the rest', () => {
    const { decide, asked, pass, rests } = timed();
    for (let i = 0; i < 3; i++) decide(100);
    expect(rests).toEqual(['model-1']);
    pass(29_999);
    for (let i = 0; i < 5; i++) expect(decide(1).degraded).toBe('model-too-slow');
    expect(asked()).toBe(3);
    pass(1);
    expect(decide(1)).toMatchObject({ action: 'block' });
    expect(asked()).toBe(4);
  });

  it('sends it back at once when it is still slow after its rest, and forgives when it is not', () => {
    const { decide, asked, pass, rests } = timed();
    for (let i = 0; i < 3; i++) decide(100);
    pass(30_000);
    decide(100);
    expect(rests).toHaveLength(2);
    decide(1);
    expect(asked()).toBe(4);
    pass(30_000);
    decide(1);
    decide(100);
    decide(100);
    expect(rests).toHaveLength(2);
  });

  it('does not add up slow answers that are not in a row', () => {
    const { decide, rests } = timed();
    for (let i = 0; i < 10; i++) decide(i % 3 === 2 ? 1 : 100);
    expect(rests).toEqual([]);
  });

  it('begins anew with another model', () => {
    const { decide } = timed();
    for (let i = 0; i < 3; i++) decide(100);
    expect(decide(1, 'model-2')).toMatchObject({ action: 'block', modelVersion: 'model-2' });
  });

  it('blames no model when there is none', () => {
    let nowMs = 0;
    const scoreInTime = createDeadline({ stopwatch: () => (nowMs += 1000), onRest: () => undefined });
    expect(scoreInTime(inputOf(null)).answer.degraded).toBe('no-fraud-model');
  });

  it('answers what a replay answers that knows only that the model was too slow', () => {
    const { decide } = timed();
    const late = decide(100);
    const circumstances = { ...CALM, modelTooSlow: true };
    const model = constantModel(0.99, { version: 'model-1' });
    expect(score({ ...inputOf(model), circumstances }).answer).toEqual(late);
  });
});
