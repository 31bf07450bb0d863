import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../../core/random.js';
import { CATEGORICAL_FEATURES, FEATURE_NAMES } from '../../../features/definitions.js';
import type { TrainingRows } from '../../../features/training-rows.js';
import { modelFromJSON } from '../../../models/learners.js';
import { aucRoc } from '../../../models/metrics.js';
import { fitFraudWith, FRAUD_LEARNERS, rowsFor } from '../../../models/tasks/fraud-learners.js';

/** Large amounts and risky counterparties are fraud; everything else is missing or noise. */
function sample(n: number): { rows: TrainingRows; y: Uint8Array } {
  const random = seededRandom(1);
  const filled = new Map(
    ['amount', 'counterpartyRisk30d', 'hourIst'].map((name) => [
      name,
      Float32Array.from({ length: n }, () => random.unit()),
    ]),
  );
  const nothing = new Float32Array(n).fill(NaN);
  const [amount, risk] = [filled.get('amount')!, filled.get('counterpartyRisk30d')!];
  return {
    rows: {
      frame: {
        rows: n,
        names: FEATURE_NAMES,
        columns: FEATURE_NAMES.map((name) => filled.get(name) ?? nothing),
        categorical: CATEGORICAL_FEATURES,
      },
      occurredAt: Float64Array.from(amount, (_, row) => row * 1000),
      sequence: Float64Array.from(amount, (_, row) => row),
      payer: Int32Array.from(amount, () => random.below(20)),
      amountPaise: Float64Array.from(amount),
      fraudKnownAt: new Float64Array(n).fill(NaN),
    },
    y: Uint8Array.from(amount, (value, row) => Number(value > 0.85 || risk[row]! > 0.9)),
  };
}

describe('the fraud task by another learner', () => {
  const { rows, y } = sample(200);

  it.each(FRAUD_LEARNERS)(
    '%s ranks frauds first, reports its progress and survives JSON',
    async (learner) => {
      const wide = rowsFor(learner, rows);
      let share = 0;
      const onProgress = (done: number, total: number): void => {
        expect(done / total).toBeGreaterThanOrEqual(share);
        share = done / total;
      };
      const model = await fitFraudWith(learner, wide, y, { seed: 1, onProgress });
      const fraudProbability = model.predict(wide.frame);
      expect(share).toBe(1);
      expect(aucRoc(y, fraudProbability)).toBeGreaterThan(0.9);
      const again = modelFromJSON(JSON.parse(JSON.stringify(model.toJSON())));
      expect(again.predict(wide.frame)).toEqual(fraudProbability);
    },
  );
});
