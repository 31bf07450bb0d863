import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { manualClock } from '../../../core/clock.js';
import { openDuckdb, type Duckdb } from '../../../core/duckdb.js';
import { evaluateFraud, type FraudEvaluation } from '../../../models/tasks/evaluate-fraud.js';
import type { FraudProtocol } from '../../../models/tasks/fraud-protocol.js';
import { compromisedCounters, DAY_MS, emptyTables, HISTORY_FROM } from './compromised-counters.js';

const PROTOCOL: FraudProtocol = {
  trainStartMs: HISTORY_FROM + 34 * DAY_MS,
  trainDays: 7,
  delayDays: 6,
  testDays: 6,
  historyDays: 7,
  folds: 1,
  stepDays: 7,
  seed: 1,
};

let db: Duckdb;

/** The history with every fraud reported after `delayDays`. */
async function historyWith(delayDays: number): Promise<void> {
  db = await openDuckdb(':memory:');
  await emptyTables(db);
  await compromisedCounters(db, { days: 54, paymentsPerDay: 100, delayDays });
}

const evaluate = (protocol: FraudProtocol, labelDelaysDays?: number[]): Promise<FraudEvaluation> =>
  evaluateFraud(db, {
    protocol,
    clock: manualClock(0),
    inspect: labelDelaysDays === undefined ? {} : { labelDelaysDays },
  });

beforeEach(() => historyWith(PROTOCOL.delayDays));
afterEach(() => db.close());

describe('the curve of label delays', () => {
  it('judges each delay on the same days as if labels had come that fast, and says what a day costs', async () => {
    const { labelDelayCurve, folds } = await evaluate(PROTOCOL, [6, 1]);
    const [fast, own] = labelDelayCurve!;
    expect([fast!.delayDays, own!.delayDays]).toEqual([1, 6]);
    expect(fast!.averagePrecision).toBeGreaterThan(own!.averagePrecision);
    expect(fast!.dayCost).toBeNull();
    const { payments, recallAtFpr005, interval } = own!.dayCost!;
    expect(payments).toBeGreaterThan(0);
    expect(payments).toBeLessThanOrEqual(Math.min(fast!.testRows, own!.testRows));
    expect(interval.low).toBeLessThanOrEqual(recallAtFpr005);
    expect(interval.high).toBeGreaterThanOrEqual(recallAtFpr005);
    expect(await delaysOfLabels()).toEqual([PROTOCOL.delayDays]);

    db.close();
    await historyWith(1);
    const trainStartMs = PROTOCOL.trainStartMs + 5 * DAY_MS;
    const [expected] = (await evaluate({ ...PROTOCOL, delayDays: 1, trainStartMs })).folds;
    expect(expected!.testFrom).toBe(folds[0]!.testFrom);
    for (const [point, fold] of [
      [fast!, expected!],
      [own!, folds[0]!],
    ] as const) {
      const { trainRows, trainFrauds, testRows, testFrauds, aucRoc, averagePrecision, ...rest } = fold;
      const same = { trainRows, trainFrauds, testRows, testFrauds, aucRoc, averagePrecision };
      expect(point).toMatchObject({ ...same, recallAtFpr005: rest.recallAtFpr['0.005'] });
      expect(point.interval).toEqual(rest.interval);
    }
  }, 240_000);
});

async function delaysOfLabels(): Promise<number[]> {
  const found = await db.rows<{ days: number }>(
    `SELECT DISTINCT date_diff('day', p.occurred_at, l.known_at)::INTEGER AS days
     FROM labels l JOIN payments p USING (payment_id)`,
  );
  return found.map(({ days }) => days);
}
