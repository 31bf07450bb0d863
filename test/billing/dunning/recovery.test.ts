import { describe, expect, it } from '@jest/globals';
import { fitRecovery, RECOVERY } from '../../../billing/dunning/recovery.js';
import type { RecoveryCount } from '../../../billing/dunning/recovery.js';

const funds = { class: 'funds', ageDays: 12, owedPaise: 900_00n };
const count = (fields: Partial<RecoveryCount>): RecoveryCount => ({
  ...funds,
  isContacted: true,
  cases: 0,
  paid: 0,
  ...fields,
});

describe('the estimate of recovery', () => {
  it('is what we assume while nothing is known', () => {
    expect(fitRecovery([])(funds)).toEqual(RECOVERY.assumed);
  });

  it('follows many cases of the same kind, in each arm by itself', () => {
    const estimate = fitRecovery([
      count({ cases: 4000, paid: 3200 }),
      count({ isContacted: false, cases: 4000, paid: 400 }),
    ]);
    expect(estimate(funds).ifContacted).toBeCloseTo(0.8, 2);
    expect(estimate(funds).probability).toBeCloseTo(0.1, 2);
  });

  it('leans on its neighbours when its own cases are few', () => {
    const estimate = fitRecovery([
      count({ ageDays: 40, cases: 1000, paid: 900 }),
      count({ cases: 2, paid: 0 }),
    ]);
    expect(estimate(funds).ifContacted).toBeGreaterThan(0.7);
    expect(estimate(funds).ifContacted).toBeLessThan(estimate({ ...funds, ageDays: 40 }).ifContacted);
  });

  it('stays between nothing and certainty', () => {
    for (const paid of [0, 50]) {
      const { ifContacted } = fitRecovery([count({ cases: 50, paid })])(funds);
      expect(ifContacted).toBeGreaterThan(0);
      expect(ifContacted).toBeLessThan(1);
    }
  });
});
