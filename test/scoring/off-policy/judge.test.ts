import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../../core/random.js';
import { at, sharesOf, valueOf } from '../../../scoring/off-policy/action-value.js';
import { judge } from '../../../scoring/off-policy/judge.js';
import type { JudgedDecision, Judgement } from '../../../scoring/off-policy/judge.js';
import { ACTIONS } from '../../../scoring/request.js';
import type { Action } from '../../../scoring/request.js';

const yardstick = {
  costs: {
    disputeFeePaise: 50_000,
    marginShare: 0.1,
    falseDeclinePaise: 25_000,
    abandonmentShare: 0.15,
    challengePassShare: 0.4,
  },
  reviewCostPaise: 5000,
};
const measure = { yardstick, reported: { allow: 1, challenge: 0.4, review: 1, block: 0 }, seed: 1 };

const only = (action: Action) => sharesOf({ action, propensity: 1 });

function decision(given: Partial<JudgedDecision> & Pick<JudgedDecision, 'action'>): JudgedDecision {
  return {
    payer: 0,
    amountPaise: 100_000,
    logged: only(given.action),
    candidate: only(given.action),
    probability: 0.1,
    fraud: false,
    ...given,
  };
}

const anyDecision = fc.record({
  payer: fc.nat(5),
  amountPaise: fc.nat(10_000_000),
  action: fc.constantFrom(...ACTIONS),
  propensity: fc.constantFrom(1, 0.99, 0.7),
  probability: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  fraud: fc.boolean(),
});

describe('the judgement of two policies', () => {
  it('is exactly zero between a policy and itself, drawn or not', () => {
    fc.assert(
      fc.property(fc.array(anyDecision, { minLength: 1, maxLength: 30 }), (any) => {
        const decisions = any.map(({ propensity, ...rest }): JudgedDecision => {
          const decidedBy = rest.action === 'block' ? 'model-block' : 'nothing';
          const shares = sharesOf({ action: rest.action, decidedBy, propensity });
          return { ...rest, logged: shares, candidate: { ...shares } };
        });
        const { difference, overlap } = judge(decisions, measure);
        for (const found of [difference.direct, difference.ips, difference.snips, difference.dr])
          expect(found).toEqual({ paise: 0, interval: { low: 0, high: 0 } });
        expect(difference.never).toEqual({ decisions: 0, lowPaise: 0, highPaise: 0, expectedPaise: 0 });
        expect(overlap).toMatchObject({ changed: 0, newActionShare: 0 });
      }),
      { numRuns: 20 },
    );
  });

  it('values what was let through by what it turned out to be', () => {
    const decisions = [
      decision({ action: 'allow', candidate: only('block'), fraud: true }),
      decision({ action: 'allow', candidate: only('block'), payer: 1 }),
      decision({ action: 'allow', payer: 2 }),
    ];
    const { difference, overlap } = judge(decisions, measure);
    // The fraud and its fee saved, a good payment's margin and payer lost.
    expect(difference.ips.paise).toBeCloseTo(150_000 - 35_000);
    expect(difference.dr.paise).toBeCloseTo(150_000 - 35_000);
    expect(overlap).toMatchObject({ changed: 2, certain: 2, drawn: 0, never: 0, newActionShare: 2 / 3 });
  });

  it('bounds what could never be seen and keeps it out of the estimates', () => {
    const decisions = [
      decision({ action: 'block', candidate: only('allow'), probability: 0.5 }),
      decision({ action: 'allow' }),
    ];
    const { difference, overlap } = judge(decisions, measure);
    expect(difference.dr.paise).toBe(0);
    expect(difference.never).toEqual({
      decisions: 1,
      lowPaise: -150_000,
      highPaise: 35_000,
      expectedPaise: -57_500,
    });
    expect(overlap).toMatchObject({ changed: 1, never: 1 });
  });

  it('weights what exploration showed, and says how little that is', () => {
    const blocked = {
      logged: sharesOf({ action: 'block', decidedBy: 'model-block', propensity: 0.75 }),
    } as const;
    const decisions = [
      decision({ action: 'block', ...blocked, candidate: only('allow') }),
      decision({ payer: 1, action: 'challenge', ...blocked, candidate: only('allow'), fraud: true }),
    ];
    const { overlap, challenged, difference } = judge(decisions, measure);
    expect(overlap).toMatchObject({ drawn: 2, drawnSeen: 1, effectiveSampleSize: 1, largestWeight: 4 });
    expect(challenged).toMatchObject({ decisions: 1, reported: 1 });
    expect(challenged.expectedReports).toBeCloseTo(0.04);
    expect(difference.ips.paise).toBeLessThan(0);
    expect(difference.snips?.interval).toBeNull();
  });

  it('cannot learn from challenges when nobody who fails one is reported and nobody passes', () => {
    const shares = sharesOf({ action: 'challenge', propensity: 1 });
    const decisions = [decision({ action: 'challenge', logged: shares, candidate: only('allow') })];
    const { overlap } = judge(decisions, { ...measure, reported: { ...measure.reported, challenge: 0 } });
    expect(overlap).toMatchObject({ certain: 0, never: 1 });
  });

  it('takes the share of fraud that it sees where no model gave a probability', () => {
    const decisions = [
      decision({ action: 'allow', probability: null, fraud: true, candidate: only('block') }),
      ...[1, 2, 3].map((payer) => decision({ action: 'allow', probability: null, payer })),
    ];
    expect(judge(decisions, measure).difference.direct.paise).toBeCloseTo(0.25 * 150_000 - 0.75 * 35_000);
  });
});

/** A gate that blocks what a rough model fears, explores, and hears of challenged frauds only when they pass. */
function merchant(seed: number): { readonly decisions: JudgedDecision[]; readonly truth: number } {
  const random = seededRandom(seed).fork('merchant');
  let truth = 0;
  const decisions = Array.from({ length: 600 }, (_, i): JudgedDecision => {
    const danger = random.unit();
    const amountPaise = 1000 * (1 + random.below(300));
    const fraud = random.unit() < danger ** 2;
    // Overconfident: the reward model is wrong.
    const probability = danger;
    const logged =
      danger > 0.6 ? sharesOf({ action: 'block', decidedBy: 'model-block', propensity: 0.7 }) : only('allow');
    const candidate = danger > 0.8 ? only('block') : danger > 0.4 ? only('challenge') : only('allow');
    const action = logged.block === 0 ? 'allow' : random.unit() < 0.3 ? 'challenge' : 'block';
    const passes = action === 'allow' || (action === 'challenge' && random.unit() < 0.4);
    const worth = (shares: JudgedDecision['logged']) =>
      at(valueOf(shares, { amountPaise }, yardstick), fraud ? 1 : 0);
    truth += worth(candidate) - worth(logged);
    return { payer: i >> 1, amountPaise, action, logged, candidate, probability, fraud: fraud && passes };
  });
  return { decisions, truth };
}

describe('the judgement of a merchant whose frauds are known', () => {
  const runs = Array.from({ length: 30 }, (_, seed) => {
    const { decisions, truth } = merchant(seed);
    return { truth, found: judge(decisions, { ...measure, seed }) };
  });
  const errorsOf = (name: 'ips' | 'dr' | 'direct') =>
    runs.map(({ found, truth }) => found.difference[name].paise - truth);

  it.each(['ips', 'dr'] as const)(
    '%s finds the difference on average, where the model alone is off',
    (name) => {
      const standardErrors = (errors: readonly number[]) => {
        const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
        const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (errors.length - 1);
        return Math.abs(mean) / Math.sqrt(variance / errors.length);
      };
      expect(standardErrors(errorsOf(name))).toBeLessThan(3);
      expect(standardErrors(errorsOf('direct'))).toBeGreaterThan(6);
    },
  );

  it('puts the truth into the doubly robust interval nearly always', () => {
    const covers = ({ truth, found }: { truth: number; found: Judgement }) => {
      const interval = found.difference.dr.interval ?? { low: NaN, high: NaN };
      return interval.low <= truth && truth <= interval.high;
    };
    expect(runs.filter(covers).length).toBeGreaterThanOrEqual(26);
  });
});
