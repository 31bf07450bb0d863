import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../../core/clock.js';
import { openDuckdb, type Duckdb } from '../../../core/duckdb.js';
import { evaluateFraud, type FraudEvaluation } from '../../../models/tasks/evaluate-fraud.js';
import type { FraudProtocol } from '../../../models/tasks/fraud-protocol.js';
import { compromisedCounters, DAY_MS, emptyTables, HISTORY_FROM } from './compromised-counters.js';

const PROTOCOL: FraudProtocol = {
  trainStartMs: HISTORY_FROM + 38 * DAY_MS,
  trainDays: 7,
  delayDays: 5,
  testDays: 6,
  historyDays: 21,
  folds: 2,
  stepDays: 4,
  seed: 1,
};

let db: Duckdb;
let evaluation: FraudEvaluation;

const evaluate = (changes: Partial<FraudProtocol>) =>
  evaluateFraud(db, { protocol: { ...PROTOCOL, ...changes }, clock: manualClock(0) });

beforeAll(async () => {
  db = await openDuckdb(':memory:');
  await emptyTables(db);
  await compromisedCounters(db, { days: 60, paymentsPerDay: 100, delayDays: PROTOCOL.delayDays });
  evaluation = await evaluate({});
}, 120_000);

afterAll(() => db.close());

describe('evaluating the fraud task', () => {
  it('trains and tests on exactly the rows of the protocol', async () => {
    for (const [k, fold] of evaluation.folds.entries()) {
      const startMs = PROTOCOL.trainStartMs - k * PROTOCOL.stepDays * DAY_MS;
      const { trainRows, trainFrauds, testRows, testFrauds } = fold;
      expect({ trainRows, trainFrauds, testRows, testFrauds }).toEqual(await protocolRows(startMs));
      expect(testFrauds).toBeGreaterThan(0);
    }
  });

  it('starts each fold the same number of days before the one before', () => {
    expect(evaluation.folds.map(({ trainFrom }) => trainFrom)).toEqual(['2026-02-08', '2026-02-04']);
    expect(evaluation.folds.map(({ testFrom }) => testFrom)).toEqual(['2026-02-20', '2026-02-16']);
  });

  it('ranks frauds far above the share that approving everybody reaches', () => {
    for (const { averagePrecision, aucRoc, baseline, interval, testFrauds, testRows } of evaluation.folds) {
      expect(baseline.averagePrecision).toBe(testFrauds / testRows);
      expect(averagePrecision).toBeGreaterThan(2 * baseline.averagePrecision);
      expect(aucRoc).toBeGreaterThan(0.7);
      expect(interval.averagePrecision.low).toBeGreaterThan(baseline.averagePrecision);
      expect(interval.averagePrecision.high).toBeGreaterThanOrEqual(averagePrecision);
    }
  });

  it('gives the mean of its folds', () => {
    const [first, second] = evaluation.folds;
    expect(evaluation.mean.averagePrecision).toBeCloseTo(
      (first!.averagePrecision + second!.averagePrecision) / 2,
      12,
    );
    expect(evaluation.mean.recallAtFpr['0.01']).toBeCloseTo(
      (first!.recallAtFpr['0.01'] + second!.recallAtFpr['0.01']) / 2,
      12,
    );
  });

  it('gives a fold the same figures whenever it is asked with the same seed', async () => {
    expect((await evaluate({ folds: 1 })).folds).toEqual(evaluation.folds.slice(0, 1));
  }, 120_000);

  it('looks at the newest fold when asked, without changing its figures', async () => {
    const inspect = { learningCurve: true, importance: true, drift: true };
    const inspected = await evaluateFraud(db, { protocol: PROTOCOL, clock: manualClock(0), inspect });
    expect(inspected.folds).toEqual(evaluation.folds);
    const [newest] = inspected.folds;
    const { rows, days } = inspected.learningCurve!;
    for (const curve of [rows, days]) {
      expect(curve.at(-1)!.newest.averagePrecision).toBe(newest!.averagePrecision);
      expect(curve.at(-1)!.trainRows).toBe(newest!.trainRows);
    }
    expect(days.map((point) => point.days)).toEqual([3, 5, 11, 21]);
    expect(inspected.importance![0]!.group).toBe('counterparty: reports of fraud');
    const shuffled = inspected.importance!.flatMap(({ features }) => features);
    expect(new Set(shuffled).size).toBe(shuffled.length);
    const { aucRoc, features } = inspected.drift!;
    expect(aucRoc).toBeLessThan(0.7);
    expect(features.map(({ feature }) => feature)).not.toContain('monthDayIst');
  }, 120_000);

  it.each([
    ['after', 400, /the training rows of the fold that starts 2027-02-05\S* hold no payments; choose/],
    ['before', -100, /the training rows of the fold that starts 2025-09-23\S* hold no payments; choose/],
    ['over the end of', 50, /the test rows of the fold that starts 2026-02-20\S* hold no payments; choose/],
  ])('says which fold lies %s the data', async (_where, day, message) => {
    const refused = evaluate({ folds: 1, trainStartMs: HISTORY_FROM + day * DAY_MS });
    await expect(refused).rejects.toMatchObject({
      kind: 'bad-input',
      code: 'fold-without-both-classes',
      message: expect.stringMatching(message),
    });
  });
});

/** The protocol said once more, in SQL: train | delay | test, first attempts only, known compromised payers left out. */
async function protocolRows(startMs: number): Promise<Record<string, number>> {
  const { trainDays, delayDays, testDays, historyDays } = PROTOCOL;
  const testStart = trainDays + delayDays;
  const rows = await db.rows<{ part: string; n: bigint; frauds: bigint }>(
    `WITH p AS (
       SELECT payer_id, floor((epoch_ms(occurred_at) - ${startMs}) / ${DAY_MS}) AS day,
         payment_id IN (SELECT payment_id FROM labels WHERE fraud) AS fraud
       FROM payments WHERE kind = 'payment'),
     parts AS (
       SELECT 'train' AS part, fraud FROM p WHERE day >= ${trainDays - historyDays} AND day < ${trainDays}
       UNION ALL
       SELECT 'test', fraud FROM p
       WHERE day >= ${testStart} AND day < ${testStart + testDays}
         AND NOT EXISTS (SELECT 1 FROM p AS known WHERE known.payer_id = p.payer_id AND known.fraud AND known.day >= 0
           AND (known.day < ${trainDays} OR known.day + ${delayDays} < p.day)))
     SELECT part, count(*) AS n, count(*) FILTER (fraud) AS frauds FROM parts GROUP BY part`,
  );
  const of = (wanted: string) => rows.find(({ part }) => part === wanted)!;
  return {
    trainRows: Number(of('train').n),
    trainFrauds: Number(of('train').frauds),
    testRows: Number(of('test').n),
    testFrauds: Number(of('test').frauds),
  };
}
