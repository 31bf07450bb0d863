import { describe, expect, it } from '@jest/globals';
import { betaGeometric } from '../../../models/lifetime/beta-geometric.js';
import { counted } from '../../../models/lifetime/repeat-buyers.js';
import { betaGeometricLikelihood } from './repeat-buying-oracle.js';

const PUBLISHED = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

const CUSTOMERS: readonly (readonly [number, number, number])[] = [
  [0, 0, 30],
  [1, 3, 38],
  [2, 30.43, 38.86],
  [7, 11, 20],
  [12, 19.5, 20],
];

describe('the beta-geometric models of repeat buying', () => {
  it('expect 1.226 purchases in 39 weeks of the customer of the published example', () => {
    const { expectedPurchases } = betaGeometric(0).answers(PUBLISHED);
    expect(expectedPurchases(2, 30.43, 38.86, 39)).toBeCloseTo(1.226, 3);
  });

  it.each([0, 1] as const)(
    'have the likelihood of their definition, with %s chances to leave before a repeat',
    (chances) => {
      const parameters = { r: 1.3, alpha: 5, a: 1.2, b: 2.4 };
      const family = betaGeometric(chances);
      for (const [x, lastAt, observed] of CUSTOMERS) {
        const rows = counted({
          repeats: Float64Array.of(x),
          lastAt: Float64Array.of(lastAt),
          observed: Float64Array.of(observed),
        });
        const expected = Math.log(betaGeometricLikelihood(parameters, chances, x, lastAt, observed));
        expect(family.logLikelihood(rows, parameters)).toBeCloseTo(expected, 6);
      }
    },
  );

  it('think everybody alive who never came back in BG/NBD, and not in MBG/NBD', () => {
    expect(betaGeometric(0).answers(PUBLISHED).aliveProbability(0, 0, 30)).toBe(1);
    expect(betaGeometric(1).answers(PUBLISHED).aliveProbability(0, 0, 30)).toBeLessThan(1);
  });

  it('expect about as many purchases in a short time as the mean rate of those alive says', () => {
    const { aliveProbability, expectedPurchases } = betaGeometric(0).answers(PUBLISHED);
    for (const [x, lastAt, observed] of CUSTOMERS) {
      const rate = (PUBLISHED.r + x) / (PUBLISHED.alpha + observed);
      const soon = expectedPurchases(x, lastAt, observed, 1e-5) / 1e-5;
      expect(soon).toBeCloseTo(rate * aliveProbability(x, lastAt, observed), 4);
    }
  });
});
