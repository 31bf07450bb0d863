import { describe, expect, it } from '@jest/globals';
import { createSlotCounters } from '../../../features/retry/slot-counters.js';
import { RETRY_FEATURES } from '../../../features/retry/vector.js';
import type { RetryMoment } from '../../../features/retry/moment.js';
import { loadedEstimate } from '../../../models/retry/estimate.js';
import { logistic } from '../../../models/logistic.js';
import type { LoadedModel } from '../../../models/registry.js';

const HOUR = RETRY_FEATURES.indexOf('hour');

/** Knows the hour, and nothing else. */
function modelOfHours() {
  const columns = RETRY_FEATURES.map((_, k) =>
    Float32Array.from({ length: 240 }, (_value, row) => (k === HOUR ? row / 10 : 0)),
  );
  const y = Uint8Array.from({ length: 240 }, (_, row) => Number(row / 10 > 12 !== (row % 7 === 0)));
  const frame = { rows: 240, names: RETRY_FEATURES, columns, categorical: [] };
  return logistic.fit(frame, y, { settings: logistic.defaults, seed: 1 });
}

function loaded(policy: LoadedModel['policy']): LoadedModel {
  const model = modelOfHours();
  return { version: 'a'.repeat(64), model, policy } as unknown as LoadedModel; // What an estimate needs.
}

function at(hour: number): RetryMoment {
  return {
    method: 'upi',
    issuer: null,
    declineClass: 'funds',
    attempt: 2,
    failedAtMs: Date.parse('2026-03-01T08:00:00+05:30'),
    amountPaise: 100_000n,
    past: [],
    slotAtMs: Date.parse(`2026-03-03T00:00:00+05:30`) + hour * 3_600_000,
  };
}

describe('the estimate of a saved model', () => {
  it('gives one probability for each moment', () => {
    const estimate = loadedEstimate(loaded({ slotCounters: createSlotCounters().toJSON() as never }));
    const [morning, evening] = estimate([at(2), at(22)]);
    expect(morning).toBeLessThan(0.5);
    expect(evening).toBeGreaterThan(0.5);
    expect(estimate([])).toHaveLength(0);
  });

  it('is refused without its counters, or with damaged ones', () => {
    for (const policy of [null, {}, { slotCounters: { all: [1] } }, { slotCounters: { all: [1, -2] } }])
      expect(() => loadedEstimate(loaded(policy))).toThrow(/train retry anew/);
  });
});
