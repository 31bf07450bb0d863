import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openDuckdb, type Duckdb } from '../../../core/duckdb.js';
import { featureSetHash } from '../../../features/definitions.js';
import { DEFAULT_FOLD_SETTINGS } from '../../../features/vocabulary.js';
import { trainFraud } from '../../../models/tasks/train-fraud.js';
import { compromisedCounters, DAY_MS, emptyTables, HISTORY_FROM } from './compromised-counters.js';

const DAYS = 180;
const AS_OF = HISTORY_FROM + DAYS * DAY_MS;

let db: Duckdb;

beforeEach(async () => {
  db = await openDuckdb(':memory:');
  await emptyTables(db);
});

afterEach(() => db.close());

describe('training the fraud model', () => {
  it('is not tried without labels, and says so', async () => {
    expect(await trainFraud(db, { asOfMs: AS_OF, seed: 1 })).toEqual({
      outcome: 'too-few-labels',
      reason: 'no fraud labels have been imported',
    });
  });

  it('is not tried when the labels arrived only later', async () => {
    await compromisedCounters(db, { days: 5, paymentsPerDay: 40, delayDays: 10 });
    expect(await trainFraud(db, { asOfMs: HISTORY_FROM + 10 * DAY_MS, seed: 1 })).toMatchObject({
      outcome: 'too-few-labels',
      reason: 'no fraud labels have been imported',
    });
  });

  it('names the span that holds too few frauds', async () => {
    await compromisedCounters(db, { days: 60, paymentsPerDay: 10, delayDays: 3 });
    const training = await trainFraud(db, { asOfMs: HISTORY_FROM + 60 * DAY_MS, seed: 1 });
    expect(training).toEqual({
      outcome: 'too-few-labels',
      reason: 'the fit span holds 0 known frauds, at least 50 are needed; import more history or labels',
    });
  });

  it('ends in a model judged on the newest mature weeks only, beside approving everybody', async () => {
    await compromisedCounters(db, { days: DAYS, paymentsPerDay: 80, delayDays: 3 });
    const training = await trainFraud(db, { asOfMs: AS_OF, seed: 1 });
    if (training.outcome !== 'trained') throw new Error(training.reason);
    const { artefact, test } = training;
    const matureMs = AS_OF - DEFAULT_FOLD_SETTINGS.maturityDays * DAY_MS;
    expect(test.rows.occurredAt[0]).toBeGreaterThanOrEqual(matureMs - 28 * DAY_MS);
    expect(test.rows.occurredAt.at(-1)).toBeLessThan(matureMs);
    expect(artefact.featureSetHash).toBe(featureSetHash(DEFAULT_FOLD_SETTINGS));
    const { metrics, baseline } = artefact.evaluation;
    expect(Object.keys(metrics)).toEqual(Object.keys(baseline));
    expect(metrics['averagePrecision']).toBeGreaterThan(2 * baseline['averagePrecision']!);
    expect(metrics['valueSavedShare']).toBeGreaterThan(0);
    expect(metrics['valueSavedShare']).toBeLessThan(1);
    expect(baseline['valueSavedShare']).toBe(0);
    const { features, score } = artefact.reference!;
    expect(features.columns.map(({ name }) => name)).toEqual(artefact.model.featureNames);
    expect(score).toMatchObject({ rows: test.y.length, columns: [{ name: 'fraudProbability' }] });
    const { importance, drift } = artefact.evaluation;
    expect(importance![0]!.interval.low).toBeGreaterThan(0);
    expect(drift).toMatchObject({ rows: expect.any(Number), warning: null });
    const { blockFrom, reviewFrom } = artefact.policy as Record<string, number>;
    expect(blockFrom).toBeGreaterThanOrEqual(reviewFrom!);
  }, 180_000);
});
