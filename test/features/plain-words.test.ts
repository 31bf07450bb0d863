import { describe, expect, it } from '@jest/globals';
import { count, different, duration, money, plain, times } from '../../features/plain-words.js';

describe('plain words', () => {
  it('keep three digits and group larger numbers the Indian way', () => {
    expect([0, -0, 0.12345, 2.5, 99.95, 1234567.8, -2].map(plain)).toEqual(
      ['0', '0', '0.123', '2.5', '100', '12,34,568', '-2'], // prettier-ignore
    );
  });

  it('put the noun in the number of what is counted, as it is shown', () => {
    expect([0, 1, 1.001, 2].map((value) => count(value, 'day', 'days'))).toEqual([
      'no days',
      '1 day',
      '1 day',
      '2 days',
    ]);
    expect([0, 1, 2].map((value) => different(value, ['payer', 'payers']))).toEqual([
      'no payers',
      '1 payer',
      '2 different payers',
    ]);
  });

  it('tell a duration in the unit that keeps it small', () => {
    expect([-1, 0, 0.02, 0.5, 0.999, 1, 47, 48, 2400].map(duration)).toEqual([
      'less than a minute',
      'less than a minute',
      '1 minute',
      '30 minutes',
      '1 hour',
      '1 hour',
      '47 hours',
      '2 days',
      '100 days',
    ]);
  });

  it('compare, and round money to its minor unit', () => {
    expect([1, 0.5, 3].map(times)).toEqual(['as large as', '0.5 times', '3 times']);
    expect(money(1234.4, 'INR')).toBe('₹12.34');
  });
});
