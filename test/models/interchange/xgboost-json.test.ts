import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packageRoot } from '../../../core/package-root.js';
import { seededRandom } from '../../../core/random.js';
import { averageModels } from '../../../models/average.js';
import { calibrateModel } from '../../../models/calibrate.js';
import type { Model } from '../../../models/contract.js';
import { parseNumberJson } from '../../../models/interchange/number-json.js';
import { modelOver } from '../../../models/interchange/read-model-file.js';
import { xgboostJson } from '../../../models/interchange/xgboost-json.js';
import { readXgboost } from '../../../models/interchange/xgboost-model.js';
import { logistic } from '../../../models/logistic.js';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import { describeIf } from '../../support/skip.js';
import { mixedSample, rowOf } from '../frames.js';
import { farthest } from './fixtures.js';

const PLATT = { method: 'platt', slope: 0.8, shift: -0.3 } as const;

/** A small model of ours: numbers with gaps, categories, and thresholds that rows sit on. */
function fitted(seed: number, trees = 6): Model {
  const { frame, y } = mixedSample(500, seed);
  const settings = { ...boostedTrees.defaults, trees, maxLeaves: 8, minRowsPerLeaf: 5, minCategoryRows: 5 };
  return boostedTrees.fit(frame, y, { settings, seed });
}

/** Rows of the kind it was fitted on, rows of gaps, of codes it never saw and of its own thresholds. */
function rowsFor(model: Model, seed: number): Float32Array[] {
  const { frame } = mixedSample(60, seed + 1);
  const { threshold, feature } = JSON.parse(JSON.stringify(model.toJSON())) as {
    threshold?: (number | string)[];
    feature?: number[];
  };
  const random = seededRandom(seed);
  return Array.from({ length: 60 }, (_, i) => {
    const row = rowOf(frame, i);
    if (i % 3 === 0 && threshold !== undefined && feature !== undefined) {
      const node = random.below(threshold.length);
      const at = feature[node]!;
      if (at >= 0 && at !== 2 && Number.isFinite(Number(threshold[node]))) row[at] = Number(threshold[node]);
    }
    if (i % 7 === 0) row[2] = [12, 31, 32, 200, 700][i % 5]!;
    if (i % 5 === 0) row[i % 4] = NaN;
    return row;
  });
}

function imported(text: string, names: readonly string[]): Model {
  return modelOver(readXgboost(parseNumberJson(text), { allTrees: false }), names);
}

describe('an exported model', () => {
  it('predicts the same when it is imported again, whatever was fitted', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.constantFrom(1, 12), fc.boolean(), (seed, trees, isCalibrated) => {
        const inner = fitted(seed, trees);
        const model = isCalibrated ? calibrateModel(inner, PLATT) : inner;
        const again = imported(xgboostJson(model.toJSON()), model.featureNames);
        const rows = rowsFor(inner, seed);
        const [before, after] = [model, again].map((one) => rows.map((row) => one.predictOne(row)));
        expect(farthest(before!, after!)).toBeLessThan(1e-6);
      }),
      { numRuns: 12 },
    );
  });

  it('may be a mean of models in log-odds', () => {
    const mean = averageModels([fitted(1), calibrateModel(fitted(2), PLATT)]);
    const again = imported(xgboostJson(mean.toJSON()), mean.featureNames);
    const rows = rowsFor(mean, 3);
    expect(
      farthest(
        rows.map((row) => mean.predictOne(row)),
        rows.map((row) => again.predictOne(row)),
      ),
    ).toBeLessThan(1e-6);
  });

  it('keeps a bias that no probability of 32 bits can say', () => {
    const leaf = {
      learner: 'boosted-trees',
      featureNames: ['x'],
      bias: 30,
      roots: [],
      feature: [],
      kind: [],
    };
    const model = boostedTrees.fromJSON({
      ...leaf,
      threshold: [],
      right: [],
      value: [],
      rows: [],
      codes: {},
    });
    const again = imported(xgboostJson(model.toJSON()), ['x']);
    expect(again.explain(Float32Array.of(1))[1]).toBeCloseTo(30, 5);
  });

  it('is refused when it is no sum of trees', () => {
    const { frame, y } = mixedSample(200, 1);
    const line = logistic.fit(frame, y, { settings: logistic.defaults, seed: 1 });
    expect(() => xgboostJson(line.toJSON())).toThrow(/is of kind "logistic", which is no sum of trees/);
    const isotonic = { method: 'isotonic', from: [0.1, 0.9], to: [0.2, 0.8] } as const;
    expect(() => xgboostJson(calibrateModel(fitted(1), isotonic).toJSON())).toThrow(/by isotonic regression/);
    expect(() => xgboostJson({ ...(fitted(1).toJSON() as object), objective: 'squared' })).toThrow(
      /squared loss/,
    );
    expect(() => xgboostJson(null)).toThrow(/is of kind "undefined"/);
  });
});

/** Debian's python comes before one that somebody built, which has not its packages. */
const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import numpy, xgboost']).status === 0,
);

describeIf(python !== undefined, 'python3-xgboost is not installed', 'an exported model in XGBoost', () => {
  it.each([1, 2, 3])('predicts and explains the same as here (%i)', (seed) => {
    const inner = fitted(seed, 20);
    const model = seed === 2 ? calibrateModel(inner, PLATT) : inner;
    const rows = rowsFor(inner, seed);
    const script = path.join(packageRoot(), 'test', 'models', 'interchange', 'predict_xgboost.py');
    const table = rows.map((row) => Array.from(row, (value) => (Number.isNaN(value) ? null : value)));
    const input = JSON.stringify({ model: xgboostJson(model.toJSON()), rows: table });
    const { stdout, stderr } = spawnSync(python!, [script], { input, encoding: 'utf8' });
    expect(stderr).toBe('');
    const library = JSON.parse(stdout) as { predictions: number[]; contributions: number[][] };
    const here = rows.map((row) => model.predictOne(row));
    expect(farthest(library.predictions, here)).toBeLessThan(1e-6);
    if (seed === 2) return; // Calibrated, ours keeps the contributions of the model that was calibrated.
    const explained = rows.map((row, i) => farthest(library.contributions[i]!, [...model.explain(row)]));
    expect(Math.max(...explained)).toBeLessThan(1e-5);
  });
});
