import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../core/random.js';
import { bootstrap, bootstrapDefaults } from '../../models/bootstrap.js';
import { aucOf, curveOf, rank } from '../../models/curve.js';

function mean(values: readonly number[], counts: Int32Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return values.reduce((sum, value, row) => sum + value * counts[row]!, 0) / total;
}

describe('bootstrap', () => {
  it('covers the standard error that theory gives for a mean', () => {
    const random = seededRandom(1);
    const values = Array.from({ length: 400 }, () => random.normal());
    const settings = { ...bootstrapDefaults, draw: 'rows' as const, resamples: 1000 };
    const { mean: interval } = bootstrap(
      { y: new Uint8Array(400) },
      (counts) => ({ mean: mean(values, counts) }),
      settings,
    );
    // 2 x 1.96 / sqrt(400)
    expect(interval.high - interval.low).toBeGreaterThan(0.17);
    expect(interval.high - interval.low).toBeLessThan(0.22);
  });

  it('keeps the size of both classes when it draws within them', () => {
    const y = Uint8Array.from({ length: 100 }, (_, row) => (row < 3 ? 1 : 0));
    bootstrap({ y }, (counts) => {
      expect(
        [counts.subarray(0, 3), counts.subarray(3)].map((part) =>
          part.reduce((sum, count) => sum + count, 0),
        ),
      ).toEqual([3, 97]);
      return {};
    });
  });

  it('draws the rows of a cluster together', () => {
    const cluster = Int32Array.of(1, 1, 2, 2, 2, 3);
    bootstrap(
      { y: new Uint8Array(6), cluster },
      (counts) => {
        expect(counts[0]).toBe(counts[1]);
        expect([counts[2], counts[3]]).toEqual([counts[4], counts[4]]);
        return {};
      },
      { ...bootstrapDefaults, draw: 'clusters' },
    );
  });

  it('gives the same interval for the same seed, around the point estimate, from one ranking', () => {
    const random = seededRandom(2);
    const y = Uint8Array.from({ length: 500 }, () => Number(random.unit() < 0.2));
    const scores = Float64Array.from(y, (label) => label + 2 * random.normal());
    const ranking = rank(y, scores);
    const take = () => bootstrap({ y }, (counts) => ({ auc: aucOf(curveOf(ranking, counts)) }));
    const { auc } = take();
    const point = aucOf(curveOf(ranking));
    expect(auc.low).toBeLessThan(point);
    expect(auc.high).toBeGreaterThan(point);
    expect(take()).toEqual({ auc });
  });
});
