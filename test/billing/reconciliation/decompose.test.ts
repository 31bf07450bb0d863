import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decompose } from '../../../billing/reconciliation/decompose.js';
import type { Claim } from '../../../billing/reconciliation/decompose.js';

const RUNS = 500;
const refund = (id: string, amountPaise: bigint, isBooked = true): Claim => ({
  id,
  kind: 'refund',
  amountPaise,
  isBooked,
});

describe('a difference', () => {
  it('of nothing needs no explanation', () => {
    expect(decompose(0n, [refund('a', 5n)], 2n)).toEqual({ claims: [], roundingPaise: 0n });
  });

  it('is the refunds that sum to it', () => {
    const claims = [refund('a', 100n), refund('b', 250n), refund('c', 40n)];
    expect(decompose(140n, claims, 2n)?.claims.map(({ id }) => id)).toEqual(['a', 'c']);
  });

  it('within the bound is rounding, of either sign, and beyond it is nothing', () => {
    expect(decompose(-2n, [], 2n)).toEqual({ claims: [], roundingPaise: -2n });
    expect(decompose(3n, [], 2n)).toBeNull();
    expect(decompose(-3n, [], 2n)).toBeNull();
  });

  it('is not a refund and some rounding', () => {
    expect(decompose(101n, [refund('a', 100n)], 2n)).toBeNull();
  });

  it('has no explanation where two would book differently', () => {
    expect(decompose(100n, [refund('a', 100n), refund('b', 100n, false)], 2n)).toBeNull();
    expect(decompose(100n, [refund('a', 100n), refund('b', 100n)], 2n)?.claims).toHaveLength(1);
  });

  it(`is explained to the paisa or not at all, in ${RUNS} random cases`, () => {
    const claim = fc.record({
      id: fc.uuid(),
      kind: fc.constantFrom('refund' as const, 'chargeback' as const),
      amountPaise: fc.bigInt({ min: 1n, max: 500n }),
      isBooked: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.bigInt({ min: -600n, max: 2000n }),
        fc.array(claim, { maxLength: 6 }),
        (rest, claims) => {
          const explained = decompose(rest, claims, 2n);
          if (explained === null) return;
          const sum = explained.claims.reduce((total, { amountPaise }) => total + amountPaise, 0n);
          expect(sum + explained.roundingPaise).toBe(rest);
          expect(explained.roundingPaise <= 2n && explained.roundingPaise >= -2n).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });
});
