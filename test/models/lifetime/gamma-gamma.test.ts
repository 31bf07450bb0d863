import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { fitGammaGamma, spendCorrelation } from '../../../models/lifetime/gamma-gamma.js';
import { drawGamma } from './repeat-buying-oracle.js';

function spenders(customers: number): { purchases: Float64Array; mean: Float64Array; own: Float64Array } {
  const random = seededRandom(3);
  const purchases = Float64Array.from({ length: customers }, () => 1 + random.below(6));
  const own = Float64Array.from({ length: customers }, () => 6 / drawGamma(random, 4, 15));
  const mean = purchases.map((x, i) => drawGamma(random, 6 * x, (6 * x) / own[i]!));
  return { purchases, mean, own };
}

describe('the Gamma-Gamma model of spend', () => {
  const { purchases, mean, own } = spenders(2000);
  const { parameters, expectedSpend } = fitGammaGamma(purchases, mean);

  it('finds the parameters that spend was drawn with', () => {
    expect(parameters.p / 6).toBeCloseTo(1, 0);
    expect(parameters.q / 4).toBeCloseTo(1, 0);
    expect(Math.abs((parameters.p * parameters.v) / (parameters.q - 1) / ((6 * 15) / 3) - 1)).toBeLessThan(
      0.03,
    );
  });

  it('draws a mean over few purchases towards that of everybody, and less so over many', () => {
    const everybody = expectedSpend(0, 0);
    const [few, many] = [expectedSpend(1, 3 * everybody), expectedSpend(50, 3 * everybody)];
    expect(few).toBeGreaterThan(everybody);
    expect(many).toBeGreaterThan(few);
    expect(many).toBeLessThan(3 * everybody);
  });

  it('is nearer to what customers spend than their own mean is', () => {
    const error = (predict: (i: number) => number): number =>
      own.reduce((sum, spend, i) => sum + (predict(i) - spend) ** 2, 0);
    expect(error((i) => expectedSpend(purchases[i]!, mean[i]!))).toBeLessThan(error((i) => mean[i]!));
  });

  it('measures how far spend depends on frequency, 0 for a constant', () => {
    const x = Float64Array.of(1, 2, 3, 4);
    expect(spendCorrelation(x, x)).toBeCloseTo(1, 12);
    expect(spendCorrelation(x, Float64Array.of(4, 3, 2, 1))).toBeCloseTo(-1, 12);
    expect(spendCorrelation(x, new Float64Array(4).fill(5))).toBe(0);
  });
});
