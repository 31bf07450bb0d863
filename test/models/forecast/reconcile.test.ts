import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../core/random.js';
import { errorCovariance } from '../../../models/forecast/error-covariance.js';
import { addUp, reconciliation, type Hierarchy } from '../../../models/forecast/reconcile.js';

const RUNS = 60;

/** Platform over groups over bottoms, by chance. */
function drawHierarchy(seed: number): {
  hierarchy: Hierarchy;
  base: Float64Array[];
  residuals: Float64Array[];
} {
  const random = seededRandom(seed);
  const bottoms = 2 + random.below(5);
  const groups = 1 + random.below(3);
  const sums = Array.from({ length: groups + 1 }, (_, i) =>
    Float64Array.from({ length: bottoms }, (_, j) => (i === 0 || (j + i) % groups === 0 ? 1 : 0)),
  );
  const draw = (n: number, from: number) => Float64Array.from({ length: n }, () => from + 10 * random.unit());
  const m = bottoms + sums.length;
  return {
    hierarchy: { sums, bottoms },
    base: Array.from({ length: m }, () => draw(3, -2)),
    residuals: Array.from({ length: m }, (_, i) => draw(30, -5).map((value) => value * (1 + i))),
  };
}

/** S (S' W^-1 S)^-1 S' W^-1 y by plain Gauss-Jordan. */
function oracle({ sums, bottoms }: Hierarchy, covariance: Float64Array, y: Float64Array): number[] {
  const m = sums.length + bottoms;
  const s = [
    ...sums.map((weights) => [...weights]),
    ...Array.from({ length: bottoms }, (_, j) =>
      Array.from({ length: bottoms }, (_, k) => (j === k ? 1 : 0)),
    ),
  ];
  const w = invert(Array.from({ length: m }, (_, i) => [...covariance.slice(i * m, (i + 1) * m)]));
  const st = transpose(s);
  const inner = invert(multiply(multiply(st, w), s));
  const g = multiply(multiply(inner, st), w);
  return multiply(multiply(s, g), transpose([[...y]])).map(([value]) => value!);
}

function multiply(a: number[][], b: number[][]): number[][] {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
}

function transpose(a: number[][]): number[][] {
  return a[0]!.map((_, j) => a.map((row) => row[j]!));
}

function invert(a: number[][]): number[][] {
  const n = a.length;
  const work = a.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let i = 0; i < n; i++) {
    const pivot = work.slice(i).reduce((best, row) => (Math.abs(row[i]!) > Math.abs(best[i]!) ? row : best));
    const at = work.indexOf(pivot);
    [work[i], work[at]] = [pivot, work[i]!];
    const scaled = pivot.map((value) => value / pivot[i]!);
    work[i] = scaled;
    for (let k = 0; k < n; k++)
      if (k !== i) work[k] = work[k]!.map((value, j) => value - work[k]![i]! * scaled[j]!);
  }
  return work.map((row) => row.slice(n));
}

const anySeed = fc.integer({ min: 0, max: 1e6 });
const ERROR_MODELS = ['ols', 'wls', 'shrunk'] as const;

describe('reconciliation', () => {
  it('agrees with the dense formula for every model of the errors', () => {
    fc.assert(
      fc.property(anySeed, fc.constantFrom(...ERROR_MODELS), (seed, model) => {
        const { hierarchy, base, residuals } = drawHierarchy(seed);
        const { matrix } = errorCovariance(residuals, model);
        const paths = reconciliation(hierarchy, matrix).of(base, { isNegative: true });
        const expected = oracle(
          hierarchy,
          matrix,
          Float64Array.from(base, (path) => path[1]!),
        );
        for (const [i, path] of paths.entries()) expect(path[1]).toBeCloseTo(expected[i]!, 6);
      }),
      { numRuns: RUNS },
    );
  });

  it('adds up to the last bit, and keeps from 0 what may not be negative', () => {
    fc.assert(
      fc.property(anySeed, fc.boolean(), (seed, isNegative) => {
        const { hierarchy, base, residuals } = drawHierarchy(seed);
        const { matrix } = errorCovariance(residuals, 'shrunk');
        const paths = reconciliation(hierarchy, matrix).of(base, { isNegative });
        expect(paths).toEqual(addUp(hierarchy, paths.slice(hierarchy.sums.length)));
        if (!isNegative) for (const path of paths) expect(Math.min(...path)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: RUNS },
    );
  });

  it('leaves forecasts alone that add up already', () => {
    fc.assert(
      fc.property(anySeed, fc.constantFrom(...ERROR_MODELS), (seed, model) => {
        const { hierarchy, base, residuals } = drawHierarchy(seed);
        const coherent = addUp(
          hierarchy,
          base.slice(hierarchy.sums.length).map((path) => path.map(Math.abs)),
        );
        const { matrix } = errorCovariance(residuals, model);
        const paths = reconciliation(hierarchy, matrix).of(coherent, { isNegative: false });
        for (const [i, path] of paths.entries())
          for (const [t, value] of path.entries()) expect(value).toBeCloseTo(coherent[i]![t]!, 8);
      }),
      { numRuns: RUNS },
    );
  });

  it('moves least what errs least', () => {
    const hierarchy = { sums: [Float64Array.of(1, 1)], bottoms: 2 };
    const base = [Float64Array.of(12), Float64Array.of(5), Float64Array.of(5)];
    const sure = Float64Array.of(1e-6, 0, 0, 0, 1, 0, 0, 0, 1);
    const paths = reconciliation(hierarchy, sure).of(base, { isNegative: false });
    expect(paths.map(([value]) => Math.round(value! * 1e3) / 1e3)).toEqual([12, 6, 6]);
    const even = errorCovariance([Float64Array.of(1), Float64Array.of(1), Float64Array.of(1)], 'ols').matrix;
    const spread = reconciliation(hierarchy, even).of(base, { isNegative: false });
    expect(spread[0]![0]).toBeCloseTo(12 - 2 / 3, 9);
  });

  it('shares out again what a series at 0 cannot give', () => {
    const hierarchy = { sums: [Float64Array.of(1, 1)], bottoms: 2 };
    const base = [Float64Array.of(2), Float64Array.of(6), Float64Array.of(0.1)];
    const ols = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    const [total, large, small] = reconciliation(hierarchy, ols).of(base, { isNegative: false });
    expect(total![0]).toBeCloseTo(4, 9);
    expect(large![0]).toBe(total![0]);
    expect(small![0]).toBe(0);
  });
});

describe('the covariance of errors', () => {
  it('draws correlations of noise to 0 and keeps those that are there, less when rows overlap', () => {
    const random = seededRandom(3);
    const draw = () => Float64Array.from({ length: 200 }, () => random.unit() - 0.5);
    const common = draw();
    const alone = errorCovariance([draw(), draw(), draw()], 'shrunk');
    const near = Array.from({ length: 3 }, () => draw().map((value, t) => common[t]! + 0.2 * value));
    const together = errorCovariance(near, 'shrunk');
    expect(alone.shrinkage).toBeGreaterThan(0.5);
    expect(together.shrinkage).toBeLessThan(0.05);
    expect(errorCovariance(near, 'shrunk', 13).shrinkage).toBeGreaterThan(together.shrinkage);
    expect(together.matrix[1]! / Math.sqrt(together.matrix[0]! * together.matrix[4]!)).toBeGreaterThan(0.9);
  });

  it('leaves out rows that are not known everywhere, and lets a series without errors have some', () => {
    const { matrix } = errorCovariance([Float64Array.of(1, NaN, 1), Float64Array.of(0, 5, 0)], 'wls');
    expect(matrix[0]).toBe(1);
    expect(matrix[3]).toBeGreaterThan(0);
    expect(matrix[3]).toBeLessThan(1e-5);
  });
});
