/**
 * The net as TensorFlow.js operations, for training: mean weighted log-loss of a batch and its gradients. The shapes and
 * the order of the parameters are those of shape.ts; network.ts computes the same log-odds without TensorFlow.
 */
import * as tf from '@tensorflow/tfjs-core';
// Only for what it does when loaded: the core's own package for Node comes without the gradients of its operations.
import '@tensorflow/tfjs-layers';
import { dense, denseOfRead } from './dense.js';
import { parameterShapes, type NetworkShape } from './shape.js';

export interface Batch {
  readonly rows: number;
  /** (rows)(numbers). */
  readonly numbers: Float32Array;
  /** (rows)(steps)(step inputs). */
  readonly steps: Float32Array;
  /** Table rows (tables)(rows). */
  readonly codes: readonly Int32Array[];
  readonly y: Float32Array;
  /** Mean 1 over all training rows. */
  readonly weights: Float32Array;
}

/** Factors of the hidden units, (rows)(units) for each hidden layer: 0 for a dropped one. Empty drops none. */
export type DropoutMasks = readonly Float32Array[];

export interface LossAndGradients {
  readonly loss: number;
  readonly gradients: readonly Float32Array[];
}

export function lossAndGradients(
  shape: NetworkShape,
  parameters: readonly Float32Array[],
  batch: Batch,
  masks: DropoutMasks,
): LossAndGradients {
  const compute = (): { value: tf.Tensor; grads: tf.Tensor[] } => {
    const dropped = masks.map((mask, k) => tf.tensor2d(mask, [batch.rows, shape.hidden[k]!]));
    const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
      const logits = logitsOf(shape, tensors, batch, dropped);
      // softplus(z) - y z is the log-loss of the log-odds z.
      const losses = tf.sub(tf.softplus(logits), tf.mul(tf.tensor1d(batch.y), logits));
      return tf.div(tf.sum(tf.mul(tf.tensor1d(batch.weights), losses)), batch.rows);
    };
    return tf.valueAndGrads(loss)(tensorsOf(shape, parameters));
  };
  // Whatever a tidied function returns is searched for tensors, number by number: it must return nothing.
  let result: LossAndGradients | undefined;
  tf.tidy(() => {
    const { value, grads } = compute();
    const gradients = grads.map((gradient) => gradient.dataSync() as Float32Array);
    result = { loss: value.dataSync()[0]!, gradients };
  });
  return result!;
}

/** Log-odds of the batch (rows), nothing dropped. */
export function batchLogits(
  shape: NetworkShape,
  parameters: readonly Float32Array[],
  batch: Batch,
): Float32Array {
  let logits: Float32Array | undefined;
  tf.tidy(() => {
    logits = logitsOf(shape, tensorsOf(shape, parameters), batch, []).dataSync() as Float32Array;
  });
  return logits!;
}

function tensorsOf(shape: NetworkShape, parameters: readonly Float32Array[]): tf.Tensor[] {
  return parameterShapes(shape).map(({ size }, k) => tf.tensor(parameters[k]!, [...size]));
}

function logitsOf(
  shape: NetworkShape,
  parameters: readonly tf.Tensor[],
  batch: Batch,
  masks: readonly tf.Tensor[],
): tf.Tensor1D {
  const { numbers, tables, steps, hidden } = shape;
  const rest = [...parameters];
  const take = (): tf.Tensor => rest.shift()!;
  const embedded = tables.map((_, k) => embed(take(), batch.codes[k]!));
  const row = concat([tf.tensor2d(batch.numbers, [batch.rows, numbers]), ...embedded]);
  let layer = steps === 0 ? row : concat([row, attend(shape, row, batch, take)]);
  const first = steps === 0 && tables.length === 0 ? denseOfRead : dense;
  hidden.forEach((_, k) => {
    const units = tf.relu((k === 0 ? first : dense)(layer, take(), take()));
    const mask = masks[k];
    layer = mask === undefined ? units : tf.mul(units, mask);
  });
  return tf.reshape(dense(layer, take(), take()), [batch.rows]);
}

function attend(
  { tables, steps, stepInputs, stepUnits }: NetworkShape,
  row: tf.Tensor,
  batch: Batch,
  take: () => tf.Tensor,
): tf.Tensor {
  const sequence = tf.tensor2d(batch.steps, [batch.rows * steps, stepInputs]);
  const query = tf.reshape((tables.length === 0 ? denseOfRead : dense)(row, take(), take()), [
    batch.rows,
    1,
    stepUnits,
  ]);
  const keys = tf.reshape(denseOfRead(sequence, take(), tf.zeros([stepUnits])), [
    batch.rows,
    steps,
    stepUnits,
  ]);
  const values = tf.reshape(tf.relu(denseOfRead(sequence, take(), take())), [batch.rows, steps, stepUnits]);
  const scores = tf.div(tf.sum(tf.mul(keys, query), 2), Math.sqrt(stepUnits));
  const shares = tf.softmax(tf.add(scores, take()));
  return tf.sum(tf.mul(values, tf.reshape(shares, [batch.rows, steps, 1])), 1);
}

function concat(tensors: tf.Tensor[]): tf.Tensor {
  const filled = tensors.filter((tensor) => tensor.size > 0);
  return filled.length === 1 ? filled[0]! : tf.concat(filled, 1);
}

/** Rows of a table. The WebAssembly backend has no gradient of its own for this. */
function embed(table: tf.Tensor, codes: Int32Array): tf.Tensor {
  const [rows, width] = table.shape as [number, number];
  return tf.customGrad((values) => ({
    value: tf.gather(values as tf.Tensor, tf.tensor1d(codes, 'int32')),
    gradFunc: (slope: tf.Tensor) =>
      tf.scatterND(tf.tensor2d(codes, [codes.length, 1], 'int32'), slope, [rows, width]),
  }))(table);
}
