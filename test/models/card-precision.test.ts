import { describe, expect, it } from '@jest/globals';
import { cardPrecisionAtK } from '../../models/card-precision.js';

describe('card precision', () => {
  const payments = {
    //                    day 1: payers 1 2 3 4      day 2: payers 1 2 3 5
    day: Int32Array.of(1, 1, 1, 1, 1, 2, 2, 2, 2),
    payer: Int32Array.of(1, 1, 2, 3, 4, 1, 2, 3, 5),
    y: Uint8Array.of(0, 1, 0, 1, 0, 1, 0, 1, 1),
    fraudProbability: Float64Array.of(0.9, 0.1, 0.8, 0.3, 0.2, 0.99, 0.7, 0.6, 0.1),
  };

  it('takes the highest score and any fraud of a payer and drops the payers found on earlier days', () => {
    // Day 1, top 2: payers 1 (fraud) and 2. Payer 1 is found and leaves. Day 2, top 2: payers 2 and 3 (fraud).
    expect(cardPrecisionAtK(payments, 2)).toBe((1 / 2 + 1 / 2) / 2);
  });

  it('keeps a compromised payer that was not found', () => {
    // Day 1, top 1: payer 1 (fraud). Day 2, top 1: payer 2, honest; payer 3 stays undetected.
    expect(cardPrecisionAtK(payments, 1)).toBe((1 + 0) / 2);
  });

  it('divides by k even when fewer payers are left', () => {
    expect(cardPrecisionAtK(payments, 10)).toBeCloseTo((2 / 10 + 1 / 10) / 2, 12);
  });

  it('refuses an empty test period', () => {
    const none = {
      day: new Int32Array(0),
      payer: new Int32Array(0),
      y: new Uint8Array(0),
      fraudProbability: new Float64Array(0),
    };
    expect(() => cardPrecisionAtK(none, 100)).toThrow(/no payments/);
  });
});
