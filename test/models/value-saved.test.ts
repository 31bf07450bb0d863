import { describe, expect, it } from '@jest/globals';
import { valueSaved } from '../../models/value-saved.js';

const costs = { disputeFeePaise: 50_000, marginShare: 0.1, falseDeclinePaise: 10_000 };

describe('value saved', () => {
  it('blocks where the expected fraud costs more than the expected decline, and counts both', () => {
    const scored = {
      y: Uint8Array.of(1, 0, 1, 0),
      fraudProbability: Float64Array.of(0.9, 0.8, 0.05, 0.01),
      amountPaise: Float64Array.of(100_000, 200_000, 100_000, 500_000),
    };
    // Blocked: rows 0 (saves 150,000) and 1 (costs 30,000). Row 2: 0.05 x 150,000 < 0.95 x 20,000, let through.
    expect(valueSaved(scored, costs)).toEqual({ savedPaise: 120_000, savedShare: 0.4, blockedRows: 2 });
  });

  it('is nothing when nothing is blocked', () => {
    const scored = {
      y: Uint8Array.of(1),
      fraudProbability: Float64Array.of(0),
      amountPaise: Float64Array.of(100),
    };
    expect(valueSaved(scored, costs)).toEqual({ savedPaise: 0, savedShare: 0, blockedRows: 0 });
  });

  it('refuses rows without a fraud', () => {
    const scored = {
      y: Uint8Array.of(0),
      fraudProbability: Float64Array.of(0),
      amountPaise: Float64Array.of(100),
    };
    expect(() => valueSaved(scored, costs)).toThrow(/no fraud/);
  });
});
