import { beforeAll, describe, expect, it } from '@jest/globals';
import { openStack } from '../../../../models/forecast/neural/stack-forward.js';
import { stackShape } from '../../../../models/forecast/neural/stack.js';
import {
  trainStack,
  type StackParameters,
  type StackTraining,
} from '../../../../models/forecast/neural/train-stack.js';
import { scaleOf } from '../../../../models/forecast/neural/windows.js';
import { meanAbsoluteError, seasonalNaiveAhead } from '../../../../models/forecast/measures.js';
import { makeSeries } from '../worlds.js';

const H = 4;
const shape = stackShape(8, H, 16, [4, 2, 1]);
const worlds = Array.from({ length: 40 }, (_, seed) =>
  makeSeries({
    n: 44,
    slope: 0.5 + (seed % 5) / 5,
    season: 4,
    swing: 0.1 + (seed % 7) / 20,
    noise: 0.02,
    seed,
  }),
);
const known = (n: number): Float64Array[] => worlds.map((y) => y.slice(0, n));
const request: StackTraining = {
  shape,
  season: 4,
  seed: 1,
  stages: [known(20), known(40)],
  firstSteps: 200,
  laterSteps: 100,
  batchRows: 64,
};

function errorAhead(parameters: StackParameters): number {
  const stack = openStack(shape, parameters);
  return worlds.reduce((sum, y) => {
    const { level, unit } = scaleOf(y, 40, { ...shape, season: 4 })!;
    const path = stack(y.slice(32, 40).map((value) => (value - level) / unit));
    return (
      sum +
      meanAbsoluteError(
        y.slice(40),
        path.map((value) => level + unit * value),
      )
    );
  }, 0);
}

describe('training a stack', () => {
  let stages: (StackParameters | null)[];
  const reports: number[] = [];
  beforeAll(async () => {
    stages = await trainStack(request, (done) => reports.push(done));
  });

  it('learns trends and seasons that many series share, better than the last season again', () => {
    const naive = worlds.reduce(
      (sum, y) => sum + meanAbsoluteError(y.slice(40), seasonalNaiveAhead(y.slice(0, 40), 4, H)),
      0,
    );
    expect(errorAhead(stages[1]!)).toBeLessThan(0.8 * naive);
  });

  it('reports how far it is', () => {
    expect(reports.at(-1)).toBe(300);
    expect(reports).toEqual([...reports].sort((a, b) => a - b));
  });

  it('gives the same for a seed, and no stage sees what comes after it', async () => {
    const short = { ...request, firstSteps: 12, laterSteps: 8 };
    const [one, two] = [await trainStack(short), await trainStack(short)];
    expect(one).toEqual(two);
    const other = await trainStack({
      ...short,
      stages: [known(20), worlds.map((y) => y.slice(0, 40).reverse())],
    });
    expect(other[0]).toEqual(one[0]);
    expect(other[1]).not.toEqual(one[1]);
    expect(await trainStack({ ...short, seed: 2 })).not.toEqual(one);
  });

  it('starts at the first stage that has a window', async () => {
    const [first, second] = await trainStack({
      ...request,
      stages: [[new Float64Array(0), new Float64Array(30).fill(5)], known(30)],
      firstSteps: 4,
      laterSteps: 4,
    });
    expect(first).toBeNull();
    expect(second!.every((values) => values.every(Number.isFinite))).toBe(true);
  });
});
