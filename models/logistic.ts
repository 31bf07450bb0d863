/**
 * L2-penalised logistic regression: the floor that every other learner must beat, and the fallback that explains itself.
 * Minimises sum w log-loss + l2/2 |beta|^2 over encoded terms, the bias unpenalised. Deterministic; the seed is unused.
 */
import { AppError } from '../core/errors.js';
import type { FitOptions, Frame, Learner, Model } from './contract.js';
import { fitEncoding, termsOf, writeTerms } from './encode.js';
import type { EncodingSettings, FeatureEncoding } from './encode.js';
import { requireBothClasses } from './fit-input.js';
import { isLogisticJson } from './logistic-json.js';
import type { LogisticJson } from './logistic-json.js';
import { minimise } from './newton.js';
import type { Evaluation } from './newton.js';
import { predictFrame } from './predict-frame.js';
import { sigmoid, softplus } from './sigmoid.js';

export interface LogisticSettings extends EncodingSettings {
  readonly l2: number;
}

const defaults: LogisticSettings = {
  l2: 1, // On standardised terms; scikit-learn's default.
  numbers: 'line-and-bins', // The line extrapolates, the bins bend it: risk is rarely monotone in an amount.
  quantileBins: 10, // Deciles: enough rows in each for a stable rate.
  minCategoryRows: 20, // A rarer category has no rate of its own.
  maxCategories: 50, // Bounds the terms: the fit costs rows x terms^2.
};

export const logistic = {
  name: 'logistic',
  defaults,
  fit,
  fromJSON,
} satisfies Learner<LogisticSettings>;

function fit(
  frame: Frame,
  y: Uint8Array,
  { settings, weights, onProgress }: FitOptions<LogisticSettings>,
): Model {
  requireBothClasses(frame, y);
  const encodings = fitEncoding(frame, settings);
  const p = termsOf(encodings);
  const means = new Float64Array(p);
  eachRow(frame, encodings, (terms) => {
    for (let k = 0; k < p; k++) means[k]! += terms[k]! / frame.rows;
  });
  let steps = 0;
  const evaluate = (beta: Float64Array): Evaluation => {
    onProgress?.(Math.min(++steps, MAX_STEPS), MAX_STEPS);
    return penalisedLoss({ frame, y, weights, encodings, l2: settings.l2 }, beta);
  };
  // The bias is the last unknown.
  const beta = minimise(evaluate, new Float64Array(p + 1), { maxSteps: MAX_STEPS, tolerance: 1e-12 });
  onProgress?.(MAX_STEPS, MAX_STEPS);
  const bias = beta[p]!;
  return modelOf({
    featureNames: frame.names,
    encodings,
    bias,
    weights: [...beta.subarray(0, p)],
    means: [...means],
  });
}

/** Newton's method takes about eight. */
const MAX_STEPS = 50;

interface Problem {
  readonly frame: Frame;
  readonly y: Uint8Array;
  readonly weights: Float32Array | undefined;
  readonly encodings: readonly FeatureEncoding[];
  readonly l2: number;
}

function penalisedLoss({ frame, y, weights, encodings, l2 }: Problem, beta: Float64Array): Evaluation {
  const size = beta.length;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const active = new Int32Array(size);
  let loss = 0;
  for (let k = 0; k + 1 < size; k++) {
    loss += (l2 / 2) * beta[k]! ** 2;
    gradient[k] = l2 * beta[k]!;
    hessian[k * size + k] = l2;
  }
  eachRow(frame, encodings, (terms, row) => {
    const weight = weights?.[row] ?? 1;
    let z = beta[size - 1]!;
    let count = 0;
    for (let k = 0; k + 1 < size; k++) {
      if (terms[k] === 0) continue;
      active[count++] = k;
      z += terms[k]! * beta[k]!;
    }
    loss += weight * (softplus(z) - (y[row] === 1 ? z : 0));
    addRow(
      { terms, active, count, gradient, hessian },
      weight * (sigmoid(z) - y[row]!),
      weight * curvature(z),
    );
  });
  return { loss, gradient, hessian };
}

function curvature(z: number): number {
  const p = sigmoid(z);
  return p * (1 - p);
}

interface Accumulator {
  readonly terms: Float64Array;
  /** The first `count` are the terms that are not zero, ascending. */
  readonly active: Int32Array;
  readonly count: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** Adds slope x and curvature x x' for the terms and the bias, whose x is 1. Only the lower triangle. */
function addRow(
  { terms, active, count, gradient, hessian }: Accumulator,
  slope: number,
  curve: number,
): void {
  const size = gradient.length;
  const last = (size - 1) * size;
  for (let a = 0; a < count; a++) {
    const i = active[a]!;
    const value = terms[i]!;
    gradient[i]! += slope * value;
    const scaled = curve * value;
    hessian[last + i]! += scaled;
    for (let b = 0; b <= a; b++) hessian[i * size + active[b]!]! += scaled * terms[active[b]!]!;
  }
  gradient[size - 1]! += slope;
  hessian[last + size - 1]! += curve;
}

function eachRow(
  frame: Frame,
  encodings: readonly FeatureEncoding[],
  visit: (terms: Float64Array, row: number) => void,
): void {
  const terms = new Float64Array(termsOf(encodings));
  const values = new Float32Array(frame.columns.length);
  for (let row = 0; row < frame.rows; row++) {
    for (let k = 0; k < values.length; k++) values[k] = frame.columns[k]![row]!;
    writeTerms(encodings, values, 0, terms);
    visit(terms, row);
  }
}

function modelOf(parts: LogisticJson): Model {
  const { featureNames, encodings, bias, weights } = parts;
  const terms = new Float64Array(weights.length);
  const probability = (values: Float32Array, offset: number): number => {
    writeTerms(encodings, values, offset, terms);
    let z = bias;
    for (let k = 0; k < terms.length; k++) z += terms[k]! * weights[k]!;
    return sigmoid(z);
  };
  return {
    learner: logistic.name,
    featureNames,
    predict: (frame) => predictFrame(frame, featureNames, probability),
    predictOne: (row) => probability(row, 0),
    explain: (row) => explain(parts, row),
    toJSON: () => ({ learner: logistic.name, ...parts }),
  };
}

/** A feature contributes what its terms add beyond their training mean; the bias holds the log-odds at the means. */
function explain({ encodings, bias, weights, means }: LogisticJson, row: Float32Array): Float64Array {
  const terms = new Float64Array(weights.length);
  writeTerms(encodings, row, 0, terms);
  const d = encodings.length;
  const contributions = new Float64Array(d + 1);
  contributions[d] = bias;
  encodings.forEach(({ offset, terms: count }, feature) => {
    for (let k = offset; k < offset + count; k++) {
      contributions[feature]! += weights[k]! * (terms[k]! - means[k]!);
      contributions[d]! += weights[k]! * means[k]!;
    }
  });
  return contributions;
}

function fromJSON(json: unknown): Model {
  if (isLogisticJson(json)) return modelOf(json);
  throw new AppError(
    'bad-input',
    'bad-model',
    'this JSON is no logistic model; its terms are missing or unequal',
  );
}
