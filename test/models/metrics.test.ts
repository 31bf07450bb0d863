import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  accuracy,
  aucRoc,
  averagePrecision,
  brier,
  calibrationError,
  logLoss,
  majorityAccuracy,
  recallAtFpr,
} from '../../models/metrics.js';
import { orderDescending } from '../../models/sort.js';

/** Scores with many ties, and both classes. */
const scored = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.boolean()), { minLength: 2, maxLength: 60 })
  .map((rows) => ({
    y: Uint8Array.from(rows, ([, label], i) => (i === 0 ? 1 : i === 1 ? 0 : Number(label))),
    p: Float64Array.from(rows, ([score]) => score / 8),
  }));

describe('ranking metrics', () => {
  it('give AUC as the share of pairs in the right order, ties half', () => {
    fc.assert(
      fc.property(scored, ({ y, p }) => {
        let won = 0;
        let pairs = 0;
        for (let i = 0; i < y.length; i++) {
          for (let j = 0; j < y.length; j++) {
            if (y[i] !== 1 || y[j] !== 0) continue;
            pairs++;
            won += p[i]! > p[j]! ? 1 : p[i] === p[j] ? 0.5 : 0;
          }
        }
        expect(aucRoc(y, p)).toBeCloseTo(won / pairs, 12);
      }),
    );
  });

  it('give average precision as precision summed over recall steps at distinct scores', () => {
    fc.assert(
      fc.property(scored, ({ y, p }) => {
        const positives = y.reduce((sum, label) => sum + label, 0);
        let expected = 0;
        let recall = 0;
        for (const threshold of [...new Set(p)].sort((a, b) => b - a)) {
          const flagged = [...y].filter((_, i) => p[i]! >= threshold);
          const tp = flagged.reduce((sum, label) => sum + label, 0);
          expected += (tp / positives - recall) * (tp / flagged.length);
          recall = tp / positives;
        }
        expect(averagePrecision(y, p)).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('give the largest recall whose false positive rate is within the bound', () => {
    fc.assert(
      fc.property(scored, fc.constantFrom(0, 0.001, 0.1, 0.25, 0.5, 1), ({ y, p }, bound) => {
        const rate = (threshold: number, label: number): number => {
          const of = [...y.keys()].filter((i) => y[i] === label);
          return of.filter((i) => p[i]! >= threshold).length / of.length;
        };
        const allowed = [Infinity, ...p].filter((threshold) => rate(threshold, 0) <= bound);
        expect(recallAtFpr(y, p, bound)).toBeCloseTo(
          Math.max(...allowed.map((threshold) => rate(threshold, 1))),
          12,
        );
      }),
    );
  });

  it('agree with values worked out by hand', () => {
    const y = Uint8Array.of(0, 0, 1, 1);
    const p = Float64Array.of(0.1, 0.4, 0.35, 0.8);
    expect(aucRoc(y, p)).toBe(0.75);
    expect(averagePrecision(y, p)).toBeCloseTo(0.5 + 0.5 * (2 / 3), 12);
    expect(recallAtFpr(y, p, 0.49)).toBe(0.5);
    expect(recallAtFpr(y, p, 0.5)).toBe(1);
  });

  it('give chance for a constant score', () => {
    const y = Uint8Array.of(1, 0, 0, 0);
    const p = new Float64Array(4).fill(0.5);
    expect([aucRoc(y, p), averagePrecision(y, p), recallAtFpr(y, p, 0.5)]).toEqual([0.5, 0.25, 0]);
  });

  it('refuse rows of one class instead of answering NaN', () => {
    for (const y of [Uint8Array.of(1, 1), Uint8Array.of(0, 0), new Uint8Array(0)]) {
      expect(() => aucRoc(y, new Float64Array(y.length))).toThrow(/one class/);
    }
  });
});

describe('probability metrics', () => {
  const y = Uint8Array.of(1, 0, 0, 1, 0);
  const p = Float64Array.of(0.9, 0.2, 0.6, 0.4, 0.1);

  it('agree with values worked out by hand', () => {
    expect(brier(y, p)).toBeCloseTo((0.01 + 0.04 + 0.36 + 0.36 + 0.01) / 5, 12);
    expect(logLoss(y, p)).toBeCloseTo(-Math.log(0.9 * 0.8 * 0.4 * 0.4 * 0.9) / 5, 12);
    expect(accuracy(y, p)).toBe(0.6);
    expect(majorityAccuracy(y)).toBe(0.6);
    expect(calibrationError(y, p)).toBeCloseTo((0.1 + 0.1 + 0.2 + 0.6 + 0.6) / 5, 12);
  });

  it('stay finite for a certain but wrong answer', () => {
    expect(logLoss(Uint8Array.of(1), Float64Array.of(0))).toBeCloseTo(34.54, 2);
  });

  it('refuse an empty table', () => {
    const none = new Uint8Array(0);
    expect(() => brier(none, new Float64Array(0))).toThrow(/no rows/);
    expect(() => majorityAccuracy(none)).toThrow(/no rows/);
  });
});

describe('ordering', () => {
  it('is descending and stable on both sides of the switch to radix sort', () => {
    const value = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1, -1, Infinity, -Infinity));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(1, 40),
        (values, repeats) => {
          const all = Float64Array.from(
            { length: values.length * repeats },
            (_, i) => values[i % values.length]!,
          );
          const order = orderDescending(all);
          order.forEach((row, i) => {
            if (i === 0) return;
            const before = order[i - 1]!;
            expect(all[before]! > all[row]! || (all[before] === all[row] && before < row)).toBe(true);
          });
        },
      ),
      { numRuns: 30 },
    );
  });
});
