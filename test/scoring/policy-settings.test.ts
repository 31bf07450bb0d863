import { describe, expect, it } from '@jest/globals';
import { DEFAULT_POLICY, hashOfPolicy } from '../../scoring/policy-settings.js';

const { INR } = DEFAULT_POLICY.costs;
const USD = { ...INR, disputeFeePaise: 1500, falseDeclinePaise: 800 };

describe('the hash of a policy', () => {
  it('is of the content, not of the order in which it is written', async () => {
    const { costs, exploration, blockCap } = DEFAULT_POLICY;
    expect(hashOfPolicy({ blockCap, exploration, costs })).toBe(hashOfPolicy(DEFAULT_POLICY));
    expect(hashOfPolicy({ ...DEFAULT_POLICY, costs: { INR: INR!, USD: USD as never } })).toBe(
      hashOfPolicy({ ...DEFAULT_POLICY, costs: { USD: USD as never, INR: INR! } }),
    );
  });

  it('of a policy without churn costs is what it was before there were any', () => {
    const costs = {
      disputeFeePaise: 50_000,
      marginShare: 0.1,
      falseDeclinePaise: 25_000,
      abandonmentShare: 0.15,
      challengePassShare: 0.1,
    };
    const { exploration, blockCap } = DEFAULT_POLICY;
    expect(hashOfPolicy({ costs: { INR: costs }, exploration, blockCap })).toBe('835924d9394a9477');
  });

  it('differs when anything differs', () => {
    const changed = { ...DEFAULT_POLICY, exploration: { ...DEFAULT_POLICY.exploration, seed: 2 } };
    expect(hashOfPolicy(changed)).not.toBe(hashOfPolicy(DEFAULT_POLICY));
  });
});
