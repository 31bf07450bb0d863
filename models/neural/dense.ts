/**
 * A dense layer as one TensorFlow.js operation with a gradient of its own. The WebAssembly backend is ten times slower at
 * products of transposed views than at copies, and what was read from the data needs no gradient, which would cost as much
 * as that of the weights.
 */
import * as tf from '@tensorflow/tfjs-core';

/** inputs x weights + bias: (rows)(inputs), (inputs)(outputs), (outputs) to (rows)(outputs). */
type DenseLayer = (inputs: tf.Tensor, weights: tf.Tensor, bias: tf.Tensor) => tf.Tensor;

function denseLayer(below: 'learned' | 'read'): DenseLayer {
  return tf.customGrad((inputs, weights, bias, save) => {
    const [x, w] = [inputs as tf.Tensor2D, weights as tf.Tensor2D];
    (save as (tensors: tf.Tensor[]) => void)([x, w]);
    return {
      value: tf.add(tf.matMul(x, w), bias as tf.Tensor),
      gradFunc: (slope: tf.Tensor, kept: tf.Tensor[]) => [
        below === 'learned' ? tf.matMul(slope, tf.transpose(kept[1]!)) : tf.zerosLike(kept[0]!),
        tf.matMul(tf.transpose(kept[0]!), slope),
        tf.sum(slope, 0),
      ],
    };
  });
}

export const dense = denseLayer('learned');
export const denseOfRead = denseLayer('read');
