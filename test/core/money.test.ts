import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currencyExponent, formatMoney, halfUpDivide } from '../../core/money.js';

describe('formatMoney', () => {
  it.each([
    [0n, 'INR', '₹0.00'],
    [5n, 'INR', '₹0.05'],
    [99_999n, 'INR', '₹999.99'],
    [123_456_789n, 'INR', '₹12,34,567.89'],
    [1_234_567_890_12n, 'INR', '₹1,23,45,67,890.12'],
    [-100_000n, 'INR', '-₹1,000.00'],
    [123_456_789n, 'USD', 'USD 1,234,567.89'],
    [1_234_567n, 'JPY', 'JPY 1,234,567'],
    [1_234_567n, 'KWD', 'KWD 1,234.567'],
  ])('writes %d of %s as %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency)).toBe(text);
  });

  it('loses no digit of any amount, and as many decimals as the currency has', () => {
    const amounts = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
    fc.assert(
      fc.property(amounts, fc.constantFrom('INR', 'JPY', 'KWD', 'USD'), (amount, currency) => {
        const text = formatMoney(amount, currency);
        expect(BigInt(text.replace(/[^\d-]/g, ''))).toBe(amount);
        expect((text.split('.')[1] ?? '').length).toBe(currencyExponent(currency));
      }),
    );
  });
});

describe('halfUpDivide', () => {
  it.each([
    [10n, 4n, 3n],
    [9n, 4n, 2n],
    [11n, 4n, 3n],
    [-10n, 4n, -3n],
    [-9n, 4n, -2n],
    [0n, 7n, 0n],
    [18n * 12_345n, 100n, 2222n],
  ])('%d / %d is %d', (numerator, denominator, quotient) => {
    expect(halfUpDivide(numerator, denominator)).toBe(quotient);
  });

  it('is never further than one half from the exact quotient', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 12n }), (numerator, denominator) => {
        const error = 2n * (halfUpDivide(numerator, denominator) * denominator - numerator);
        expect(error <= denominator && error >= -denominator).toBe(true);
      }),
    );
  });

  it('refuses a denominator that is not positive', () => {
    expect(() => halfUpDivide(1n, 0n)).toThrow('positive denominator');
  });
});
