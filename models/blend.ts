/**
 * A stacked blend: logistic regression on the log-odds of several models, its weights learned from predictions for rows
 * that the models had not seen, never negative and pulled towards the plain mean. Contributions are weighted sums of the
 * members', so they stay additive. Sources: Wolpert 1992; Breiman 1996 (weights that are not negative).
 */
import { AppError, assert } from '../core/errors.js';
import { backendOf } from './backend-of.js';
import type { Frame, Model } from './contract.js';
import { minimise, type Evaluation } from './newton.js';
import { logit, sigmoid, softplus } from './sigmoid.js';

export interface BlendWeights {
  readonly bias: number;
  /** One for each member (m), 0 for one that brings nothing. */
  readonly weights: readonly number[];
}

/** Rows' worth of pull towards the mean of the members: it decides only where members say the same. */
const PULL = 10;
/** Log-odds beyond this say "certain", and one such row must not decide the weights. */
const LARGEST_LOGIT = 20;

/** `predictions` are (m)(n), out of sample; `rowWeights` (n). Takes one class too: the pull keeps the weights finite. */
export function fitBlend(
  predictions: readonly Float64Array[],
  y: Uint8Array,
  rowWeights?: Float32Array,
): BlendWeights {
  assert(
    predictions.length > 0 && predictions.every(({ length }) => length === y.length),
    'one prediction of each member for each row',
  );
  const logits = predictions.map((prediction) => prediction.map(boundedLogit));
  let members = [...predictions.keys()];
  for (;;) {
    const fitted = weigh(
      members.map((k) => logits[k]!),
      y,
      rowWeights,
    );
    const lowest = Math.min(...fitted.weights);
    // A member that speaks against itself has learned noise; the others are weighed again without it.
    if (lowest >= 0 || members.length === 1) {
      const weights = logits.map((_, k) => Math.max(0, fitted.weights[members.indexOf(k)] ?? 0));
      return { bias: fitted.bias, weights };
    }
    members = members.filter((_, k) => fitted.weights[k] !== lowest);
  }
}

function weigh(
  logits: readonly Float64Array[],
  y: Uint8Array,
  rowWeights: Float32Array | undefined,
): BlendWeights {
  const m = logits.length;
  const mean = 1 / m;
  const start = Float64Array.from({ length: m + 1 }, (_, k) => (k < m ? mean : 0));
  const evaluate = (beta: Float64Array): Evaluation => {
    const size = m + 1;
    const gradient = new Float64Array(size);
    const hessian = new Float64Array(size * size);
    let loss = 0;
    for (let k = 0; k < size; k++) {
      // The bias is pulled too, a little, so that one class alone has a minimum.
      const pull = k < m ? PULL : 1e-3;
      loss += (pull / 2) * (beta[k]! - start[k]!) ** 2;
      gradient[k] = pull * (beta[k]! - start[k]!);
      hessian[k * size + k] = pull;
    }
    const terms = new Float64Array(size).fill(1);
    for (let row = 0; row < y.length; row++) {
      let z = beta[m]!;
      for (let k = 0; k < m; k++) z += beta[k]! * (terms[k] = logits[k]![row]!);
      const p = sigmoid(z);
      const weight = rowWeights?.[row] ?? 1;
      loss += weight * (softplus(z) - (y[row] === 1 ? z : 0));
      for (let i = 0; i < size; i++) {
        gradient[i]! += weight * (p - y[row]!) * terms[i]!;
        for (let j = 0; j <= i; j++) hessian[i * size + j]! += weight * p * (1 - p) * terms[i]! * terms[j]!;
      }
    }
    return { loss, gradient, hessian };
  };
  const beta = minimise(evaluate, start, { maxSteps: 100, tolerance: 1e-12 });
  return { bias: beta[m]!, weights: [...beta.subarray(0, m)] };
}

/** Members may read different features: the blend reads all of them, in the order in which members name them. */
export function blendModels(members: readonly Model[], { bias, weights }: BlendWeights): Model {
  assert(members.length > 0 && members.length === weights.length, 'one weight for each member');
  const featureNames = [...new Set(members.flatMap((member) => member.featureNames))];
  const places = members.map((member) =>
    Int32Array.from(member.featureNames, (name) => featureNames.indexOf(name)),
  );
  const rowFor = (member: number, row: Float32Array): Float32Array =>
    Float32Array.from(places[member]!, (place) => row[place]!);
  const blend = (probabilityOf: (member: number) => number): number => {
    let z = bias;
    for (let k = 0; k < members.length; k++) z += weights[k]! * boundedLogit(probabilityOf(k));
    return sigmoid(z);
  };
  return {
    learner: 'blend',
    featureNames,
    ...backendOf(members),
    predict: (frame: Frame) => {
      const predictions = members.map((member) => member.predict(frame));
      return Float64Array.from({ length: frame.rows }, (_, row) => blend((k) => predictions[k]![row]!));
    },
    predictOne: (row) => blend((k) => members[k]!.predictOne(rowFor(k, row))),
    explain: (row) => {
      const contributions = new Float64Array(featureNames.length + 1);
      contributions[featureNames.length] = bias;
      members.forEach((member, k) => {
        const values = rowFor(k, row);
        const parts = member.explain(values);
        let others = boundedLogit(member.predictOne(values));
        places[k]!.forEach((place, j) => {
          contributions[place]! += weights[k]! * parts[j]!;
          others -= parts[j]!;
        });
        contributions[featureNames.length]! += weights[k]! * others;
      });
      return contributions;
    },
    toJSON: () => ({ learner: 'blend', bias, weights, models: members.map((member) => member.toJSON()) }),
  };
}

function boundedLogit(probability: number): number {
  return Math.min(LARGEST_LOGIT, Math.max(-LARGEST_LOGIT, logit(probability)));
}

export function blendFromJSON(json: unknown, modelFromJSON: (json: unknown) => Model): Model {
  const { bias, weights, models } = (json ?? {}) as Record<string, unknown>; // Checked in the next lines.
  const isBlend =
    Number.isFinite(bias) &&
    Array.isArray(weights) &&
    weights.every(Number.isFinite) &&
    Array.isArray(models) &&
    models.length > 0 &&
    models.length === weights.length;
  if (isBlend) return blendModels(models.map(modelFromJSON), { bias: Number(bias), weights });
  throw new AppError(
    'bad-input',
    'bad-model',
    'this JSON is no blend of models; its members or weights are missing',
  );
}
