import { beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../../core/random.js';
import { openStackGraph } from '../../../../models/forecast/neural/stack-graph.js';
import { stackShape, startStack } from '../../../../models/forecast/neural/stack.js';
import { openBackend } from '../../../../models/neural/backend.js';

describe('the loss of a stack', () => {
  beforeAll(openBackend);

  it('has the gradients that small changes of the parameters show, and steps of weight 0 do not matter', () => {
    const shape = stackShape(7, 5, 4, [3, 1]);
    const random = seededRandom(5);
    const parameters = startStack(shape, random).map((values) =>
      values.map((value) => value + 0.2 * random.normal()),
    );
    const rows = 6;
    const batch = {
      rows,
      inputs: Float32Array.from({ length: rows * 7 }, () => random.normal()),
      targets: Float32Array.from({ length: rows * 5 }, () => random.normal()),
      weights: Float32Array.from({ length: rows * 5 }, (_, k) => (k % 5 === 4 ? 0 : 1)),
    };
    const graph = openStackGraph(shape);
    const { loss, gradients } = graph.lossAndGradients(parameters, batch);
    const other = { ...batch, targets: batch.targets.map((value, k) => (k % 5 === 4 ? 99 : value)) };
    expect(graph.lossAndGradients(parameters, other).loss).toBe(loss);
    const STEP = 1e-2;
    for (const [p, values] of parameters.entries()) {
      const k = random.below(values.length);
      const lossAt = (change: number): number => {
        const moved = parameters.map((one) => one.slice());
        moved[p]![k]! += change;
        return graph.lossAndGradients(moved, batch).loss;
      };
      const slope = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
      expect(Math.abs(slope - gradients[p]![k]!)).toBeLessThan(0.02);
    }
    graph.close();
  });
});
