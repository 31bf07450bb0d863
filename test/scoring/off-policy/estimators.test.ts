import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../core/random.js';
import { effectiveSampleSize, estimate, ESTIMATORS } from '../../../scoring/off-policy/estimators.js';
import type { Estimates, ValueRow } from '../../../scoring/off-policy/estimators.js';

/** Contexts of a bandit: how likely fraud is, how likely its outcome is seen, what good and fraud are worth. */
const CONTEXTS = [
  { fraud: 0.02, seen: 1, ifGood: -300, ifFraud: 900 },
  { fraud: 0.3, seen: 1, ifGood: -200, ifFraud: 500 },
  { fraud: 0.6, seen: 0.3, ifGood: 400, ifFraud: -700 },
  { fraud: 0.9, seen: 0.2, ifGood: 800, ifFraud: -900 },
] as const;

const ROWS = 900;
const TRUTH =
  (ROWS *
    CONTEXTS.reduce((sum, { fraud, ifGood, ifFraud }) => sum + ifGood + fraud * (ifFraud - ifGood), 0)) /
  CONTEXTS.length;

type BelievedFraud = (context: (typeof CONTEXTS)[number]) => number;
const RIGHT: BelievedFraud = ({ fraud }) => fraud;
const WRONG: BelievedFraud = ({ fraud }) => 1 - fraud;

/** Payers of three decisions each, who have a liking for one context. */
function simulate(seed: number, believed: BelievedFraud): ValueRow[] {
  const random = seededRandom(seed).fork('bandit');
  return Array.from({ length: ROWS / 3 }, (_, payer) => {
    const liked = CONTEXTS[random.below(CONTEXTS.length)]!;
    return Array.from({ length: 3 }, (): ValueRow => {
      const context = random.unit() < 0.5 ? liked : CONTEXTS[random.below(CONTEXTS.length)]!;
      const { fraud, seen, ifGood, ifFraud } = context;
      const worth = random.unit() < fraud ? ifFraud : ifGood;
      return {
        payer,
        seenProbability: seen,
        observed: random.unit() < seen ? worth : null,
        expected: ifGood + believed(context) * (ifFraud - ifGood),
      };
    });
  }).flat();
}

/** With their standard deviations a mean of so many estimates is known to a fifteenth, a coverage to 1.5 %. */
const SEEDS = 220;
const RESAMPLES = 150;
const estimates = (believed: BelievedFraud) =>
  Array.from({ length: SEEDS }, (_, seed) => estimate(simulate(seed, believed), seed, RESAMPLES));
const right = estimates(RIGHT);
const wrong = estimates(WRONG);

function moments(found: readonly Estimates[], name: 'direct' | 'ips' | 'snips' | 'dr') {
  const values = found.map((one) => one[name]?.paise ?? NaN);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { errors: Math.abs(mean - TRUTH) / Math.sqrt(variance / values.length), variance };
}

function coverage(found: readonly Estimates[], name: 'ips' | 'snips' | 'dr'): number {
  const covered = found.filter((one) => {
    const interval = one[name]?.interval ?? { low: NaN, high: NaN };
    return interval.low <= TRUTH && TRUTH <= interval.high;
  });
  return covered.length / found.length;
}

describe('the estimators on a bandit whose truth is known', () => {
  it('are unbiased: IPS, and doubly robust also with a wrong model, which alone misleads', () => {
    expect(moments(right, 'ips').errors).toBeLessThan(3);
    expect(moments(right, 'dr').errors).toBeLessThan(3);
    expect(moments(wrong, 'dr').errors).toBeLessThan(3);
    expect(moments(right, 'direct').errors).toBeLessThan(3);
    expect(moments(wrong, 'direct').errors).toBeGreaterThan(30);
  });

  it('vary less when they are doubly robust and the model is right', () => {
    expect(moments(right, 'dr').variance).toBeLessThan(0.75 * moments(right, 'ips').variance);
  });

  it.each(['ips', 'snips', 'dr'] as const)('%s has intervals that cover about 95 %', (name) => {
    for (const found of [right, wrong]) {
      expect(coverage(found, name)).toBeGreaterThan(0.9);
      expect(coverage(found, name)).toBeLessThan(0.99);
    }
  });
});

const row = fc.record({
  payer: fc.nat(5),
  seenProbability: fc.constantFrom(1, 0.5, 0.01),
  observed: fc.integer({ min: -1000, max: 1000 }),
  expected: fc.integer({ min: -1000, max: 1000 }),
});
const rows = fc.array(row, { minLength: 1, maxLength: 20 });
const RUNS = { numRuns: 25 };

describe('the estimators', () => {
  it('are exactly zero where nothing has a value', () => {
    fc.assert(
      fc.property(rows, (any) => {
        const found = estimate(
          any.map((one) => ({ ...one, observed: 0, expected: 0 })),
          1,
        );
        for (const name of ESTIMATORS)
          expect(found[name]).toEqual({ paise: 0, interval: { low: 0, high: 0 } });
      }),
      RUNS,
    );
  });

  it('add up what was seen for certain, whatever the model says', () => {
    fc.assert(
      fc.property(rows, (any) => {
        const found = estimate(
          any.map((one) => ({ ...one, seenProbability: 1 })),
          1,
        );
        const sum = any.reduce((total, { observed }) => total + observed, 0);
        for (const name of ['ips', 'snips', 'dr'] as const) expect(found[name]?.paise).toBeCloseTo(sum, 6);
      }),
      RUNS,
    );
  });

  it('scale with the values, and so do their intervals', () => {
    fc.assert(
      fc.property(rows, (any) => {
        const once = estimate(any, 1);
        const doubled = any.map((one) => ({
          ...one,
          observed: 2 * one.observed,
          expected: 2 * one.expected,
        }));
        const twice = estimate(doubled, 1);
        for (const name of ESTIMATORS) {
          expect(twice[name]?.paise).toBeCloseTo(2 * (once[name]?.paise ?? NaN), 6);
          expect(twice[name]?.interval?.high).toBeCloseTo(2 * (once[name]?.interval?.high ?? NaN), 6);
        }
      }),
      RUNS,
    );
  });

  it('say that there is nothing to go by when no drawn outcome was seen', () => {
    const unseen = { payer: 1, seenProbability: 0.01, observed: null, expected: -5 };
    const found = estimate([unseen, { ...unseen, payer: 2 }], 1);
    expect(found.snips).toBeNull();
    expect([found.ips.paise, found.dr.paise, found.direct.paise]).toEqual([0, -10, -10]);
  });

  it('have no normalised interval when some draws of payers lack a seen outcome', () => {
    const unseen = { payer: 1, seenProbability: 0.01, observed: null, expected: -5 };
    const found = estimate([unseen, { ...unseen, payer: 2, observed: 7 }], 1);
    expect(found.snips).toEqual({ paise: 14, interval: null });
  });

  it('refuse a decision whose outcome is never seen', () => {
    expect(() => estimate([{ payer: 0, seenProbability: 0, observed: null, expected: 1 }], 1)).toThrow(
      'never seen',
    );
  });
});

describe('the effective sample size', () => {
  it('counts equal weights whole and is less for others', () => {
    expect(effectiveSampleSize([3, 3, 3])).toBeCloseTo(3);
    expect(effectiveSampleSize([100, 1, 1])).toBeCloseTo(1.04, 2);
    expect(effectiveSampleSize([])).toBe(0);
  });
});
