/**
 * The mean of several models in log-odds: learners of different kinds err differently. Contributions are the means of
 * the members' contributions, so they stay additive. Source: Breiman 1996, in the geometric form of Hinton 2002.
 */
import { AppError, assert } from '../core/errors.js';
import { backendOf } from './backend-of.js';
import type { Frame, Model } from './contract.js';
import { logit, sigmoid } from './sigmoid.js';

/** All members must have the same features in the same order. */
export function averageModels(models: readonly [Model, ...Model[]]): Model {
  const { featureNames } = models[0];
  for (const member of models)
    assert(member.featureNames.join() === featureNames.join(), 'members share their features');
  const meanOf = (probabilities: readonly number[]): number =>
    sigmoid(probabilities.reduce((sum, p) => sum + logit(p), 0) / probabilities.length);
  return {
    learner: 'average',
    featureNames,
    ...backendOf(models),
    predict: (frame: Frame) => averageProbabilities(models.map((member) => member.predict(frame))),
    predictOne: (row) => meanOf(models.map((member) => member.predictOne(row))),
    explain: (row) => {
      const parts = models.map((member) => member.explain(row));
      return new Float64Array(featureNames.length + 1).map(
        (_, k) => parts.reduce((sum, part) => sum + part[k]!, 0) / parts.length,
      );
    },
    toJSON: () => ({ learner: 'average', models: models.map((member) => member.toJSON()) }),
  };
}

/** The same mean for predictions already made: (models)(n) to (n). */
export function averageProbabilities(predictions: readonly Float64Array[]): Float64Array {
  return new Float64Array(predictions[0]?.length ?? 0).map((_, row) =>
    sigmoid(predictions.reduce((sum, prediction) => sum + logit(prediction[row]!), 0) / predictions.length),
  );
}

export function averageFromJSON(json: unknown, modelFromJSON: (json: unknown) => Model): Model {
  const { models } = (json ?? {}) as { models?: unknown }; // Checked in the next line.
  const [first, ...others] = Array.isArray(models) ? models.map(modelFromJSON) : [];
  if (first !== undefined) return averageModels([first, ...others]);
  throw new AppError('bad-input', 'bad-model', 'this JSON is no average of models; its members are missing');
}
