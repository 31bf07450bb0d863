/** A trained stack in plain TypeScript: the path of one window without TensorFlow. Parameters are single, sums double precision. */
import { knotMatrix, PARAMETERS_A_BLOCK, poolingMatrix, type Fixed, type StackShape } from './stack.js';

/** The path of a window, both relative to the window's level and scale: (lookback) to (h). */
export type Stack = (window: Float64Array) => Float64Array;

export function openStack(shape: StackShape, parameters: readonly Float32Array[]): Stack {
  const { lookback, h } = shape;
  const blocks = shape.blocks.map(({ pool, backKnots, knots }, b) => ({
    backKnots,
    pooling: poolingMatrix(lookback, pool),
    back: knotMatrix(backKnots, lookback),
    ahead: knotMatrix(knots, h),
    layers: parameters.slice(b * PARAMETERS_A_BLOCK, (b + 1) * PARAMETERS_A_BLOCK),
  }));
  return (window) => {
    const rest = Float64Array.from(window);
    const path = new Float64Array(h);
    for (const { backKnots, pooling, back, ahead, layers } of blocks) {
      const [w1, b1, w2, b2, w3, b3, linear] = layers as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const read = new Float64Array(pooling.columns);
      addProduct(rest, pooling.values, read);
      const hidden = addProduct(
        rectify(addProduct(read, w1, Float64Array.from(b1))),
        w2,
        Float64Array.from(b2),
      );
      const given = addProduct(rectify(hidden), w3, Float64Array.from(b3));
      addProduct(read, linear, given);
      addProduct(given.subarray(backKnots), ahead.values, path);
      const taken = addProduct(given.subarray(0, backKnots), back.values, new Float64Array(lookback));
      for (let t = 0; t < lookback; t++) rest[t]! -= taken[t]!;
    }
    return path;
  };
}

/** sums += inputs x matrix, row-major; returns the sums. */
function addProduct(inputs: Float64Array, matrix: Fixed['values'], sums: Float64Array): Float64Array {
  const columns = sums.length;
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!;
    if (input === 0) continue;
    for (let j = 0; j < columns; j++) sums[j]! += input * matrix[i * columns + j]!;
  }
  return sums;
}

function rectify(values: Float64Array): Float64Array {
  for (let k = 0; k < values.length; k++) if (values[k]! < 0) values[k] = 0;
  return values;
}
