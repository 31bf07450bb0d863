import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_PAYMENT_COSTS } from '../../models/value-saved.js';
import { actionFor } from '../../scoring/policy.js';
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
