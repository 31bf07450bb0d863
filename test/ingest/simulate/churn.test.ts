import { describe, expect, it } from '@jest/globals';
import { hiddenEndProbability } from '../../../ingest/simulate/churn.js';

describe('the probability of an end that has not been told yet', () => {
  const month = { months: 1, days: 30, leadDays: 29 };

  it('is the hazard of the cycle when none of it has passed', () => {
    expect(hiddenEndProbability(0.03, month)).toBeCloseTo(0.03, 12);
    expect(hiddenEndProbability(0.03, { ...month, months: 3, days: 30 })).toBeCloseTo(1 - 0.97 ** 3, 12);
  });

  it('falls as the cycle passes without a word, but not as fast as the days: most ends are told late', () => {
    const late = hiddenEndProbability(0.03, { ...month, leadDays: 7 });
    expect(late).toBeLessThan(0.03);
    expect(late).toBeGreaterThan(0.03 * (8 / 30));
  });
});
