import { describe, expect, it } from '@jest/globals';
import { liftOf } from '../../../billing/retry/lift.js';
import type { PayerOutcome } from '../../../billing/retry/lift.js';
import { seededRandom } from '../../../core/random.js';
import type { Random } from '../../../core/random.js';

const payer = (failed: number, recovered: number, paise = 500_00n): PayerOutcome => ({
  failed,
  recovered,
  failedPaise: BigInt(failed) * paise,
  recoveredPaise: BigInt(recovered) * paise,
});

/** Payers differ: some are short every month, so their debits are not independent. */
function arm(random: Random, payers: number, share: number): PayerOutcome[] {
  return Array.from({ length: payers }, () => {
    const own = Math.min(1, Math.max(0, share + 0.25 * (random.unit() - 0.5)));
    const failed = 1 + random.below(6);
    const recovered = Array.from({ length: failed }, () => random.unit() < own).filter(Boolean).length;
    return payer(failed, recovered, BigInt(100_00 + random.below(2000_00)));
  });
}

describe('the lift', () => {
  it('is the difference of the shares, and the rupees that the ladder would not have got', () => {
    const times = (outcomes: readonly PayerOutcome[]) => Array.from({ length: 15 }, () => outcomes).flat();
    const lift = liftOf(times([payer(2, 2), payer(2, 1)]), times([payer(3, 1), payer(1, 1)]));
    expect(lift.model).toMatchObject({
      payers: 30,
      failed: 60,
      recovered: 45,
      share: 0.75,
      paiseShare: 0.75,
    });
    expect(lift.holdOut).toMatchObject({ payers: 30, failed: 60, recovered: 30, share: 0.5 });
    expect(lift.share?.value).toBeCloseTo(0.25, 12);
    expect(lift.gainedPaise).toBe(15n * 500_00n);
  });

  it('has the interval of independent payers when each failed once', () => {
    const once = (n: number, recovered: number) =>
      Array.from({ length: n }, (_, i) => payer(1, i < recovered ? 1 : 0));
    const { share } = liftOf(once(400, 240), once(400, 200));
    const half = 1.959964 * Math.sqrt((0.6 * 0.4) / 399 + (0.5 * 0.5) / 399);
    expect(share).toEqual({
      value: expect.closeTo(0.1, 12),
      low: expect.closeTo(0.1 - half, 12),
      high: expect.closeTo(0.1 + half, 12),
    });
  });

  it('covers the true difference in about 95 of 100 draws, although payers differ', () => {
    const random = seededRandom(11).fork('lift');
    const draws = 400;
    let covered = 0;
    for (let n = 0; n < draws; n++) {
      const { share } = liftOf(arm(random, 300, 0.5), arm(random, 150, 0.4));
      if (share !== null && share.low <= 0.1 && share.high >= 0.1) covered++;
    }
    expect(covered / draws).toBeGreaterThan(0.92);
    expect(covered / draws).toBeLessThan(0.98);
  });

  it('compares nothing before both arms have thirty payers', () => {
    const lift = liftOf(Array(30).fill(payer(1, 1)), Array(29).fill(payer(1, 0)));
    expect(lift).toMatchObject({ share: null, paise: null, gainedPaise: null });
    expect(liftOf([], []).model).toMatchObject({ payers: 0, share: null, paiseShare: null });
  });
});
