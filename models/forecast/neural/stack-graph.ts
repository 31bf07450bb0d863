/**
 * The stack as TensorFlow.js operations, for training: the mean error of a batch of windows and its gradients. Absolute errors,
 * rounded at zero, of windows that are already relative to their own scale; stack-forward.ts computes the same paths without
 * TensorFlow.
 */
import * as tf from '@tensorflow/tfjs-core';
// Only for what it does when loaded: the core's own package for Node comes without the gradients of its operations.
import '@tensorflow/tfjs-layers';
import { dense } from '../../neural/dense.js';
import {
  knotMatrix,
  PARAMETERS_A_BLOCK,
  poolingMatrix,
  stackParameterSizes,
  type Fixed,
  type StackShape,
} from './stack.js';

export interface WindowBatch {
  readonly rows: number;
  /** (rows)(lookback). */
  readonly inputs: Float32Array;
  /** 0 where a step is not known (rows)(h). */
  readonly targets: Float32Array;
  /** 0 where a step is not known (rows)(h). */
  readonly weights: Float32Array;
}

/** Errors below this share of a window's scale count by their square. */
const ROUNDED = 0.02;

export interface StackGraph {
  lossAndGradients(
    parameters: readonly Float32Array[],
    batch: WindowBatch,
  ): { loss: number; gradients: Float32Array[] };
  close(): void;
}

/** The backend must be open. */
export function openStackGraph(shape: StackShape): StackGraph {
  const { lookback, h } = shape;
  const sizes = stackParameterSizes(shape);
  const blocks = shape.blocks.map(({ pool, backKnots, knots }) => ({
    backKnots,
    knots,
    pooling: pool === 1 ? null : fixedMap(poolingMatrix(lookback, pool)),
    back: backKnots === 0 ? null : fixedMap(knotMatrix(backKnots, lookback)),
    ahead: knots === h ? null : fixedMap(knotMatrix(knots, h)),
  }));
  const tensorsOf = (parameters: readonly Float32Array[]): tf.Tensor[] =>
    parameters.map((values, k) => tf.tensor(values, [...sizes[k]!]));
  const pathsOf = (parameters: readonly tf.Tensor[], inputs: Float32Array, rows: number): tf.Tensor => {
    let rest: tf.Tensor = tf.tensor2d(inputs, [rows, lookback]);
    let path: tf.Tensor | null = null;
    for (const [b, { pooling, back, ahead, backKnots, knots }] of blocks.entries()) {
      const at = b * PARAMETERS_A_BLOCK;
      const [w1, b1, w2, b2, w3, b3, linear] = parameters.slice(at, at + PARAMETERS_A_BLOCK) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const read: tf.Tensor = pooling === null ? rest : pooling(rest);
      const hidden = tf.relu(dense(tf.relu(dense(read, w1, b1)), w2, b2));
      const given = tf.add(dense(hidden, w3, b3), dense(read, linear, tf.zeros([backKnots + knots])));
      const steps = tf.slice(given, [0, backKnots], [rows, knots]);
      const part: tf.Tensor = ahead === null ? steps : ahead(steps);
      path = path === null ? part : tf.add(path, part);
      if (back !== null) rest = tf.sub(rest, back(tf.slice(given, [0, 0], [rows, backKnots])));
    }
    return path!;
  };
  return {
    lossAndGradients(parameters, { rows, inputs, targets, weights }) {
      let result: { loss: number; gradients: Float32Array[] } | undefined;
      tf.tidy(() => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
          const errors = tf.sub(pathsOf(tensors, inputs, rows), tf.tensor2d(targets, [rows, h]));
          const sizes = tf.sqrt(tf.add(tf.square(errors), ROUNDED ** 2));
          return tf.div(tf.sum(tf.mul(tf.tensor2d(weights, [rows, h]), sizes)), total);
        };
        const { value, grads } = tf.valueAndGrads(loss)(tensorsOf(parameters));
        result = {
          loss: value.dataSync()[0]!,
          gradients: grads.map((one) => one.dataSync() as Float32Array),
        };
      });
      return result!;
    },
    close: () => {
      for (const { pooling, back, ahead } of blocks) for (const map of [pooling, back, ahead]) map?.dispose();
    },
  };
}

interface FixedMap {
  (x: tf.Tensor): tf.Tensor;
  dispose(): void;
}

/** Product with a matrix that nothing learns. */
function fixedMap({ rows, columns, values }: Fixed): FixedMap {
  const matrix = tf.tensor2d(values, [rows, columns]);
  const transposed = tf.tidy(() => tf.transpose(matrix));
  const map = tf.customGrad((x) => ({
    value: tf.matMul(x as tf.Tensor2D, matrix),
    gradFunc: (slope: tf.Tensor) => tf.matMul(slope, transposed),
  }));
  return Object.assign((x: tf.Tensor) => map(x), {
    dispose: () => {
      matrix.dispose();
      transposed.dispose();
    },
  });
}
