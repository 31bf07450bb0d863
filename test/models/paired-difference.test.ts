import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../core/random.js';
import { aucOf } from '../../models/curve.js';
import { aucRoc } from '../../models/metrics.js';
import { pairedDifference, pairedMeanDifference } from '../../models/paired-difference.js';

/** Scores that follow the outcome, and the same scores with more noise. */
function scored(rows: number): { y: Uint8Array; good: Float64Array; noisy: Float64Array } {
  const random = seededRandom(3);
  const y = Uint8Array.from({ length: rows }, () => (random.unit() < 0.3 ? 1 : 0));
  const good = Float64Array.from(y, (label) => label + random.normal());
  return { y, good, noisy: good.map((score) => score + random.normal()) };
}

describe('a paired difference', () => {
  const { y, good, noisy } = scored(600);

  it('is nothing, with nothing around it, between a score and itself', () => {
    const same = pairedDifference({ y, first: good, second: good }, aucOf, 1);
    expect(same).toEqual({ value: 0, interval: { low: 0, high: 0 } });
  });

  it('is the difference of the metric, and turns round with the scores', () => {
    const forward = pairedDifference({ y, first: good, second: noisy }, aucOf, 1);
    const backward = pairedDifference({ y, first: noisy, second: good }, aucOf, 1);
    expect(forward.value).toBeCloseTo(aucRoc(y, good) - aucRoc(y, noisy), 12);
    expect(forward.interval.low).toBeGreaterThan(0);
    expect(backward.interval.low).toBeCloseTo(-forward.interval.high, 12);
  });

  it('draws clusters whole, so rows that repeat their owner do not narrow it', () => {
    const repeat = <T extends Uint8Array | Float64Array>(values: T): T =>
      values.constructor === Uint8Array
        ? (Uint8Array.from({ length: y.length * 4 }, (_, i) => values[i >> 2]!) as T)
        : (Float64Array.from({ length: y.length * 4 }, (_, i) => values[i >> 2]!) as T);
    const fourfold = { y: repeat(y), first: repeat(good), second: repeat(noisy) };
    const cluster = Int32Array.from({ length: y.length * 4 }, (_, i) => i >> 2);
    const width = ({ interval }: { interval: { low: number; high: number } }) => interval.high - interval.low;
    const once = width(pairedDifference({ y, first: good, second: noisy }, aucOf, 1));
    expect(width(pairedDifference(fourfold, aucOf, 1))).toBeLessThan(0.7 * once);
    expect(width(pairedDifference({ ...fourfold, cluster }, aucOf, 1))).toBeGreaterThan(0.7 * once);
  });

  it('of mean losses is the difference of the means, with an interval around it', () => {
    const [first, second] = [good.map((score) => score ** 2), noisy.map((score) => score ** 2)];
    const { value, interval } = pairedMeanDifference({ y, first, second }, 1);
    const mean = (losses: Float64Array): number =>
      losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(value).toBeCloseTo(mean(first) - mean(second), 12);
    expect(interval.low).toBeLessThan(value);
    expect(interval.high).toBeGreaterThan(value);
    expect(pairedMeanDifference({ y, first, second: first }, 1).interval).toEqual({ low: 0, high: 0 });
  });
});
