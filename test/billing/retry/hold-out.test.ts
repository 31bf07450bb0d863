import { describe, expect, it } from '@jest/globals';
import { explorationDraws, isOnLadder } from '../../../billing/retry/hold-out.js';
import { isHeldOut } from '../../../models/uplift.js';

const PAYERS = Array.from({ length: 20_000 }, (_, i) => `pyr_${i}`);
const share = (list: readonly boolean[]): number => list.filter(Boolean).length / list.length;

describe('the hold-out of retries', () => {
  it('is a tenth of the payers, the same ones every time', () => {
    const held = PAYERS.map((payer) => isOnLadder(payer, 0.1));
    expect(share(held)).toBeCloseTo(0.1, 1);
    expect(PAYERS.map((payer) => isOnLadder(payer, 0.1))).toEqual(held);
  });

  it('is independent of the hold-out of churn', () => {
    const churn = PAYERS.filter(isHeldOut);
    expect(Math.abs(share(churn.map((payer) => isOnLadder(payer, 0.1))) - 0.1)).toBeLessThan(0.025);
  });

  it('leaves to chance what a rerun draws again, differently for each attempt', () => {
    expect(explorationDraws('inv_1', 2)).toEqual(explorationDraws('inv_1', 2));
    expect(explorationDraws('inv_1', 2)).not.toEqual(explorationDraws('inv_1', 3));
    const [first, second] = [0, 1].map((n) => PAYERS.map((id) => explorationDraws(id, 2)[n as 0 | 1]));
    for (const draws of [first ?? [], second ?? []]) {
      expect(share(draws.map((draw) => draw < 0.07))).toBeCloseTo(0.07, 1);
      expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    }
  });
});
