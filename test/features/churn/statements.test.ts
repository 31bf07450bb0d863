import { describe, expect, it } from '@jest/globals';
import { CHURN_FEATURES } from '../../../features/churn/definitions.js';
import { churnStatement } from '../../../features/churn/statements.js';

describe('what a churn feature says', () => {
  it('names the value with its unit', () => {
    expect(churnStatement('failures30d', 3, 'INR')).toBe('failed payments in 30 days: 3');
    expect(churnStatement('sinceFailure', 1, 'INR')).toBe('days since a payment failed: 1 day');
    expect(churnStatement('boughtAmount90d', 125_000, 'INR')).toBe(
      'amount of other purchases in 90 days: ₹1,250.00',
    );
    expect(churnStatement('mandate', 0, 'INR')).toBe('the plan was debited by mandate last: no');
    expect(churnStatement('priceRise', 0.1, 'INR')).toBe('price above the first one: 10 %');
  });

  it('has words for every feature, also without a value', () => {
    for (const { name } of CHURN_FEATURES) {
      expect(churnStatement(name, NaN, 'INR')).toMatch(/: none$/);
      expect(churnStatement(name, 1, 'INR')).not.toMatch(/undefined|NaN/);
    }
  });
});
