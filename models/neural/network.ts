/**
 * A trained net in plain TypeScript: log-odds of one encoded row and its gradient, without TensorFlow, so that the gate
 * predicts at once and explains. Parameters are single, sums are double precision. Not reentrant: the buffers are reused.
 * Attention: Vaswani et al. 2017, one head whose query comes from the row itself.
 */
import { denseWidth, embeddingWidth, type NetworkShape } from './shape.js';

export interface Network {
  /** Copies the table rows of a row behind its numbers and steps. */
  embed(rows: Int32Array, z: Float32Array): void;
  /** Log-odds of the encoded row. */
  logit(z: ArrayLike<number>): number;
  /** Adds d logit / dz of the newest `logit` to `into`. */
  addGradient(z: ArrayLike<number>, into: Float64Array): void;
}

interface Layer {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** What the layer gives, after its rectifier. */
  readonly outputs: Float64Array;
  readonly gradient: Float64Array;
}

export function createNetwork(shape: NetworkShape, parameters: readonly Float32Array[]): Network {
  const tables = parameters.slice(0, shape.tables.length);
  const fromLayers = tables.length + (shape.steps > 0 ? 6 : 0);
  const attention =
    shape.steps > 0 ? createAttention(shape, parameters.slice(tables.length, fromLayers)) : null;
  const layers: Layer[] = [];
  for (let k = fromLayers; k < parameters.length; k += 2) {
    const bias = parameters[k + 1]!;
    layers.push({
      weights: parameters[k]!,
      bias,
      outputs: new Float64Array(bias.length),
      gradient: new Float64Array(bias.length),
    });
  }
  const dense = denseWidth(shape);
  const embedded = embeddingWidth(shape);
  const row = shape.numbers + embedded;
  const first = new Float64Array(row + (attention === null ? 0 : shape.stepUnits));
  const firstGradient = new Float64Array(first.length);
  return {
    embed: (rows, z) => {
      let at = dense;
      shape.tables.forEach(({ width }, t) => {
        const from = rows[t]! * width;
        for (let k = 0; k < width; k++) z[at++] = tables[t]![from + k]!;
      });
    },
    logit: (z) => {
      for (let k = 0; k < shape.numbers; k++) first[k] = z[k]!;
      for (let k = 0; k < embedded; k++) first[shape.numbers + k] = z[dense + k]!;
      attention?.look(z, first, first.subarray(row));
      let inputs: Float64Array = first;
      layers.forEach((layer, k) => {
        forward(inputs, layer.weights, layer.bias, layer.outputs);
        if (k + 1 < layers.length) rectify(layer.outputs);
        inputs = layer.outputs;
      });
      return inputs[0]!;
    },
    addGradient: (z, into) => {
      layers.at(-1)!.gradient[0] = 1;
      for (let k = layers.length - 1; k >= 0; k--) {
        const below = layers[k - 1];
        const target = below?.gradient ?? firstGradient;
        target.fill(0);
        backward(layers[k]!.weights, layers[k]!.gradient, target);
        if (below !== undefined) stopAtZero(below.outputs, target);
      }
      attention?.addGradient(z, firstGradient.subarray(row), into, firstGradient);
      for (let k = 0; k < shape.numbers; k++) into[k]! += firstGradient[k]!;
      for (let k = 0; k < embedded; k++) into[dense + k]! += firstGradient[shape.numbers + k]!;
    },
  };
}

interface Attention {
  /** Writes the mean of the steps' values, weighted by attention, into `context` (h). */
  look(z: ArrayLike<number>, row: Float64Array, context: Float64Array): void;
  /** `ofContext` (h) is given; adds to the steps of `into` and, through the query, to `ofRow`. */
  addGradient(z: ArrayLike<number>, ofContext: Float64Array, into: Float64Array, ofRow: Float64Array): void;
}

function createAttention(shape: NetworkShape, parameters: readonly Float32Array[]): Attention {
  const { numbers, steps, stepInputs, stepUnits } = shape;
  const [queryWeights, queryBias, keyWeights, valueWeights, valueBias, stepBias] = parameters as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const scale = 1 / Math.sqrt(stepUnits);
  const query = new Float64Array(stepUnits);
  // A key meets the query only in their product, so the query is turned back into the space of the steps once.
  const wanted = new Float64Array(stepInputs);
  const step = new Float64Array(stepInputs);
  const values = Array.from({ length: steps }, () => new Float64Array(stepUnits));
  const shares = new Float64Array(steps);
  const ofValue = new Float64Array(stepUnits);
  const ofStep = new Float64Array(stepInputs);
  const ofQuery = new Float64Array(stepUnits);
  const ofShares = new Float64Array(steps);
  const read = (z: ArrayLike<number>, k: number): void => {
    for (let i = 0; i < stepInputs; i++) step[i] = z[numbers + k * stepInputs + i]!;
  };
  return {
    look: (z, row, context) => {
      forward(row.subarray(0, queryWeights.length / stepUnits), queryWeights, queryBias, query);
      wanted.fill(0);
      backward(keyWeights, query, wanted);
      for (let k = 0; k < steps; k++) {
        read(z, k);
        forward(step, valueWeights, valueBias, values[k]!);
        rectify(values[k]!);
        shares[k] = dot(step, wanted) * scale + stepBias[k]!;
      }
      softmax(shares);
      context.fill(0);
      for (let k = 0; k < steps; k++) {
        for (let j = 0; j < stepUnits; j++) context[j]! += shares[k]! * values[k]![j]!;
      }
    },
    addGradient: (z, ofContext, into, ofRow) => {
      let mean = 0;
      for (let k = 0; k < steps; k++) {
        ofShares[k] = dot(ofContext, values[k]!);
        mean += shares[k]! * ofShares[k]!;
      }
      const weighted = new Float64Array(stepInputs);
      for (let k = 0; k < steps; k++) {
        read(z, k);
        const ofScore = shares[k]! * (ofShares[k]! - mean) * scale;
        for (let j = 0; j < stepUnits; j++) ofValue[j] = shares[k]! * ofContext[j]!;
        stopAtZero(values[k]!, ofValue);
        ofStep.fill(0);
        backward(valueWeights, ofValue, ofStep);
        for (let i = 0; i < stepInputs; i++) {
          into[numbers + k * stepInputs + i]! += ofStep[i]! + ofScore * wanted[i]!;
          weighted[i]! += ofScore * step[i]!;
        }
      }
      ofQuery.fill(0);
      for (let i = 0; i < stepInputs; i++) {
        for (let j = 0; j < stepUnits; j++) ofQuery[j]! += weighted[i]! * keyWeights[i * stepUnits + j]!;
      }
      backward(queryWeights, ofQuery, ofRow);
    },
  };
}

/** outputs = inputs x weights + bias. Zeros are skipped: rectifiers and indicators give many. */
function forward(
  inputs: Float64Array,
  weights: Float32Array,
  bias: Float32Array,
  outputs: Float64Array,
): void {
  const width = outputs.length;
  for (let j = 0; j < width; j++) outputs[j] = bias[j]!;
  for (let i = 0, from = 0; i < inputs.length; i++, from += width) {
    const value = inputs[i]!;
    if (value === 0) continue;
    for (let j = 0; j < width; j++) outputs[j]! += value * weights[from + j]!;
  }
}

/** into += weights x gradient, for as many inputs as the weights have. */
function backward(weights: Float32Array, gradient: Float64Array, into: Float64Array): void {
  const width = gradient.length;
  for (let i = 0, from = 0; from < weights.length; i++, from += width) {
    let sum = 0;
    for (let j = 0; j < width; j++) sum += weights[from + j]! * gradient[j]!;
    into[i]! += sum;
  }
}

function rectify(values: Float64Array): void {
  for (let k = 0; k < values.length; k++) if (values[k]! < 0) values[k] = 0;
}

function stopAtZero(outputs: Float64Array, gradient: Float64Array): void {
  for (let k = 0; k < outputs.length; k++) if (outputs[k]! <= 0) gradient[k] = 0;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}

function softmax(scores: Float64Array): void {
  let largest = -Infinity;
  for (const score of scores) largest = Math.max(largest, score);
  let sum = 0;
  for (let k = 0; k < scores.length; k++) sum += scores[k] = Math.exp(scores[k]! - largest);
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum;
}
