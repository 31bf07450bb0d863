import { describe, expect, it } from '@jest/globals';
import { pareto } from '../../../models/lifetime/pareto.js';
import { counted } from '../../../models/lifetime/repeat-buyers.js';
import { paretoLikelihood } from './repeat-buying-oracle.js';

describe('the Pareto/NBD model of repeat buying', () => {
  it.each([
    { r: 1.4, alpha: 9, s: 1.3, beta: 6 },
    { r: 1.2, alpha: 5, s: 1.6, beta: 14 },
  ])('has the likelihood of its definition at %j', (parameters) => {
    for (const [x, lastAt, observed] of [
      [0, 0, 30],
      [1, 3, 38],
      [4, 12, 20],
    ] as const) {
      const rows = counted({
        repeats: Float64Array.of(x),
        lastAt: Float64Array.of(lastAt),
        observed: Float64Array.of(observed),
      });
      const expected = Math.log(paretoLikelihood(parameters, x, lastAt, observed));
      expect(pareto.logLikelihood(rows, parameters)).toBeCloseTo(expected, 3);
    }
  });

  it('thinks a customer less likely to be alive the longer nothing was bought', () => {
    const { aliveProbability } = pareto.answers({ r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 });
    const alive = [10, 20, 30, 40].map((observed) => aliveProbability(3, 10, observed));
    expect(alive[0]).toBeCloseTo(1, 12);
    expect([...alive].sort((a, b) => b - a)).toEqual(alive);
  });

  it('expects about as many purchases in a short time as the mean rate of those alive says', () => {
    const { aliveProbability, expectedPurchases } = pareto.answers({
      r: 0.553,
      alpha: 10.578,
      s: 0.606,
      beta: 11.669,
    });
    const rate = (0.553 + 2) / (10.578 + 38.86);
    expect(expectedPurchases(2, 30.43, 38.86, 1e-5) / 1e-5).toBeCloseTo(
      rate * aliveProbability(2, 30.43, 38.86),
      5,
    );
  });

  it('stays finite for parameters that have run away', () => {
    const rows = counted({
      repeats: Float64Array.of(3),
      lastAt: Float64Array.of(10),
      observed: Float64Array.of(30),
    });
    expect(Number.isFinite(pareto.logLikelihood(rows, { r: 0.7, alpha: 8, s: 1e-6, beta: 1e6 }))).toBe(true);
    expect(Number.isFinite(pareto.logLikelihood(rows, { r: 900, alpha: 1e6, s: 900, beta: 1e-6 }))).toBe(
      true,
    );
  });
});
