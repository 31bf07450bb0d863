import { beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { openBackend } from '../../../models/neural/backend.js';
import { batchLogits, lossAndGradients, type Batch } from '../../../models/neural/graph.js';
import { createNetwork } from '../../../models/neural/network.js';
import {
  denseWidth,
  initialParameters,
  inputWidth,
  type NetworkShape,
} from '../../../models/neural/shape.js';
import { softplus } from '../../../models/sigmoid.js';

const plain: NetworkShape = {
  numbers: 3,
  tables: [
    { rows: 5, width: 2 },
    { rows: 4, width: 3 },
  ],
  steps: 0,
  stepInputs: 0,
  stepUnits: 1,
  hidden: [7, 5],
};
const withSteps: NetworkShape = { ...plain, steps: 4, stepInputs: 3, stepUnits: 6 };
const bare: NetworkShape = { ...plain, tables: [], hidden: [] };

describe.each([
  ['a net of numbers and tables', plain],
  ['a net with a sequence', withSteps],
  ['a net that is a straight line', bare],
])('%s', (_name, shape) => {
  beforeAll(async () => {
    await openBackend();
  });
  const random = seededRandom(7);
  const parameters = initialParameters(shape, 0.3, random).map((values) =>
    values.map((value) => value + 0.1 * random.normal()),
  );
  const rows = 40;
  const width = denseWidth(shape);
  const dense = Float32Array.from({ length: rows * width }, () => random.normal());
  const numbersOf = (row: number) => dense.subarray(row * width, row * width + shape.numbers);
  const stepsOf = (row: number) => dense.subarray(row * width + shape.numbers, (row + 1) * width);
  const join = (read: (row: number) => Float32Array) =>
    Float32Array.from(Array.from({ length: rows }, (_, row) => [...read(row)]).flat());
  const batch: Batch = {
    rows,
    numbers: join(numbersOf),
    steps: join(stepsOf),
    codes: shape.tables.map((table) => Int32Array.from({ length: rows }, () => random.below(table.rows))),
    y: Float32Array.from({ length: rows }, () => random.below(2)),
    weights: Float32Array.from({ length: rows }, () => random.unit() + 0.5),
  };
  const encoded = (row: number, values: readonly Float32Array[]): Float32Array => {
    const z = new Float32Array(inputWidth(shape));
    z.set(dense.subarray(row * width, (row + 1) * width));
    createNetwork(shape, values).embed(
      Int32Array.from(batch.codes, (codes) => codes[row]!),
      z,
    );
    return z;
  };

  it('says without TensorFlow what it says with it', () => {
    const network = createNetwork(shape, parameters);
    batchLogits(shape, parameters, batch).forEach((expected, row) => {
      expect(Math.abs(network.logit(encoded(row, parameters)) - expected)).toBeLessThan(1e-5);
    });
  });

  it('is trained along the true slope of its loss', () => {
    const lossAt = (values: readonly Float32Array[]): number => {
      const network = createNetwork(shape, values);
      let loss = 0;
      for (let row = 0; row < rows; row++) {
        const z = network.logit(encoded(row, values));
        loss += (batch.weights[row]! * (softplus(z) - batch.y[row]! * z)) / rows;
      }
      return loss;
    };
    const { loss, gradients } = lossAndGradients(shape, parameters, batch, []);
    expect(loss).toBeCloseTo(lossAt(parameters), 5);
    parameters.forEach((values, p) => {
      for (const k of [0, values.length - 1]) {
        const moved = (by: number) =>
          lossAt(parameters.map((one, q) => (q === p ? one.map((v, i) => (i === k ? v + by : v)) : one)));
        const slope = (moved(2 ** -10) - moved(-(2 ** -10))) / 2 ** -9;
        expect(Math.abs(gradients[p]![k]! - slope)).toBeLessThan(2e-3);
      }
    });
  });

  it('knows its slope at a row', () => {
    const network = createNetwork(shape, parameters);
    const z = Float64Array.from(encoded(0, parameters));
    const gradient = new Float64Array(z.length);
    network.logit(z);
    network.addGradient(z, gradient);
    z.forEach((value, k) => {
      const moved = (by: number) => network.logit(z.map((v, i) => (i === k ? value + by : v)));
      expect(gradient[k]).toBeCloseTo((moved(1e-6) - moved(-1e-6)) / 2e-6, 5);
    });
  });
});
