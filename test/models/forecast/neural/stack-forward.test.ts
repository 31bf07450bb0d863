import { beforeAll, describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../../core/random.js';
import { openStack } from '../../../../models/forecast/neural/stack-forward.js';
import { openStackGraph } from '../../../../models/forecast/neural/stack-graph.js';
import { stackShape, startStack } from '../../../../models/forecast/neural/stack.js';
import { openBackend } from '../../../../models/neural/backend.js';

describe('a stack without TensorFlow', () => {
  beforeAll(openBackend);

  it.each([
    ['whole rates', 12, 8, [4, 2, 1]],
    ['rates that divide neither the window nor the horizon', 13, 7, [5, 3, 1]],
    ['a horizon longer than the window', 6, 20, [24, 5, 1]],
    ['one block', 5, 1, [1]],
  ])('says what TensorFlow.js says: %s', (_name, lookback, h, rates) => {
    const shape = stackShape(lookback, h, 16, rates);
    const random = seededRandom(3);
    const parameters = startStack(shape, random).map((values) =>
      values.map((value) => value + 0.1 * random.normal()),
    );
    const graph = openStackGraph(shape);
    const stack = openStack(shape, parameters);
    const FAR = 9;
    for (let row = 0; row < 5; row++) {
      const inputs = Float32Array.from({ length: lookback }, () => random.normal());
      const path = stack(Float64Array.from(inputs));
      expect(path.some((value) => Math.abs(value) > 0.1)).toBe(true);
      // The loss of a single step is its distance from a target far away.
      for (const [step, ours] of path.entries()) {
        const weights = new Float32Array(h).fill(0).with(step, 1);
        const batch = { rows: 1, inputs, targets: new Float32Array(h).fill(ours - FAR), weights };
        expect(Math.abs(graph.lossAndGradients(parameters, batch).loss - FAR)).toBeLessThan(1e-4);
      }
    }
    graph.close();
  });
});
