import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { competingRisks, competingRisksFromJSON, isCompetingRisks } from '../../models/competing-risks.js';
import type { Model } from '../../models/contract.js';
import { modelFromJSON } from '../../models/learners.js';
import { logistic } from '../../models/logistic.js';
import { logit } from '../../models/sigmoid.js';
import { seededRandom } from '../../core/random.js';

/** Always says the same. */
function always(probability: number): Model {
  return {
    learner: 'always',
    featureNames: ['x'],
    predict: (frame) => new Float64Array(frame.rows).fill(probability),
    predictOne: () => probability,
    explain: () => Float64Array.of(0, logit(probability)),
    toJSON: () => ({}),
  };
}

const probability = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
const ROW = Float32Array.of(1);

describe('competing risks', () => {
  it('sum to the probability of churn and leave one for staying', () => {
    fc.assert(
      fc.property(probability, probability, (v, i) => {
        const model = competingRisks(always(v), always(i));
        const { voluntary, involuntary } = model.risksOne(ROW);
        expect(voluntary + involuntary).toBeCloseTo(model.predictOne(ROW), 12);
        expect(voluntary + involuntary).toBeLessThan(1);
        expect(voluntary / involuntary).toBeCloseTo(v / i, 6 - Math.ceil(Math.log10(v / i + 1)));
        if (v + i < 0.99) expect(voluntary).toBe(v);
      }),
    );
  });

  it('are explained by parts that sum to the log-odds of churn, and survive JSON', () => {
    const random = seededRandom(1);
    const x = Float32Array.from({ length: 400 }, () => random.normal());
    const frame = { rows: 400, names: ['x'], columns: [x], categorical: [] };
    const [v, i] = [1, -1].map((sign) =>
      logistic.fit(
        frame,
        Uint8Array.from(x, (value) => (random.unit() < 0.2 + 0.1 * Math.tanh(sign * value) ? 1 : 0)),
        { settings: logistic.defaults, seed: 1 },
      ),
    ) as [Model, Model];
    const model = competingRisks(v, i);
    const parts = model.explain(ROW);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(logit(model.predictOne(ROW)), 10);
    const again = modelFromJSON(JSON.parse(JSON.stringify(model.toJSON())));
    expect(isCompetingRisks(again)).toBe(true);
    expect(again.predict(frame)).toEqual(model.predict(frame));
    expect(model.predict(frame)[0]).toBe(model.predictOne(Float32Array.of(x[0]!)));
  });

  it('are not read from a model that lacks a cause', () => {
    expect(() => competingRisksFromJSON({ learner: 'competing-risks' }, modelFromJSON)).toThrow(
      /cause is missing/,
    );
  });
});
