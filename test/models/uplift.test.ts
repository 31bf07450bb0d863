import { describe, expect, it } from '@jest/globals';
import { detectableDifference, isHeldOut, upliftOf } from '../../models/uplift.js';

const HELD = ['payer_8', 'payer_20', 'payer_23', 'payer_45', 'payer_48', 'payer_65', 'payer_93', 'payer_94'];

describe('the hold-out', () => {
  it('is a tenth of the payers, and the same tenth for ever', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `payer_${i}`);
    const held = ids.filter(isHeldOut);
    expect(held.length / ids.length).toBeGreaterThan(0.09);
    expect(held.length / ids.length).toBeLessThan(0.11);
    // Written down: whoever changes salt, share or hash moves payers across and makes every trial worthless.
    expect(held.slice(0, 8)).toEqual(HELD);
  });
});

describe('what a trial can show', () => {
  it('follows the textbook: 0.3 against 0.2 or so needs some 300 in each arm', () => {
    expect(detectableDifference(300, 300, 0.25)).toBeCloseTo(0.099, 3);
    expect(detectableDifference(0, 300, 0.25)).toBeNull();
    expect(detectableDifference(300, 300, 0)).toBeNull();
  });
});

describe('uplift', () => {
  it('has the interval of Newcombe 1998, table II (a), method 10', () => {
    const found = upliftOf({ payers: 80, churned: 48 }, { payers: 70, churned: 56 });
    expect(found!.prevented).toBeCloseTo(0.2, 12);
    expect(found!.low).toBeCloseTo(0.0524, 4);
    expect(found!.high).toBeCloseTo(0.3339, 4);
  });

  it('is unknown while a group is empty', () => {
    expect(upliftOf({ payers: 0, churned: 0 }, { payers: 70, churned: 56 })).toBeNull();
  });
});
