/** A registered model as the gate uses it: its probability, its reasons and the thresholds that were measured with it. */
import Type from 'typebox';
import Value from 'typebox/value';
import { AppError } from '../core/errors.js';
import type { LoadedModel } from '../models/registry.js';
import type { FprThresholds } from './policy.js';
import type { FraudModel } from './score.js';

const Thresholds = Type.Object({
  blockFrom: Type.Number({ minimum: 0 }),
  reviewFrom: Type.Number({ minimum: 0 }),
});

/** @throws AppError `bad-input` for a policy that cannot be read: better no model than one that is read wrongly. */
export function toFraudModel(loaded: LoadedModel): FraudModel {
  const { version, featureSetHash } = loaded;
  // The first use of a model lays out its kernels, tens of milliseconds that no payment should wait for.
  const nothing = new Float32Array(loaded.featureNames.length).fill(NaN);
  loaded.predictOne(nothing);
  loaded.explain(nothing);
  return {
    version,
    featureSetHash,
    predictOne: (vector) => loaded.predictOne(vector),
    explain: (vector) => loaded.explain(vector),
    thresholds: thresholdsOf(loaded),
  };
}

function thresholdsOf({ policy, version }: LoadedModel): FprThresholds | null {
  if (policy === null) return null;
  if (Value.Check(Thresholds, policy)) return policy;
  const message = `model ${version.slice(0, 12)} has a policy without the numbers blockFrom and reviewFrom: train it again`;
  throw new AppError('bad-input', 'bad-policy', message);
}
