import { beforeAll, describe, expect, it } from '@jest/globals';
import { evaluateRetry, type RetryEvaluation } from '../../../billing/retry-evaluation/evaluate.js';

const REQUEST = { payers: 700, failures: 60, seed: 3, learner: 'trees', explored: 0.2 } as const;

let evaluation: RetryEvaluation;

beforeAll(() => {
  evaluation = evaluateRetry(REQUEST);
}, 120_000);

describe('the evaluation of retries', () => {
  it('places no attempt at an illegal slot', () => {
    for (const { illegalSlots, attempts } of Object.values(evaluation.policies)) {
      expect(illegalSlots).toBe(0);
      expect(attempts).toBeLessThanOrEqual(3 * evaluation.judged);
    }
  });

  it('finds the oracle above the ladder, and the model between them on average', () => {
    const { ladder, model, oracle } = evaluation.policies;
    expect(oracle.recovered).toBeGreaterThan(ladder.recovered);
    expect(model.recovered).toBeGreaterThan(ladder.recovered);
    expect(model.attempts).toBeLessThan(ladder.attempts);
  });

  it('knows no better probabilities than the truth', () => {
    const { model, truth, baseRate } = evaluation.probabilities;
    expect(model.aucRoc).toBeGreaterThan(0.65);
    expect(truth.aucRoc).toBeGreaterThan(model.aucRoc);
    expect(truth.brier).toBeLessThan(model.brier);
    expect(model.brier).toBeLessThan(baseRate.brier);
  });

  it('states shares with intervals around them', () => {
    const { shareOfOracle } = evaluation;
    expect(shareOfOracle!.value).toBeGreaterThan(0);
    expect(shareOfOracle!.interval.low).toBeLessThan(shareOfOracle!.value);
    expect(shareOfOracle!.interval.high).toBeGreaterThan(shareOfOracle!.value);
  });
});
