import { describe, expect, it } from '@jest/globals';
import { manualClock } from '../../core/clock.js';
import { seededRandom } from '../../core/random.js';
import { openDuckdb } from '../../core/duckdb.js';
import { TABLE_LEARNERS } from '../../models/auto/auto.js';
import { evaluateTable } from '../../models/evaluate-table.js';
import { readTable } from '../../models/table.js';
import type { Table } from '../../models/table.js';
import { describeIfShared } from '../support/skip.js';
import { synthetic } from './auto/synthetic.js';
import { mixedSample } from './frames.js';

const clock = manualClock(0);
const settings = { folds: 5, repeats: 1, seed: 1, budgetSeconds: 60, clock };

const plain = { time: null, group: null, weights: null, positive: '1', notes: [] };

function table(rows: number, seed: number): Table {
  return { ...mixedSample(rows, seed), ...plain };
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
  it('beats the base rate on rows it has not seen, with an interval around the estimate', async () => {
    const result = await evaluateTable(table(600, 1), { ...settings, folds: 2, learner: 'auto' });
    expect(result.aucRoc).toBeGreaterThan(0.78);
    expect(result.brier).toBeLessThan(result.baseline.brier);
    expect(result.baseline.aucRoc).toBe(0.5);
    expect(result.interval.aucRoc.low).toBeLessThan(result.aucRoc);
    expect(result.interval.aucRoc.high).toBeGreaterThan(result.aucRoc);
    expect([result.trainRows, result.testRows, result.splits]).toEqual([300, 300, 2]);
  });

  it('finds nothing where the labels are shuffled: no path leaks the answer', async () => {
    const original = table(4000, 2);
    const canary = { ...original, y: shuffledLabels(original.y, 3) };
    for (const learner of ['boosted-trees', 'logistic'] as const) {
      const { aucRoc } = await evaluateTable(canary, { ...settings, folds: 2, learner });
      expect(Math.abs(aucRoc - 0.5)).toBeLessThan(0.02);
    }
  });

  it('trains before the border of time and tests after it', async () => {
    const original = table(1000, 4);
    const at = Float64Array.from({ length: 1000 }, (_, row) => row);
    const result = await evaluateTable(
      { ...original, time: { at, testFrom: 700 } },
      { ...settings, learner: 'boosted-trees' },
    );
    expect([result.trainRows, result.testRows, result.splits]).toEqual([700, 300, 1]);
    const never = { at, testFrom: 1000 };
    await expect(
      evaluateTable({ ...original, time: never }, { ...settings, learner: 'auto' }),
    ).rejects.toThrow(/no row lies from/);
  });

  it.each(TABLE_LEARNERS)('with %s, gives no number that is not finite on odd tables', async (learner) => {
    for (const kind of ['empty columns', 'ten thousand categories'] as const) {
      const odd: Table = { ...synthetic(kind, 160, 7), ...plain };
      const result = await evaluateTable(odd, { ...settings, folds: 2, learner });
      // JSON writes NaN and infinities as null; only a candidate without budget may be null.
      const { search, ...rest } = result;
      expect(JSON.stringify(rest)).not.toContain('null');
      expect(search.flat().every(({ logLoss }) => logLoss !== null)).toBe(true);
    }
  });

  it('weighs rows in fitting, and draws whole groups for the intervals', async () => {
    const original = table(400, 8);
    const group = Int32Array.from({ length: 400 }, (_, row) => row >> 3);
    const request = { ...settings, folds: 2, learner: 'logistic' } as const;
    const weights = new Float32Array(400).fill(0.5);
    const even = await evaluateTable({ ...original, group }, request);
    const halved = await evaluateTable({ ...original, group, weights }, request);
    expect(halved.logLoss).not.toBe(even.logLoss);
    expect(even.interval.aucRoc.high).toBeGreaterThan(even.aucRoc);
  });

  it('refuses three rows with one sentence', async () => {
    const { frame } = mixedSample(3, 6);
    const tiny: Table = { frame, y: Uint8Array.of(1, 0, 0), ...plain };
    await expect(evaluateTable(tiny, { ...settings, learner: 'auto' })).rejects.toThrow(
      /rarer class has 1 rows, too few for 5 folds/,
    );
  });
});

describeIfShared('data/telco_churn.parquet', 'IBM Telco churn, three stratified folds', (file) => {
  it('is ranked and calibrated as well as the published logistic regressions and boosted trees', async () => {
    const db = await openDuckdb(':memory:', { threads: 1 });
    const telco = await readTable(db, { file, label: 'Churn', exclude: [] });
    db.close();
    const result = await evaluateTable(telco, { ...settings, folds: 3, learner: 'auto' });
    expect(result.aucRoc).toBeGreaterThan(0.847);
    expect(result.brier).toBeLessThan(0.1345);
  });
});
