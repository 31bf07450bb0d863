import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../../core/random.js';
import { blendModels, fitBlend } from '../../models/blend.js';
import type { Frame } from '../../models/contract.js';
import { modelFromJSON } from '../../models/learners.js';
import { logistic } from '../../models/logistic.js';
import { logLoss } from '../../models/metrics.js';
import { logit, sigmoid } from '../../models/sigmoid.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import { mixedSample, rowOf } from './frames.js';

const only = (frame: Frame, names: readonly string[]): Frame => ({
  rows: frame.rows,
  names,
  columns: names.map((name) => frame.columns[frame.names.indexOf(name)]!),
  categorical: frame.categorical.filter((name) => names.includes(name)),
});

describe('a blend', () => {
  const { frame, y } = mixedSample(2000, 1);
  const test = mixedSample(1000, 2);
  const trees = boostedTrees.fit(only(frame, ['category', 'noise', 'amount']), y, {
    settings: { ...boostedTrees.defaults, trees: 20 },
    seed: 1,
  });
  const line = logistic.fit(only(frame, ['age', 'amount']), y, { settings: logistic.defaults, seed: 1 });
  const members = [trees, line];
  const weights = fitBlend(
    members.map((member) => member.predict(test.frame)),
    test.y,
  );
  const blend = blendModels(members, weights);

  it('is at least as good as its members on the rows that weighed it', () => {
    const loss = logLoss(test.y, blend.predict(test.frame));
    for (const member of members) expect(loss).toBeLessThan(logLoss(test.y, member.predict(test.frame)));
  });

  it('reads the features of all members, and predicts one row as it predicts a table', () => {
    expect(blend.featureNames).toEqual(['category', 'noise', 'amount', 'age']);
    const rows = only(test.frame, blend.featureNames);
    const expected = blend.predict(test.frame);
    for (let row = 0; row < 100; row++) expect(blend.predictOne(rowOf(rows, row))).toBe(expected[row]);
  });

  it('explains by the weighted contributions of its members, which sum to the log-odds', () => {
    const row = rowOf(only(test.frame, blend.featureNames), 3);
    const contributions = blend.explain(row);
    const sum = contributions.reduce((total, part) => total + part, 0);
    expect(Math.abs(sum - logit(blend.predictOne(row)))).toBeLessThan(1e-6);
    const [ofTrees, ofLine] = [trees.explain(row), line.explain(Float32Array.of(row[3]!, row[2]!))];
    expect(contributions[2]).toBeCloseTo(
      weights.weights[0]! * ofTrees[2]! + weights.weights[1]! * ofLine[1]!,
      10,
    );
  });

  it('survives JSON exactly', () => {
    const again = modelFromJSON(JSON.parse(JSON.stringify(blend.toJSON())));
    expect(again.predict(test.frame)).toEqual(blend.predict(test.frame));
    expect(() => modelFromJSON({ learner: 'blend', bias: 0, weights: [1], models: [] })).toThrow(/no blend/);
  });

  it('gives a member of noise no weight and equal members equal weights', () => {
    const random = seededRandom(4);
    const truth = Float64Array.from({ length: 5000 }, () => 2 * random.normal());
    const labels = Uint8Array.from(truth, (z) => Number(random.unit() < sigmoid(z)));
    const noise = truth.map(() => sigmoid(random.normal()));
    const good = truth.map(sigmoid);
    const [ofGood, ofNoise] = fitBlend([good, noise], labels).weights;
    expect(ofGood).toBeGreaterThan(0.85);
    expect(ofNoise).toBeLessThan(0.1);
    const [, ofContrary] = fitBlend([good, good.map((p) => 1 - p ** 3)], labels).weights;
    expect(ofContrary).toBe(0);
    const [first, second] = fitBlend([good, good], labels).weights;
    expect(first).toBeCloseTo(second!, 6);
  });

  it('counts a row as often as its weight says', () => {
    const rows = Int32Array.from({ length: 400 }, (_, k) => k % 300);
    const weights = Float32Array.from({ length: 300 }, (_, row) => (row < 100 ? 2 : 1));
    const predictions = members.map((member) => member.predict(test.frame));
    const repeated = fitBlend(
      predictions.map((all) => Float64Array.from(rows, (row) => all[row]!)),
      Uint8Array.from(rows, (row) => test.y[row]!),
    );
    const weighted = fitBlend(
      predictions.map((all) => all.slice(0, 300)),
      test.y.slice(0, 300),
      weights,
    );
    weighted.weights.forEach((weight, k) => expect(weight).toBeCloseTo(repeated.weights[k]!, 6));
  });

  it('stays finite for certain members, one class and few rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(0, 1e-300, 0.5, 1), fc.constantFrom(0, 0.3, 1), fc.boolean()), {
          maxLength: 12,
        }),
        (rows) => {
          const labels = Uint8Array.from(rows, ([, , isFraud]) => Number(isFraud));
          const predictions = [0, 1].map((k) => Float64Array.from(rows, (row) => Number(row[k])));
          const { bias, weights: found } = fitBlend(predictions, labels);
          expect([bias, ...found].every(Number.isFinite)).toBe(true);
        },
      ),
    );
  });
});
