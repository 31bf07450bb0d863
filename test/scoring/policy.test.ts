import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_PAYMENT_COSTS } from '../../models/value-saved.js';
import { actionFor, churnCostPaise } from '../../scoring/policy.js';
import { DEFAULT_POLICY } from '../../scoring/policy-settings.js';
import { ACTIONS } from '../../scoring/request.js';

const COSTS = DEFAULT_POLICY.costs;
const THRESHOLDS = { reviewFrom: 0.2, blockFrom: 0.6 };

describe('the policy by money alone', () => {
  it.each`
    p        | rupees    | action
    ${0}     | ${2500}   | ${'allow'}
    ${0.005} | ${2500}   | ${'allow'}
    ${0.03}  | ${2500}   | ${'challenge'}
    ${0.3}   | ${2500}   | ${'challenge'}
    ${0.6}   | ${2500}   | ${'block'}
    ${0.99}  | ${2500}   | ${'block'}
    ${0.03}  | ${0}      | ${'allow'}
    ${0.08}  | ${0}      | ${'challenge'}
    ${0.03}  | ${100000} | ${'challenge'}
    ${0.5}   | ${100000} | ${'block'}
    ${1}     | ${0}      | ${'block'}
  `('takes $action at p = $p for INR $rupees', ({ p, rupees, action }) => {
    const stake = {
      fraudProbability: p as number,
      amountPaise: BigInt(rupees as number) * 100n,
      currency: 'INR',
    };
    expect(actionFor(stake, null, COSTS)).toBe(action);
  });

  it('never blocks where allowing is expected to cost less than refusing', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 10_000_000 }),
        (p, paise) => {
          const action = actionFor(
            { fraudProbability: p, amountPaise: BigInt(paise), currency: 'INR' },
            null,
            COSTS,
          );
          const allow = p * (paise + DEFAULT_PAYMENT_COSTS.disputeFeePaise);
          const block =
            (1 - p) * (paise * DEFAULT_PAYMENT_COSTS.marginShare + DEFAULT_PAYMENT_COSTS.falseDeclinePaise);
          if (action === 'block') expect(allow).toBeGreaterThanOrEqual(block);
        },
      ),
    );
  });

  it('never becomes milder as fraud becomes more likely', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    const thresholds = fc.constantFrom(null, THRESHOLDS);
    const currency = fc.constantFrom('INR', 'USD');
    fc.assert(
      fc.property(
        probability,
        probability,
        fc.bigInt(0n, 10_000_000n),
        thresholds,
        currency,
        (a, b, amountPaise, t, c) => {
          const severity = (p: number): number =>
            ACTIONS.indexOf(actionFor({ fraudProbability: p, amountPaise, currency: c }, t, COSTS));
          expect(severity(Math.min(a, b))).toBeLessThanOrEqual(severity(Math.max(a, b)));
        },
      ),
    );
  });
});

describe('the policy with the thresholds of a model', () => {
  it.each`
    p       | currency | action
    ${0.01} | ${'INR'} | ${'allow'}
    ${0.1}  | ${'INR'} | ${'challenge'}
    ${0.3}  | ${'INR'} | ${'review'}
    ${0.59} | ${'INR'} | ${'review'}
    ${0.9}  | ${'INR'} | ${'block'}
    ${0.1}  | ${'USD'} | ${'allow'}
    ${0.3}  | ${'USD'} | ${'review'}
    ${0.9}  | ${'USD'} | ${'review'}
  `('takes $action at p = $p in $currency', ({ p, currency, action }) => {
    const stake = { fraudProbability: p as number, amountPaise: 250_000n, currency: currency as string };
    expect(actionFor(stake, THRESHOLDS, COSTS)).toBe(action);
  });
});

const night = (valuePaise: number, leaves: number) => ({
  scoredAt: '2026-01-05T20:00:00.000Z',
  valuePaise,
  expectedLossPaise: Math.round(valuePaise * leaves),
});

/** Six-fold odds, from INR 100 to INR 5,000. */
const PRICED = {
  ...COSTS['INR']!,
  churn: { refusalOddsRatio: 6, leastPaise: 10_000, mostPaise: 500_000 },
};

describe('the churn cost of a refusal', () => {
  it.each`
    rupees    | leaves  | paise      | why
    ${0}      | ${0}    | ${25_000}  | ${'nothing is known: the average'}
    ${10_000} | ${0}    | ${10_000}  | ${'settled: the least'}
    ${10_000} | ${0.02} | ${89_091}  | ${'9 of 100 more leave'}
    ${10_000} | ${0.1}  | ${300_000} | ${'30 of 100 more leave'}
    ${10_000} | ${0.3}  | ${420_000} | ${'wavering'}
    ${10_000} | ${0.9}  | ${81_818}  | ${'as good as gone'}
    ${10_000} | ${1}    | ${10_000}  | ${'leaves anyway: the least'}
    ${50_000} | ${0.3}  | ${500_000} | ${'the most'}
    ${10}     | ${0.3}  | ${10_000}  | ${'worth little: the least'}
  `('is $paise paise for INR $rupees at $leaves ($why)', ({ rupees, leaves, paise }) => {
    const risk = night(Number(rupees) * 100, Number(leaves));
    expect(Math.round(churnCostPaise(PRICED, risk))).toBe(paise);
  });

  it('is the average without a score, and under a policy without a price for it', () => {
    const { churn: _churn, ...before } = PRICED;
    expect(churnCostPaise(PRICED, undefined)).toBe(PRICED.falseDeclinePaise);
    expect(churnCostPaise(before, night(1_000_000, 0.3))).toBe(PRICED.falseDeclinePaise);
  });
});

describe('a payer with a churn score', () => {
  const stakes = fc.record({
    p: fc.double({ min: 0, max: 1, noNaN: true }),
    amountPaise: fc.bigInt(0n, 10_000_000n),
    risk: fc
      .tuple(fc.nat(2_000_000_000), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([valuePaise, leaves]) => night(valuePaise, leaves)),
  });
  const severity = (
    { p, amountPaise, risk }: { p: number; amountPaise: bigint; risk: ReturnType<typeof night> | undefined },
    thresholds: typeof THRESHOLDS | null,
  ): number =>
    ACTIONS.indexOf(
      actionFor({ fraudProbability: p, amountPaise, currency: 'INR', churn: risk }, thresholds, COSTS),
    );

  it('is never treated more harshly than the average at the same probability of fraud', () => {
    fc.assert(
      fc.property(stakes, fc.constantFrom(null, THRESHOLDS), (stake, thresholds) => {
        expect(severity(stake, thresholds)).toBeLessThanOrEqual(
          severity({ ...stake, risk: undefined }, thresholds),
        );
      }),
    );
  });

  it("meets the bounds of a model's thresholds, whatever the score", () => {
    fc.assert(
      fc.property(stakes, (stake) => {
        const action = ACTIONS[severity(stake, THRESHOLDS)];
        if (stake.p < THRESHOLDS.blockFrom) expect(action).not.toBe('block');
        if (stake.p >= THRESHOLDS.reviewFrom) expect(['review', 'block']).toContain(action);
      }),
    );
  });

  it('is treated no more mildly than one at the highest price, also without thresholds', () => {
    const { mostPaise } = COSTS['INR']!.churn!;
    const dearest = { INR: { ...COSTS['INR']!, falseDeclinePaise: mostPaise } };
    fc.assert(
      fc.property(stakes, (stake) => {
        const { p, amountPaise } = stake;
        const bound = actionFor({ fraudProbability: p, amountPaise, currency: 'INR' }, null, dearest);
        expect(severity(stake, null)).toBeGreaterThanOrEqual(ACTIONS.indexOf(bound));
      }),
    );
  });
});
