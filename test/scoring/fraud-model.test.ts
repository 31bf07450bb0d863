import { describe, expect, it } from '@jest/globals';
import type { LoadedModel } from '../../models/registry.js';
import type { Model } from '../../models/contract.js';
import { toFraudModel } from '../../scoring/fraud-model.js';
import type { Json } from '../../models/artefact.js';

function loaded(policy: Json): LoadedModel {
  const model: Model = {
    learner: 'constant',
    featureNames: ['amount'],
    predict: (frame) => new Float64Array(frame.rows).fill(0.5),
    predictOne: () => 0.5,
    explain: () => Float64Array.of(0.25, 0),
    toJSON: () => null,
  };
  return {
    version: 'f'.repeat(64),
    task: 'fraud',
    featureSetHash: 'h',
    featureNames: model.featureNames,
    model,
    predictOne: (row) => model.predictOne(row),
    explain: () => [{ feature: 'amount', contribution: 0.25 }],
    policy,
    training: null,
    metrics: {},
  };
}

describe('a registered model at the gate', () => {
  it('brings its probability, its reasons and its thresholds', () => {
    const model = toFraudModel(loaded({ blockFrom: 0.8, reviewFrom: 0.4, note: 'more' }));
    expect(model.predictOne(Float32Array.of(1))).toBe(0.5);
    expect(model.explain(Float32Array.of(1))).toEqual([{ feature: 'amount', contribution: 0.25 }]);
    expect(model.thresholds).toMatchObject({ blockFrom: 0.8, reviewFrom: 0.4 });
    expect(toFraudModel(loaded(null)).thresholds).toBeNull();
  });

  it.each<[string, Json]>([
    ['no thresholds', {}],
    ['one threshold', { blockFrom: 0.5 }],
    ['text', { blockFrom: '0.5', reviewFrom: '0.1' }],
    ['a list', [0.5, 0.1]],
  ])('is refused with %s for a policy', (_what, policy) => {
    expect(() => toFraudModel(loaded(policy))).toThrow(expect.objectContaining({ code: 'bad-policy' }));
  });
});
