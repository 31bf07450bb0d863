import { describe, expect, it } from '@jest/globals';
import { explore } from '../../scoring/exploration.js';

const SETTINGS = { share: 0.1, seed: 1, maxAmountPaise: { INR: 500_000 } };
const DRAWS = 20_000;

function candidate(i: number, fields = {}) {
  return { decisionId: `dec_${i}`, amountPaise: 100_000n, currency: 'INR', ...fields };
}

describe('exploration', () => {
  it('draws its share of the decisions, each with the probability of what was drawn', () => {
    let explored = 0;
    let weights = 0;
    for (let i = 0; i < DRAWS; i++) {
      const chance = explore(candidate(i), SETTINGS);
      expect(chance.propensity).toBe(chance.explored ? 0.1 : 0.9);
      if (!chance.explored) continue;
      explored++;
      weights += 1 / chance.propensity;
    }
    // Five standard deviations of a binomial.
    const slack = 5 * Math.sqrt(DRAWS * 0.1 * 0.9);
    expect(Math.abs(explored - DRAWS * 0.1)).toBeLessThan(slack);
    // Weighted by the inverse propensity, the explored stand for all.
    expect(Math.abs(weights - DRAWS)).toBeLessThan(slack * 10);
  });

  it('draws the same for the same decision, and anew under another seed', () => {
    const drawn = (seed: number) =>
      Array.from({ length: 200 }, (_, i) => explore(candidate(i), { ...SETTINGS, seed }).explored);
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  it('only grows with its share: whoever is drawn at a tenth is drawn at a fifth', () => {
    for (let i = 0; i < 500; i++) {
      if (!explore(candidate(i), SETTINGS).explored) continue;
      expect(explore(candidate(i), { ...SETTINGS, share: 0.2 }).explored).toBe(true);
    }
  });

  it.each([
    ['switched off', {}, { ...SETTINGS, share: 0 }],
    ['above the cap', { amountPaise: 500_001n }, { ...SETTINGS, share: 1 }],
    ['in a currency without a cap', { currency: 'USD' }, { ...SETTINGS, share: 1 }],
  ])('explores nothing when %s, and is certain of it', (_when, fields, settings) => {
    for (let i = 0; i < 50; i++)
      expect(explore(candidate(i, fields), settings)).toEqual({ explored: false, propensity: 1 });
  });

  it('explores everything at a share of one, up to the cap', () => {
    const chance = explore(candidate(1, { amountPaise: 500_000n }), { ...SETTINGS, share: 1 });
    expect(chance).toEqual({ explored: true, propensity: 1 });
  });
});
