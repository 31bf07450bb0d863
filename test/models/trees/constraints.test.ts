import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../core/random.js';
import type { Frame } from '../../../models/contract.js';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import type { BoostedTreesSettings } from '../../../models/trees/boosted-trees.js';
import { mixedSample, rowOf } from '../frames.js';

const small = { ...boostedTrees.defaults, trees: 15, learningRate: 0.3, minRowsPerLeaf: 2 };

interface TreesJson {
  readonly roots: readonly number[];
  readonly feature: readonly number[];
  readonly right: readonly number[];
}

/** The features on each path from a root to a leaf. */
function pathsOf({ roots, feature, right }: TreesJson): Set<number>[] {
  const below = (node: number, path: Set<number>): Set<number>[] => {
    if (feature[node]! < 0) return [path];
    const longer = new Set(path).add(feature[node]!);
    return [...below(node + 1, longer), ...below(right[node]!, longer)];
  };
  return roots.flatMap((root) => below(root, new Set()));
}

/** Four numeric columns whose product terms make every pair worth splitting on. */
function wavySample(rows: number, seed: number): { frame: Frame; y: Float64Array } {
  const random = seededRandom(seed);
  const columns = [0, 1, 2, 3].map(() => Float32Array.from({ length: rows }, () => random.unit() * 4 - 2));
  const y = Float64Array.from({ length: rows }, (_, row) => {
    const [a, b, c, d] = columns.map((column) => column[row]!) as [number, number, number, number];
    return Math.sin(3 * a) + a * b + c * d + b * c + random.normal();
  });
  return { frame: { rows, names: ['a', 'b', 'c', 'd'], columns, categorical: [] }, y };
}

describe('a monotone constraint', () => {
  it('makes the answer rise or fall with the feature, whatever the other values', () => {
    const settings = fc.record({
      seed: fc.integer({ min: 1, max: 1000 }),
      sign: fc.constantFrom<(1 | -1)[]>(1, -1),
      objective: fc.constantFrom<('squared' | 'logistic')[]>('squared', 'logistic'),
      l1: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(settings, ({ seed, sign, objective, l1 }) => {
        const { frame, y } = wavySample(300, seed);
        const target = objective === 'squared' ? y : Uint8Array.from(y, (value) => (value > 0 ? 1 : 0));
        const bound: BoostedTreesSettings = { ...small, objective, l1, monotone: { a: sign, c: 1 } };
        const model = boostedTrees.fit(frame, target, { settings: bound, seed });
        for (let row = 0; row < 20; row++) {
          for (const [feature, direction] of [
            [0, sign],
            [2, 1],
          ] as const) {
            const values = rowOf(frame, row);
            const answers = Array.from({ length: 50 }, (_, step) => {
              values[feature] = step / 10 - 2.5;
              return model.predictOne(values) * direction;
            });
            expect(answers).toEqual(answers.toSorted((one, other) => one - other));
          }
        }
      }),
      { numRuns: 12 },
    );
  });

  it('still follows the feature where the target does', () => {
    const { frame, y } = wavySample(2000, 3);
    const rising = Float64Array.from(y, (_, row) => 2 * frame.columns[0]![row]!);
    const settings: BoostedTreesSettings = { ...small, objective: 'squared', monotone: { a: 1 } };
    const model = boostedTrees.fit(frame, rising, { settings, seed: 1 });
    expect(model.predictOne(Float32Array.of(1.5, 0, 0, 0))).toBeGreaterThan(2);
    expect(model.predictOne(Float32Array.of(-1.5, 0, 0, 0))).toBeLessThan(-2);
  });

  it('is refused for categories, for quantiles and for names that the table has not', () => {
    const { frame, y } = mixedSample(100, 1);
    const fit = (settings: Partial<BoostedTreesSettings>) => () =>
      boostedTrees.fit(frame, y, { settings: { ...small, ...settings }, seed: 1 });
    expect(fit({ monotone: { category: 1 } })).toThrow(/categorical and has no order/);
    expect(fit({ monotone: { amuont: 1 } })).toThrow(/"amuont", which the table has not/);
    expect(fit({ objective: 'quantile', monotone: { amount: 1 } })).toThrow(/drop the monotone constraints/);
    expect(fit({ monotone: { amount: 2 as 1 } })).toThrow(/1 or -1/);
  });
});

describe('interaction groups', () => {
  it('keep features of different groups off the same path', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
        const { frame, y } = wavySample(400, seed);
        const interactions = [
          ['a', 'b'],
          ['b', 'c'],
        ];
        const settings: BoostedTreesSettings = { ...small, objective: 'squared', interactions };
        const model = boostedTrees.fit(frame, y, { settings, seed });
        const paths = pathsOf(JSON.parse(JSON.stringify(model)) as TreesJson);
        const allowed = [new Set([0, 1]), new Set([1, 2]), new Set([3])];
        for (const path of paths)
          expect(allowed.some((group) => [...path].every((k) => group.has(k)))).toBe(true);
        expect(paths.some((path) => path.size === 2)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('are refused with names that the table has not', () => {
    const { frame, y } = mixedSample(100, 1);
    const settings = { ...small, interactions: [['amount', 'typo']] };
    expect(() => boostedTrees.fit(frame, y, { settings, seed: 1 })).toThrow(
      /"typo", which the table has not/,
    );
  });
});
