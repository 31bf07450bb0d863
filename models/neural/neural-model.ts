/**
 * A trained net as a model: predicts and explains in plain TypeScript, one row kernel for a batch and for a single request.
 * JSON holds the encoding, the shape and the single-precision parameters in base64 (little endian), so that a round trip is
 * exact. Says which backend trained it.
 */
import { AppError } from '../../core/errors.js';
import type { FitOptions, Frame, Model } from '../contract.js';
import { requireBothClasses } from '../fit-input.js';
import { predictFrame } from '../predict-frame.js';
import { sigmoid } from '../sigmoid.js';
import { integrateGradients } from './attributions.js';
import { createEncoder, isInputs, spanOf } from './inputs.js';
import { createNetwork } from './network.js';
import { inputWidth, isShape, lengthOf, parameterShapes } from './shape.js';
import type { Trained, TrainingSettings } from './train.js';
import { startTraining } from './training.js';

export interface NeuralModel extends Model {
  /** What trained it: `wasm`, or `tensorflow` with @tensorflow/tfjs-node. */
  readonly backend: string;
  /** Epochs trained, up to the best one where it stopped early. */
  readonly epochs: number;
}

/** No table is large enough to know odds beyond this (one in half a billion), and a probability stays off 0 and 1. */
const LARGEST_LOGIT = 20;

export interface NetworkFit extends FitOptions<TrainingSettings> {
  readonly learner: string;
  readonly sequence: boolean;
}

/** Trains on a thread of its own; throws `one-class` for a target of one class. */
export async function fitNetwork(frame: Frame, y: Uint8Array, fit: NetworkFit): Promise<NeuralModel> {
  requireBothClasses(frame, y);
  const { settings, seed, weights, validation, onProgress, learner, sequence } = fit;
  requireSane(settings);
  const request = {
    frame,
    y,
    weights: weights ?? null,
    validation: validation === undefined ? null : { ...validation, frame: alike(validation.frame, frame) },
    settings,
    seed,
    sequence,
  };
  return modelOf(learner, frame.names, await startTraining(request, onProgress));
}

/** The columns of `frame` in the order of `other`. */
function alike(frame: Frame, other: Frame): Frame {
  const columns = other.names.map((name) => {
    const column = frame.columns[frame.names.indexOf(name)];
    if (column !== undefined) return column;
    throw new AppError('bad-input', 'missing-feature', `the validation rows lack the feature "${name}"`);
  });
  return { ...other, rows: frame.rows, columns };
}

function requireSane(settings: TrainingSettings): void {
  const { hidden, stepUnits, epochs, batchRows, knots, embeddingWidth } = settings;
  const { learningRate, weightDecay, dropout, heldOut, positiveWeight } = settings;
  const sizes = [...hidden, stepUnits, epochs, batchRows, knots - 1, embeddingWidth];
  const isSane =
    sizes.every((size) => Number.isInteger(size) && size >= 1) &&
    [learningRate, positiveWeight].every((value) => value > 0 && Number.isFinite(value)) &&
    weightDecay >= 0 &&
    weightDecay * learningRate < 1 &&
    [dropout, heldOut].every((share) => share >= 0 && share < 1);
  if (isSane) return;
  throw new AppError(
    'bad-input',
    'bad-settings',
    'a net needs sizes of at least 1 (knots 2), a positive learning rate and shares in [0, 1)',
  );
}

function modelOf(learner: string, featureNames: readonly string[], trained: Trained): NeuralModel {
  const { inputs, shape, parameters, means, backend, epochs } = trained;
  const network = createNetwork(shape, parameters);
  const encoder = createEncoder(inputs);
  const z = new Float32Array(inputWidth(shape));
  const tableRows = new Int32Array(shape.tables.length);
  const encodeRow = (values: Float32Array, offset: number): void => {
    encoder(values, offset, z, 0, tableRows);
    network.embed(tableRows, z);
  };
  const logitOf = (row: ArrayLike<number>): number =>
    Math.min(LARGEST_LOGIT, Math.max(-LARGEST_LOGIT, network.logit(row)));
  const probability = (values: Float32Array, offset: number): number => {
    encodeRow(values, offset);
    return sigmoid(logitOf(z));
  };
  return {
    learner,
    featureNames,
    backend,
    epochs,
    predict: (frame) => predictFrame(frame, featureNames, probability),
    predictOne: (row) => probability(row, 0),
    explain: (row) => {
      encodeRow(row, 0);
      const { places, bias } = integrateGradients(network, logitOf, z, means);
      const contributions = new Float64Array(featureNames.length + 1);
      contributions[featureNames.length] = bias;
      for (let feature = 0; feature < featureNames.length; feature++) {
        const [from, to] = spanOf(inputs, feature);
        for (let place = from; place < to; place++) contributions[feature]! += places[place]!;
      }
      return contributions;
    },
    toJSON: () => ({
      learner,
      backend,
      epochs,
      featureNames,
      inputs,
      hidden: shape.hidden,
      stepUnits: shape.stepUnits,
      parameters: encodeNumbers(parameters),
      means: encodeNumbers([means]),
    }),
  };
}

/** Throws `bad-model` for JSON that `toJSON` of this learner has not written. */
export function networkFromJSON(learner: string, json: unknown): NeuralModel {
  const model = (json ?? {}) as Record<string, unknown>; // Every field is checked below.
  const { featureNames, inputs, hidden, stepUnits, backend, epochs } = model;
  if (isNames(featureNames) && isInputs(inputs) && inputs.places.length === featureNames.length) {
    const shape = { ...inputs.shape, hidden, stepUnits };
    if (isShape(shape) && typeof backend === 'string' && typeof epochs === 'number') {
      const parameters = decodeNumbers(model['parameters'], parameterShapes(shape).map(lengthOf));
      const [means] = decodeNumbers(model['means'], [inputWidth(shape)]) ?? [];
      if (parameters !== null && means !== undefined)
        return modelOf(learner, featureNames, { inputs, shape, parameters, means, backend, epochs });
    }
  }
  throw new AppError(
    'bad-input',
    'bad-model',
    `this JSON is no ${learner} model; its arrays are missing or unequal`,
  );
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function encodeNumbers(arrays: readonly Float32Array[]): string {
  const bytes = Buffer.alloc(4 * arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) for (const value of array) at = bytes.writeFloatLE(value, at);
  return bytes.toString('base64');
}

/** Null unless the text holds exactly so many finite numbers. */
function decodeNumbers(text: unknown, lengths: readonly number[]): Float32Array[] | null {
  if (typeof text !== 'string') return null;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== 4 * lengths.reduce((sum, length) => sum + length, 0)) return null;
  let at = 0;
  const arrays = lengths.map((length) =>
    Float32Array.from({ length }, () => {
      const value = bytes.readFloatLE(at);
      at += 4;
      return value;
    }),
  );
  return arrays.every((array) => array.every(Number.isFinite)) ? arrays : null;
}
