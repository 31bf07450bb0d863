import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { learningCurve, randomSamples, type LearningRequest } from '../../models/learning-curve.js';
import { averagePrecision } from '../../models/metrics.js';
import { takeLabels, takeRows } from '../../models/split.js';
import { boostedTrees } from '../../models/trees/boosted-trees.js';
import { mixedSample } from './frames.js';

const settings = { ...boostedTrees.defaults, trees: 40, earlyStoppingRounds: 0 };
const train = mixedSample(1200, 1);
const newest = mixedSample(800, 2);

function request(changes: Partial<LearningRequest> = {}): LearningRequest {
  return {
    train,
    newest,
    samples: randomSamples(train.y, [0.05, 0.3, 1], 1),
    fit: (rows) =>
      boostedTrees.fit(takeRows(train.frame, rows), takeLabels(train.y, rows), { settings, seed: 1 }),
    seed: 1,
    ...changes,
  };
}

describe('samples of a learning curve', () => {
  it('nest, keep the share of each class and end with every row', () => {
    const labels = fc.array(fc.constantFrom(0, 1), { maxLength: 60 });
    fc.assert(
      fc.property(labels, fc.integer({ min: 0, max: 99 }), (drawn, seed) => {
        const y = Uint8Array.from(drawn);
        const samples = randomSamples(y, [0.25, 0.5, 1], seed);
        for (const [k, { share, rows }] of samples.entries()) {
          expect([...rows]).toEqual([...new Set(rows)].sort((a, b) => a - b));
          for (const label of [0, 1]) {
            const all = y.filter((one) => one === label).length;
            expect(takeLabels(y, rows).filter((one) => one === label)).toHaveLength(Math.round(share * all));
          }
          const before = new Set(rows);
          expect(samples[k - 1]?.rows.every((row) => before.has(row)) ?? true).toBe(true);
        }
        expect(samples.at(-1)!.rows).toHaveLength(y.length);
      }),
    );
  });
});

describe('a learning curve', () => {
  it('shows less learned by heart and more that holds with more rows', async () => {
    const points = await learningCurve(request());
    expect(points.map(({ trainRows }) => trainRows)).toEqual([60, 360, 1200]);
    const [small, , whole] = points;
    const apart = (point: typeof small) => point!.train.averagePrecision - point!.newest.averagePrecision;
    expect(apart(whole)).toBeLessThan(apart(small));
    expect(whole!.newest.logLoss).toBeLessThan(small!.newest.logLoss);
    expect(small!.gain).toBeNull();
    expect(whole!.newest.interval.low).toBeLessThanOrEqual(whole!.newest.averagePrecision);
  });

  it('judges the last point as the model of all rows is judged, and says what the last step brought', async () => {
    const points = await learningCurve(request());
    const model = boostedTrees.fit(train.frame, train.y, { settings, seed: 1 });
    const precision = averagePrecision(newest.y, model.predict(newest.frame));
    expect(points.at(-1)!.newest.averagePrecision).toBe(precision);
    expect(points.at(-1)!.gain!.value).toBeCloseTo(precision - points.at(-2)!.newest.averagePrecision, 12);
  });

  it('leaves out a sample that holds one class only', async () => {
    const positives = Int32Array.from(train.y.keys()).filter((row) => train.y[row] === 1);
    const samples = [{ share: 0.1, rows: positives }, ...randomSamples(train.y, [1], 1)];
    expect((await learningCurve(request({ samples }))).map(({ share }) => share)).toEqual([1]);
  });
});
