/**
 * Trains a net: encoded rows, minibatches in seeded order, AdamW under a cosine of the learning rate, and, with patience,
 * the parameters of the epoch that did best on rows held out. The same request gives the same parameters on one backend.
 * Runs wherever it is called and takes seconds to minutes: training.ts calls it on a thread of its own.
 */
import { AppError } from '../../core/errors.js';
import { seededRandom, type Random } from '../../core/random.js';
import type { FitProgress, Frame } from '../contract.js';
import { softplus } from '../sigmoid.js';
import { createAdamW } from './adamw.js';
import { openBackend } from './backend.js';
import { batchLogits, lossAndGradients, type Batch, type DropoutMasks } from './graph.js';
import { createEncoder, fitInputs, type Inputs, type InputSettings } from './inputs.js';
import { denseWidth, inputWidth, initialParameters, parameterShapes, type NetworkShape } from './shape.js';
import { createNetwork } from './network.js';

export interface TrainingSettings extends InputSettings {
  readonly hidden: readonly number[];
  /** Width of keys, queries and values of a sequence. */
  readonly stepUnits: number;
  readonly epochs: number;
  readonly batchRows: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Share of the hidden units that a step does without. */
  readonly dropout: number;
  readonly positiveWeight: number;
  /** Epochs without a better held-out loss before it stops; 0 runs them all and holds nothing out. */
  readonly patience: number;
  /** Share of the rows held out for patience when the caller gives no validation rows. */
  readonly heldOut: number;
}

export interface TrainingRequest {
  readonly frame: Frame;
  readonly y: Uint8Array;
  readonly weights: Float32Array | null;
  readonly validation: { readonly frame: Frame; readonly y: Uint8Array } | null;
  readonly settings: TrainingSettings;
  readonly seed: number;
  /** Lagged columns form a sequence. */
  readonly sequence: boolean;
}

export interface Trained {
  readonly inputs: Inputs;
  readonly shape: NetworkShape;
  readonly parameters: readonly Float32Array[];
  /** Mean encoded training row: what explanations start from. */
  readonly means: Float32Array;
  readonly backend: string;
  /** Epochs whose parameters these are. */
  readonly epochs: number;
}

/** Rows as a net reads them. */
interface Encoded {
  /** Numbers and steps (n)(dense width). */
  readonly dense: Float32Array;
  /** Table rows (tables)(n). */
  readonly codes: readonly Int32Array[];
  readonly y: Uint8Array;
  /** Mean 1 (n). */
  readonly weights: Float32Array;
}

export async function train(request: TrainingRequest, onProgress?: FitProgress): Promise<Trained> {
  const { frame, y, settings, seed, sequence } = request;
  const backend = await openBackend();
  const random = seededRandom(seed);
  const inputs = fitInputs(frame, settings, sequence);
  const { stepUnits, hidden } = settings;
  const shape: NetworkShape = { ...inputs.shape, stepUnits, hidden };
  const rows = encode(inputs, shape, frame, y, weightsOf(request));
  const { fitted, watched } = splitRows(request, inputs, shape, rows, random.fork('held out'));
  const state: TrainingState = {
    shape,
    settings,
    rows,
    fitted,
    watched,
    parameters: initialParameters(shape, baseLogOdds(rows), random.fork('parameters')),
    random: random.fork('batches'),
  };
  const { parameters, epochs } = descend(state, onProgress);
  if (parameters.some((values) => !values.every(Number.isFinite))) {
    throw new AppError('bad-input', 'diverged', 'training diverged; give the net a smaller learning rate');
  }
  return { inputs, shape, parameters, means: meanRow(shape, parameters, rows), backend, epochs };
}

function weightsOf({ y, weights, settings }: TrainingRequest): Float32Array {
  return Float32Array.from(
    y,
    (label, row) => (weights?.[row] ?? 1) * (label === 1 ? settings.positiveWeight : 1),
  );
}

function encode(
  inputs: Inputs,
  shape: NetworkShape,
  frame: Frame,
  y: Uint8Array,
  weights: Float32Array,
): Encoded {
  const width = denseWidth(shape);
  const dense = new Float32Array(frame.rows * width);
  const codes = shape.tables.map(() => new Int32Array(frame.rows));
  const encoder = createEncoder(inputs);
  const row = new Float32Array(frame.columns.length);
  const tableRows = new Int32Array(codes.length);
  for (let i = 0; i < frame.rows; i++) {
    for (let k = 0; k < row.length; k++) row[k] = frame.columns[k]![i]!;
    encoder(row, 0, dense, i * width, tableRows);
    for (let t = 0; t < codes.length; t++) codes[t]![i] = tableRows[t]!;
  }
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return { dense, codes, y, weights: mean > 0 ? weights.map((weight) => weight / mean) : weights };
}

interface Watched {
  readonly rows: Encoded;
  readonly order: Int32Array;
}

/** Which rows are fitted and which are watched for early stopping, if any. */
function splitRows(
  { validation, settings, y }: TrainingRequest,
  inputs: Inputs,
  shape: NetworkShape,
  rows: Encoded,
  random: Random,
): { fitted: Int32Array; watched: Watched | null } {
  const all = Int32Array.from(y.keys());
  if (settings.patience === 0) return { fitted: all, watched: null };
  if (validation !== null) {
    const even = new Float32Array(validation.frame.rows).fill(1);
    const watched = encode(inputs, shape, validation.frame, validation.y, even);
    return { fitted: all, watched: { rows: watched, order: Int32Array.from(validation.y.keys()) } };
  }
  const isWatched = Uint8Array.from(y, () => (random.unit() < settings.heldOut ? 1 : 0));
  const fitted = all.filter((row) => isWatched[row] === 0);
  const order = all.filter((row) => isWatched[row] === 1);
  // Too few to tell one epoch from another: all rows train.
  if (!hasBoth(y, fitted) || !hasBoth(y, order)) return { fitted: all, watched: null };
  return { fitted, watched: { rows, order } };
}

function hasBoth(y: Uint8Array, order: Int32Array): boolean {
  return order.some((row) => y[row] === 0) && order.some((row) => y[row] === 1);
}

interface TrainingState {
  readonly shape: NetworkShape;
  readonly settings: TrainingSettings;
  readonly rows: Encoded;
  readonly fitted: Int32Array;
  readonly watched: Watched | null;
  readonly parameters: Float32Array[];
  readonly random: Random;
}

function descend(
  state: TrainingState,
  onProgress: FitProgress | undefined,
): { parameters: Float32Array[]; epochs: number } {
  const { shape, settings, rows, fitted, watched, parameters, random } = state;
  const decays = parameterShapes(shape).map(({ size }) => size.length === 2);
  const optimiser = createAdamW(parameters, decays, settings.weightDecay);
  const batchRows = Math.min(
    settings.batchRows,
    Math.max(FEWEST_BATCH_ROWS, fitted.length / FEWEST_BATCHES) | 0,
  );
  const batches = Math.ceil(fitted.length / batchRows);
  const total = settings.epochs * batches;
  const masks = createMasks(shape.hidden, settings.dropout, batchRows, random.fork('dropout'));
  let best = { loss: Infinity, epochs: settings.epochs, parameters };
  for (let epoch = 0, done = 0; epoch < settings.epochs; epoch++) {
    const order = shuffled(fitted, random);
    for (let b = 0; b < batches; b++, done++) {
      const batch = batchOf(shape, rows, order.subarray(b * batchRows, (b + 1) * batchRows));
      const { gradients } = lossAndGradients(shape, parameters, batch, masks(batch.rows));
      optimiser.step(gradients, settings.learningRate * cosine(done / total));
      if (done % Math.ceil(total / MOST_REPORTS) === 0) onProgress?.(done, total);
    }
    if (watched === null) continue;
    const loss = watchedLoss(state, watched);
    if (loss < best.loss)
      best = { loss, epochs: epoch + 1, parameters: parameters.map((values) => values.slice()) };
    else if (epoch + 1 - best.epochs >= settings.patience) break;
  }
  onProgress?.(total, total);
  return best;
}

const MOST_REPORTS = 200;
/** A small table is cut into smaller batches: an epoch of a few steps learns next to nothing. */
const FEWEST_BATCHES = 30;
const FEWEST_BATCH_ROWS = 16;

/** From 1 to 0 (Loshchilov and Hutter 2017). */
function cosine(share: number): number {
  return (1 + Math.cos(Math.PI * share)) / 2;
}

function shuffled(rows: Int32Array, random: Random): Int32Array {
  const order = rows.slice();
  for (let k = order.length - 1; k > 0; k--) {
    const other = random.below(k + 1);
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return order;
}

function batchOf(shape: NetworkShape, rows: Encoded, order: Int32Array): Batch {
  const { numbers } = shape;
  const width = denseWidth(shape);
  const batch = {
    rows: order.length,
    numbers: new Float32Array(order.length * numbers),
    steps: new Float32Array(order.length * (width - numbers)),
    codes: rows.codes.map((codes) => Int32Array.from(order, (row) => codes[row]!)),
    y: Float32Array.from(order, (row) => rows.y[row]!),
    weights: Float32Array.from(order, (row) => rows.weights[row]!),
  };
  order.forEach((row, i) => {
    const from = row * width;
    batch.numbers.set(rows.dense.subarray(from, from + numbers), i * numbers);
    batch.steps.set(rows.dense.subarray(from + numbers, from + width), i * (width - numbers));
  });
  return batch;
}

/** Dropout draws a mask once and then starts it at a random place: drawing anew would cost as much as the net. */
function createMasks(
  hidden: readonly number[],
  rate: number,
  batchRows: number,
  random: Random,
): (rows: number) => DropoutMasks {
  if (rate === 0) return () => [];
  const pools = hidden.map((units) => {
    const pool = new Float32Array(2 * batchRows * units);
    for (let k = 0; k < pool.length; k++) pool[k] = random.unit() < rate ? 0 : 1 / (1 - rate);
    return pool;
  });
  return (rows) =>
    pools.map((pool, k) => {
      const length = rows * hidden[k]!;
      const from = random.below(pool.length - length + 1);
      return pool.slice(from, from + length);
    });
}

const WATCHED_ROWS = 4096;

function watchedLoss({ shape, parameters }: TrainingState, { rows, order }: Watched): number {
  let loss = 0;
  let weight = 0;
  for (let from = 0; from < order.length; from += WATCHED_ROWS) {
    const batch = batchOf(shape, rows, order.subarray(from, from + WATCHED_ROWS));
    batchLogits(shape, parameters, batch).forEach((z, i) => {
      loss += batch.weights[i]! * (softplus(z) - batch.y[i]! * z);
      weight += batch.weights[i]!;
    });
  }
  return loss / weight;
}

/** Of the weighted rows, one half row of each class added so that it is finite. */
function baseLogOdds({ y, weights }: Encoded): number {
  let positive = 0.5;
  let negative = 0.5;
  y.forEach((label, row) => {
    if (label === 1) positive += weights[row]!;
    else negative += weights[row]!;
  });
  return Math.log(positive / negative);
}

function meanRow(shape: NetworkShape, parameters: readonly Float32Array[], rows: Encoded): Float32Array {
  const network = createNetwork(shape, parameters);
  const width = denseWidth(shape);
  const z = new Float32Array(inputWidth(shape));
  const tableRows = new Int32Array(shape.tables.length);
  const sums = new Float64Array(z.length);
  for (let row = 0; row < rows.y.length; row++) {
    z.set(rows.dense.subarray(row * width, (row + 1) * width));
    for (let t = 0; t < tableRows.length; t++) tableRows[t] = rows.codes[t]![row]!;
    network.embed(tableRows, z);
    for (let k = 0; k < z.length; k++) sums[k]! += z[k]!;
  }
  return Float32Array.from(sums, (sum) => sum / rows.y.length);
}
