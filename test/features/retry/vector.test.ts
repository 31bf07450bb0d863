import { describe, expect, it } from '@jest/globals';
import { afterFailure, type RetryMoment } from '../../../features/retry/moment.js';
import { createSlotCounters } from '../../../features/retry/slot-counters.js';
import { RETRY_FEATURES, retryFeatureHash, retryVector } from '../../../features/retry/vector.js';

const moment: RetryMoment = {
  method: 'upi',
  issuer: null,
  declineClass: 'funds',
  attempt: 2,
  failedAtMs: Date.parse('2026-02-27T14:00:00+05:30'),
  amountPaise: 250_000n,
  past: [
    {
      atMs: Date.parse('2026-01-27T14:00:00+05:30'),
      amountPaise: 200_000n,
      class: null,
      attended: false,
      method: 'upi',
    },
    {
      atMs: Date.parse('2026-02-27T14:00:00+05:30'),
      amountPaise: 250_000n,
      class: 'funds',
      attended: false,
      method: 'upi',
    },
  ],
  slotAtMs: Date.parse('2026-03-02T14:00:00+05:30'),
};

function valuesOf(of: RetryMoment): Record<string, number> {
  const vector = retryVector(of, createSlotCounters(), new Float32Array(RETRY_FEATURES.length));
  return Object.fromEntries(RETRY_FEATURES.map((name, k) => [name, vector[k]!]));
}

describe('the vector of a moment', () => {
  it('says when, since which salary and against what amount', () => {
    const values = valuesOf(moment);
    expect(values).toMatchObject({ attempt: 2, hour: 14, monthDay: 2, daysSinceFailure: 3, shortDebits: 1 });
    expect(values['amountToMostDebited']).toBe(1.25);
    expect(values['salarySinceFailure 1']).toBe(1);
    expect(values['salarySinceFailure 5']).toBe(0);
    expect(values['daysSinceShort']).toBe(3);
  });

  it('leaves open what a first debit cannot know', () => {
    const values = valuesOf({ ...moment, attempt: 1, declineClass: null, failedAtMs: null, past: [] });
    for (const name of ['daysSinceFailure', 'salarySinceFailure 1', 'amountToUsual', 'daysSinceShort'])
      expect(values[name]).toBeNaN();
  });

  it('of a plan sees the failures that are imagined', () => {
    const next = { ...afterFailure(moment, 'funds'), slotAtMs: Date.parse('2026-03-06T14:00:00+05:30') };
    expect(valuesOf(next)).toMatchObject({
      attempt: 3,
      shortDebits: 2,
      daysSinceFailure: 4,
      'salarySinceFailure 5': 1,
    });
  });

  it('has one name for each feature and a hash of all of them', () => {
    expect(new Set(RETRY_FEATURES).size).toBe(RETRY_FEATURES.length);
    expect(retryFeatureHash()).toMatch(/^[0-9a-f]{64}$/);
  });
});
