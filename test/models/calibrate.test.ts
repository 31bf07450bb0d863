import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { averageModels } from '../../models/average.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import { calibrateModel, fitCalibration, type Calibration } from '../../models/calibrate.js';
import type { Model } from '../../models/contract.js';
import { modelFromJSON } from '../../models/learners.js';
import { logistic } from '../../models/logistic.js';
import { calibrationError } from '../../models/metrics.js';
import { logit, sigmoid } from '../../models/sigmoid.js';
import { mixedSample, rowOf } from './frames.js';

describe('calibration', () => {
  it('pools adjacent violators into their means', () => {
    const y = Uint8Array.of(0, 1, 0, 0, 1, 1);
    const calibration = fitCalibration('isotonic', y, Float64Array.of(0.1, 0.2, 0.3, 0.4, 0.8, 0.9));
    expect(calibration.method === 'isotonic' && calibration.from).toEqual([
      0.1,
      expect.closeTo(0.3, 12),
      expect.closeTo(0.85, 12),
    ]);
    const honest = calibrated([0.3, 0.85, 0], calibration);
    expect(honest[0]).toBeCloseTo(1 / 3, 12);
    expect(honest[1]).toBeCloseTo(1 - 1 / 12, 12);
    expect(honest[2]).toBeCloseTo(1 / 12, 12);
  });

  it('never reverses two rows, by either method', () => {
    const block = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
      minLength: 2,
      maxLength: 60,
    });
    fc.assert(
      fc.property(block, fc.constantFrom('isotonic' as const, 'platt' as const), (rows, method) => {
        const y = Uint8Array.from(rows, ([, label], i) => (i === 0 ? 1 : i === 1 ? 0 : Number(label)));
        const probabilities = Float64Array.from(rows, ([p]) => p);
        const calibration = fitCalibration(method, y, probabilities);
        const answers = calibrated([0, ...probabilities.sort(), 1], calibration);
        answers.forEach((p, i) => {
          expect(p >= 0 && p <= 1).toBe(true);
          expect(i === 0 || p >= answers[i - 1]! - 1e-12).toBe(true);
        });
      }),
    );
  });

  it('recovers a known distortion with two parameters', () => {
    const { y, truth } = truths();
    const distorted = truth.map((p) => sigmoid((logit(p) - 1) / 2));
    const calibration = fitCalibration('platt', y, distorted);
    expect(calibration.method === 'platt' && calibration.slope).toBeCloseTo(2, 1);
    expect(calibration.method === 'platt' && calibration.shift).toBeCloseTo(1, 1);
  });

  it('makes distorted probabilities honest', () => {
    const { y, truth } = truths();
    const distorted = truth.map((p) => p ** 3);
    const calibration = fitCalibration('isotonic', y, distorted);
    expect(calibrationError(y, distorted)).toBeGreaterThan(0.15);
    expect(calibrationError(y, calibrated(distorted, calibration))).toBeLessThan(0.01);
  });

  it('refuses a block of one class', () => {
    expect(() => fitCalibration('platt', Uint8Array.of(0, 0), Float64Array.of(0.1, 0.2))).toThrow(
      /one class/,
    );
  });

  it('wraps an average of models that explains additively and survives JSON', () => {
    const { frame, y } = mixedSample(500, 1);
    const trees = boostedTrees.fit(frame, y, { settings: { ...boostedTrees.defaults, trees: 10 }, seed: 1 });
    const mean = averageModels([trees, logistic.fit(frame, y, { settings: logistic.defaults, seed: 1 })]);
    const model = calibrateModel(mean, fitCalibration('isotonic', y, mean.predict(frame)));
    const again = modelFromJSON(JSON.parse(JSON.stringify(model)));
    expect(again.predict(frame)).toEqual(model.predict(frame));
    const row = rowOf(frame, 5);
    expect(again.predictOne(row)).toBe(model.predict(frame)[5]);
    expect(again.explain(row).reduce((sum, part) => sum + part, 0)).toBeCloseTo(
      logit(model.predictOne(row)),
      9,
    );
  });

  it('names the learners it knows when a document is of another kind', () => {
    expect(() => modelFromJSON({ learner: 'oracle' })).toThrow(/"oracle"; known are boosted-trees, logistic/);
    expect(() => modelFromJSON(null)).toThrow(/no learner reads/);
  });
});

/** What a calibrated model says where the model itself says `probabilities`. */
function calibrated(probabilities: Iterable<number>, calibration: Calibration): Float64Array {
  const model: Model = {
    learner: 'sayings',
    featureNames: [],
    predict: () => Float64Array.from(probabilities),
    predictOne: () => NaN,
    explain: () => new Float64Array(1),
    toJSON: () => null,
  };
  return calibrateModel(model, calibration).predict({ rows: 0, names: [], columns: [], categorical: [] });
}

/** Every probability from 0.01 to 0.99, with outcomes in exactly that share. */
function truths(): { y: Uint8Array; truth: Float64Array } {
  const rows = Array.from({ length: 9900 }, (_, i) => ({
    p: (1 + Math.floor(i / 100)) / 100,
    place: i % 100,
  }));
  const y = Uint8Array.from(rows, ({ p, place }) => (place < Math.round(p * 100) ? 1 : 0));
  return { y, truth: Float64Array.from(rows, ({ p }) => p) };
}
