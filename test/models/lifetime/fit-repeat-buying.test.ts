import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { fitRepeatBuying } from '../../../models/lifetime/fit-repeat-buying.js';
import { drawBuyers, drawGamma } from './repeat-buying-oracle.js';
import type { Drawn } from './repeat-buying-oracle.js';

const CUSTOMERS = 2000;
const HORIZON = 30;

function betaGeometricBuyers(chances: 0 | 1): Drawn {
  const random = seededRandom(7);
  return drawBuyers(random, CUSTOMERS, HORIZON, () => {
    const [one, other] = [drawGamma(random, 1.2, 1), drawGamma(random, 3, 1)];
    const leaves = one / (one + other);
    const rate = drawGamma(random, 0.9, 6);
    const isGone = chances === 1 && random.unit() < leaves;
    return { rate, leavesAt: isGone ? 0 : Infinity, leavesAfter: () => random.unit() < leaves };
  });
}

function paretoBuyers(): Drawn {
  const random = seededRandom(8);
  return drawBuyers(random, CUSTOMERS, HORIZON, () => ({
    rate: drawGamma(random, 0.9, 6),
    leavesAt: -Math.log(random.unit()) / drawGamma(random, 1.5, 30),
    leavesAfter: () => false,
  }));
}

describe('fitting models of repeat buying', () => {
  it.each([
    ['bg-nbd', () => betaGeometricBuyers(0), { r: 0.9, alpha: 6, a: 1.2, b: 3 }],
    ['mbg-nbd', () => betaGeometricBuyers(1), { r: 0.9, alpha: 6, a: 1.2, b: 3 }],
    ['pareto-nbd', paretoBuyers, { r: 0.9, alpha: 6, s: 1.5, beta: 30 }],
  ] as const)(
    'finds the parameters that %s customers were drawn with, and what they buy next',
    (name, draw, truth) => {
      const drawn = draw();
      const model = fitRepeatBuying(name, drawn);
      const { parameters } = model;
      const inner = name === 'pareto-nbd' ? ['r', 'alpha'] : ['r', 'alpha', 'a', 'b'];
      for (const key of inner) {
        const ratio = parameters[key]! / (truth as Record<string, number>)[key]!;
        expect(ratio).toBeGreaterThan(0.6);
        expect(ratio).toBeLessThan(1.67);
      }
      const expected = drawn.repeats.reduce(
        (sum, x, i) => sum + model.expectedPurchases(x, drawn.lastAt[i]!, drawn.observed[i]!, HORIZON),
        0,
      );
      const bought = drawn.later.reduce((sum, n) => sum + n, 0);
      expect(Math.abs(expected / bought - 1)).toBeLessThan(0.12);
    },
  );

  it('refuses customers of whom nobody came back, with the remedy', () => {
    const none = {
      repeats: new Float64Array(3),
      lastAt: new Float64Array(3),
      observed: Float64Array.of(3, 4, 5),
    };
    expect(() => fitRepeatBuying('bg-nbd', none)).toThrow(/nobody bought a second time.*longer history/);
  });
});
