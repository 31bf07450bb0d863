import { describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { seededRandom } from '../../core/random.js';
import { openDuckdb } from '../../core/duckdb.js';
import { fitAuto } from '../../models/auto.js';
import { evaluateTable } from '../../models/evaluate-table.js';
import { readTable } from '../../models/table.js';
import type { Table } from '../../models/table.js';
import { describeIfShared } from '../support/skip.js';
import { mixedSample } from './frames.js';

const clock = manualClock(0);
const settings = { folds: 5, repeats: 1, seed: 1, clock };

function table(rows: number, seed: number): Table {
  return { ...mixedSample(rows, seed), time: null, positive: '1', notes: [] };
}

function shuffledLabels(y: Uint8Array, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const shuffled = y.slice();
  for (let i = shuffled.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [shuffled[i], shuffled[other]] = [shuffled[other]!, shuffled[i]!];
  }
  return shuffled;
}

describe('evaluating a table', () => {
  it('beats the base rate on rows it has not seen, with an interval around the estimate', () => {
    const result = evaluateTable(table(600, 1), { ...settings, folds: 2, learner: 'auto' });
    expect(result.aucRoc).toBeGreaterThan(0.78);
    expect(result.brier).toBeLessThan(result.baseline.brier);
    expect(result.baseline.aucRoc).toBe(0.5);
    expect(result.interval.aucRoc.low).toBeLessThan(result.aucRoc);
    expect(result.interval.aucRoc.high).toBeGreaterThan(result.aucRoc);
    expect([result.trainRows, result.testRows, result.splits]).toEqual([300, 300, 2]);
  });

  it('finds nothing where the labels are shuffled: no path leaks the answer', () => {
    const original = table(4000, 2);
    const canary = { ...original, y: shuffledLabels(original.y, 3) };
    for (const learner of ['boosted-trees', 'logistic'] as const) {
      const { aucRoc } = evaluateTable(canary, { ...settings, folds: 2, learner });
      expect(Math.abs(aucRoc - 0.5)).toBeLessThan(0.02);
    }
  });

  it('trains before the border of time and tests after it', () => {
    const original = table(1000, 4);
    const at = Float64Array.from({ length: 1000 }, (_, row) => row);
    const isTest = Uint8Array.from(at, (time) => Number(time >= 700));
    const result = evaluateTable(
      { ...original, time: { at, isTest } },
      { ...settings, learner: 'boosted-trees' },
    );
    expect([result.trainRows, result.testRows, result.splits]).toEqual([700, 300, 1]);
    const never = { at, isTest: new Uint8Array(1000) };
    expect(() => evaluateTable({ ...original, time: never }, { ...settings, learner: 'auto' })).toThrow(
      /no row lies from/,
    );
  });

  it('answers with the straight line when there are too few rows to choose by', () => {
    const { frame, y } = mixedSample(12, 5);
    expect(fitAuto(frame, y, { learner: 'auto', seed: 1 }).chosen).toMatch(/too few/);
    expect(
      fitAuto(frame, y, { learner: 'boosted-trees', seed: 1 }).model.predict(frame).every(Number.isFinite),
    ).toBe(true);
  });

  it('refuses three rows with one sentence', () => {
    const { frame } = mixedSample(3, 6);
    const tiny: Table = { frame, y: Uint8Array.of(1, 0, 0), time: null, positive: '1', notes: [] };
    expect(() => evaluateTable(tiny, { ...settings, learner: 'auto' })).toThrow(
      /rarer class has 1 rows, too few for 5 folds/,
    );
  });
});

describeIfShared('data/telco_churn.parquet', 'IBM Telco churn, three stratified folds', (file) => {
  it('is ranked and calibrated as well as the published logistic regressions and boosted trees', async () => {
    const db = await openDuckdb(':memory:', { threads: 1 });
    const telco = await readTable(db, { file, label: 'Churn', exclude: [] });
    db.close();
    const result = evaluateTable(telco, { ...settings, folds: 3, learner: 'auto' });
    expect(result.aucRoc).toBeGreaterThan(0.847);
    expect(result.brier).toBeLessThan(0.1345);
  });
});
