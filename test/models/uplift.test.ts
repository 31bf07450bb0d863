import { describe, expect, it } from '@jest/globals';
import { isHeldOut, upliftOf } from '../../models/uplift.js';

describe('the hold-out', () => {
  it('is a tenth of the payers, and the same tenth for ever', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `payer_${i}`);
    const held = ids.filter(isHeldOut);
    expect(held.length / ids.length).toBeGreaterThan(0.09);
    expect(held.length / ids.length).toBeLessThan(0.11);
    expect(held.slice(0, 3)).toEqual(ids.filter(isHeldOut).slice(0, 3));
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
