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
  const row = { places: new Int32Array(size), values: new Float64Array(size), count: 0 };
  let loss = 0;
  for (let k = 0; k + 1 < size; k++) {
    loss += (l2 / 2) * beta[k]! ** 2;
    gradient[k] = l2 * beta[k]!;
    hessian[k * size + k] = l2;
  }
  eachRow(frame, encodings, (terms, at) => {
    const weight = weights?.[at] ?? 1;
    let z = beta[size - 1]!;
    row.count = 0;
    for (let k = 0; k + 1 < size; k++) {
      const value = terms[k]!;
      if (value === 0) continue;
      row.places[row.count] = k;
      row.values[row.count++] = value;
      z += value * beta[k]!;
    }
    // The bias is the last term, and always one.
    row.places[row.count] = size - 1;
    row.values[row.count++] = 1;
    const p = sigmoid(z);
    loss += weight * (softplus(z) - (y[at] === 1 ? z : 0));
    addRow(row, weight * (p - y[at]!), weight * p * (1 - p), gradient, hessian);
  });
  return { loss, gradient, hessian };
}

/** The terms of a row that are not zero; places ascend, and the first `count` hold. */
interface SparseRow {
  readonly places: Int32Array;
  readonly values: Float64Array;
  count: number;
}

/** Adds slope x and curvature x x'. Only the lower triangle. */
function addRow(
  { places, values, count }: SparseRow,
  slope: number,
  curve: number,
  gradient: Float64Array,
  hessian: Float64Array,
): void {
  const size = gradient.length;
  for (let a = 0; a < count; a++) {
    const place = places[a]!;
    const value = values[a]!;
    gradient[place]! += slope * value;
    const scaled = curve * value;
    const line = place * size;
    for (let b = 0; b <= a; b++) hessian[line + places[b]!]! += scaled * values[b]!;
  }
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
