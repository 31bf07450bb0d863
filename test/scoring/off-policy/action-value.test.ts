import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { at, minus, sharesOf, valueOf } from '../../../scoring/off-policy/action-value.js';
import type { ActionShares } from '../../../scoring/off-policy/action-value.js';
import { actionFor } from '../../../scoring/policy.js';
import type { Action } from '../../../scoring/request.js';

const costs = {
  disputeFeePaise: 50_000,
  marginShare: 0.1,
  falseDeclinePaise: 10_000,
  abandonmentShare: 0.2,
  challengePassShare: 0.5,
};
const priced = { ...costs, churn: { refusalOddsRatio: 6, leastPaise: 0, mostPaise: 900_000 } };
const yardstick = { costs, reviewCostPaise: 5000 };

const only = (action: Action): ActionShares => sharesOf({ action, propensity: 1 });

describe('the value of a decision', () => {
  it.each`
    action         | ifGood     | ifFraud
    ${'allow'}     | ${0}       | ${-150_000}
    ${'challenge'} | ${-4000}   | ${-75_000}
    ${'review'}    | ${-5000}   | ${-5000}
    ${'block'}     | ${-20_000} | ${0}
  `('of $action is what it costs', ({ action, ifGood, ifFraud }) => {
    expect(valueOf(only(action as Action), { amountPaise: 100_000 }, yardstick)).toEqual({ ifGood, ifFraud });
  });

  it('is the mean over what a draw could have given', () => {
    const shares = { allow: 0, review: 0, challenge: 0.25, block: 0.75 };
    expect(valueOf(shares, { amountPaise: 100_000 }, yardstick)).toEqual({
      ifGood: -16_000,
      ifFraud: -18_750,
    });
  });

  it('is largest for the action that the policy takes, also for a payer with a churn score', () => {
    const churn = fc
      .tuple(fc.nat(1_000_000), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([valuePaise, leaves]) => ({
        scoredAt: '2026-01-05T20:00:00.000Z',
        valuePaise,
        expectedLossPaise: Math.round(valuePaise * leaves),
      }));
    const stake = fc.record({
      p: fc.double({ min: 0, max: 1, noNaN: true }),
      amountPaise: fc.nat(5_000_000),
      churn: fc.option(churn, { nil: undefined }),
    });
    fc.assert(
      fc.property(stake, ({ p, amountPaise, churn: risk }) => {
        const asked = { fraudProbability: p, amountPaise: BigInt(amountPaise), currency: 'INR', churn: risk };
        const taken = actionFor(asked, null, { INR: priced });
        const worth = (action: Action) =>
          at(valueOf(only(action), { amountPaise, churn: risk }, { ...yardstick, costs: priced }), p);
        const best = Math.max(...(['allow', 'challenge', 'block'] as const).map(worth));
        expect(worth(taken)).toBeCloseTo(best, 6);
      }),
    );
  });

  it('does not differ from itself, and lies between good and fraud', () => {
    const value = valueOf(
      sharesOf({ action: 'block', decidedBy: 'model-block', propensity: 0.99 }),
      { amountPaise: 777 },
      yardstick,
    );
    expect(minus(value, value)).toEqual({ ifGood: 0, ifFraud: 0 });
    expect([at(value, 0), at(value, 1)]).toEqual([value.ifGood, value.ifFraud]);
  });
});

describe('what a draw could have given', () => {
  it.each`
    action         | decidedBy               | propensity | shares
    ${'block'}     | ${'model-block'}        | ${0.75}    | ${{ block: 0.75, challenge: 0.25 }}
    ${'challenge'} | ${'explored-challenge'} | ${0.25}    | ${{ block: 0.75, challenge: 0.25 }}
    ${'block'}     | ${'model-block'}        | ${1}       | ${{ block: 1 }}
    ${'block'}     | ${'block-rule'}         | ${1}       | ${{ block: 1 }}
    ${'review'}    | ${'capped-review'}      | ${1}       | ${{ review: 1 }}
    ${'allow'}     | ${'nothing'}            | ${null}    | ${{ allow: 1 }}
  `('$decidedBy with $propensity', ({ shares, ...drawn }) => {
    const never = { allow: 0, challenge: 0, review: 0, block: 0 };
    expect(sharesOf(drawn as unknown as Parameters<typeof sharesOf>[0])).toEqual({
      ...never,
      ...(shares as object),
    });
  });
});
