/**
 * Makes probabilities honest on the newest mature block, without reversing the order of any rows. Isotonic regression by
 * pool adjacent violators (Zadrozny and Elkan 2002) when positives are many, Platt's two-parameter sigmoid (Platt 1999)
 * when they are few: it also keeps the order strictly, where isotonic pools tie. The block must not be one that the model was fitted on.
 */
import { AppError, assert } from '../core/errors.js';
import { backendOf } from './backend-of.js';
import type { Frame, Model } from './contract.js';
import { minimise } from './newton.js';
import { logit, sigmoid, softplus } from './sigmoid.js';
import { orderDescending } from './sort.js';

export type CalibrationMethod = 'isotonic' | 'platt';

/** A monotone map from the model's probability to an honest one. */
export type Calibration =
  | { readonly method: 'platt'; readonly slope: number; readonly shift: number }
  /** Linear between the points, constant beyond them; both lists ascend. */
  | { readonly method: 'isotonic'; readonly from: readonly number[]; readonly to: readonly number[] };

/** Log-odds beyond this are as good as certain, and stay finite. */
const MOST_LOG_ODDS = 30;

export function fitCalibration(
  method: CalibrationMethod,
  y: Uint8Array,
  probabilities: Float64Array,
): Calibration {
  assert(y.length === probabilities.length, 'one probability for each outcome');
  const positives = y.reduce((sum, label) => sum + label, 0);
  if (positives === 0 || positives === y.length) {
    throw new AppError(
      'bad-input',
      'one-class',
      'the calibration block holds one class only; use a longer block',
    );
  }
  return method === 'platt' ? fitPlatt(y, probabilities, positives) : fitIsotonic(y, probabilities);
}

/** The probability through the map. */
export function calibrated(probability: number, calibration: Calibration): number {
  if (calibration.method === 'platt') {
    return sigmoid(calibration.slope * boundedLogit(probability) + calibration.shift);
  }
  const { from, to } = calibration;
  let high = 0;
  for (let end = from.length; high < end;) {
    const middle = (high + end) >>> 1;
    if (from[middle]! < probability) high = middle + 1;
    else end = middle;
  }
  if (high === 0) return to[0]!;
  if (high === from.length) return to[high - 1]!;
  const share = (probability - from[high - 1]!) / (from[high]! - from[high - 1]!);
  return to[high - 1]! + share * (to[high]! - to[high - 1]!);
}

function boundedLogit(probability: number): number {
  return Math.max(-MOST_LOG_ODDS, Math.min(MOST_LOG_ODDS, logit(probability)));
}

/** Maximum likelihood of slope and shift on targets drawn in from 0 and 1 (Platt 1999, equation 3). */
function fitPlatt(y: Uint8Array, probabilities: Float64Array, positives: number): Calibration {
  const scores = probabilities.map(boundedLogit);
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (y.length - positives + 2);
  const evaluate = ([slope = 0, shift = 0]: Float64Array): Evaluated => {
    let loss = 0;
    const gradient = new Float64Array(2);
    const hessian = new Float64Array(4);
    for (let row = 0; row < y.length; row++) {
      const x = scores[row]!;
      const z = slope * x + shift;
      const p = sigmoid(z);
      const target = y[row] === 1 ? high : low;
      loss += softplus(z) - target * z;
      gradient[0]! += (p - target) * x;
      gradient[1]! += p - target;
      hessian[0]! += p * (1 - p) * x * x;
      hessian[2]! += p * (1 - p) * x;
      hessian[3]! += p * (1 - p);
    }
    return { loss, gradient, hessian };
  };
  const [slope = 1, shift = 0] = minimise(evaluate, Float64Array.of(1, 0), {
    maxSteps: 100,
    tolerance: 1e-12,
  });
  // A model that ranks the block backwards is answered by its base rate, never by its reverse.
  return slope > 0
    ? { method: 'platt', slope, shift }
    : { method: 'platt', slope: 0, shift: logit(positives / y.length) };
}

type Evaluated = ReturnType<Parameters<typeof minimise>[0]>;

interface Pool {
  weight: number;
  positives: number;
  /** Sum of the model's probabilities, for the middle of the pool. */
  probabilities: number;
}

function fitIsotonic(y: Uint8Array, probabilities: Float64Array): Calibration {
  const pools: Pool[] = [];
  for (const tied of tiedAscending(y, probabilities)) {
    pools.push(tied);
    for (let last = pools.at(-1), before = pools.at(-2); last && before; before = pools.at(-2)) {
      if (before.positives * last.weight < last.positives * before.weight) break;
      before.weight += last.weight;
      before.positives += last.positives;
      before.probabilities += last.probabilities;
      pools.pop();
      last = before;
    }
  }
  // Half a row short of certainty: a finite block never shows that a probability is 0 or 1.
  const margin = 1 / (2 * y.length);
  const to = pools.map(({ positives, weight }) => Math.min(1 - margin, Math.max(margin, positives / weight)));
  const from = pools.map(({ probabilities: sum, weight }) => sum / weight);
  const ascends = (i: number): boolean => i === 0 || from[i]! > from[i - 1]!;
  return { method: 'isotonic', from: from.filter((_, i) => ascends(i)), to: to.filter((_, i) => ascends(i)) };
}

function tiedAscending(y: Uint8Array, probabilities: Float64Array): Pool[] {
  const pools: Pool[] = [];
  let previous = NaN;
  for (const row of orderDescending(probabilities).reverse()) {
    const p = probabilities[row]!;
    const pool = p === previous ? pools.at(-1) : undefined;
    previous = p;
    if (pool === undefined) pools.push({ weight: 1, positives: y[row]!, probabilities: p });
    else {
      pool.weight++;
      pool.positives += y[row]!;
      pool.probabilities += p;
    }
  }
  return pools;
}

/** The model with its probabilities calibrated. Contributions keep the model's; the bias takes up the difference. */
export function calibrateModel(model: Model, calibration: Calibration): Model {
  const { featureNames } = model;
  const predictOne = (row: Float32Array): number => calibrated(model.predictOne(row), calibration);
  const predict = (frame: Frame): Float64Array => model.predict(frame).map((p) => calibrated(p, calibration));
  const explain = (row: Float32Array): Float64Array => {
    const contributions = model.explain(row);
    const sum = contributions.reduce((total, part) => total + part, 0);
    contributions[featureNames.length]! += logit(predictOne(row)) - sum;
    return contributions;
  };
  const toJSON = (): unknown => ({ learner: 'calibrated', calibration, model: model.toJSON() });
  return { learner: 'calibrated', featureNames, ...backendOf([model]), predict, predictOne, explain, toJSON };
}

export function calibratedFromJSON(json: unknown, modelFromJSON: (json: unknown) => Model): Model {
  const { calibration, model } = (json ?? {}) as { calibration?: unknown; model?: unknown }; // Checked in the next line.
  if (isCalibration(calibration)) return calibrateModel(modelFromJSON(model), calibration);
  throw new AppError(
    'bad-input',
    'bad-model',
    'this JSON is no calibrated model; its calibration is missing or damaged',
  );
}

function isCalibration(value: unknown): value is Calibration {
  if (typeof value !== 'object' || value === null) return false;
  const { method, slope, shift, from, to } = value as Record<string, unknown>;
  if (method === 'platt') return Number.isFinite(slope) && Number.isFinite(shift);
  if (method !== 'isotonic' || !Array.isArray(from) || !Array.isArray(to)) return false;
  return from.length > 0 && from.length === to.length && [...from, ...to].every(Number.isFinite);
}
