import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDuckdb, type Duckdb } from '../../../core/duckdb.js';
import { createFold } from '../../../features/fold.js';
import { replayRows } from '../../../features/replay-rows.js';
import { fraudTarget } from '../../../features/training-rows.js';
import { DEFAULT_FOLD_SETTINGS } from '../../../features/vocabulary.js';
import type { Model } from '../../../models/contract.js';
import { readModelFile } from '../../../models/interchange/read-model-file.js';
import type { ModelFile } from '../../../models/interchange/read-model-file.js';
import { xgboostJson } from '../../../models/interchange/xgboost-json.js';
import { importFraud } from '../../../models/tasks/import-fraud.js';
import { boostedTrees } from '../../../models/trees/boosted-trees.js';
import { fixture } from '../interchange/fixtures.js';
import { compromisedCounters, DAY_MS, emptyTables, HISTORY_FROM } from './compromised-counters.js';

const DAYS = 150;
const AS_OF = HISTORY_FROM + DAYS * DAY_MS;
const MATURE = AS_OF - DEFAULT_FOLD_SETTINGS.maturityDays * DAY_MS;
const TRAINED_UNTIL = MATURE - 60 * DAY_MS;

let db: Duckdb;
let folder: string;
let file: ModelFile;
let elsewhere: Model;

/** A model that was fitted on the rows that the lake gives out, and came back as XGBoost's JSON. */
beforeAll(async () => {
  db = await openDuckdb(':memory:');
  folder = await mkdtemp(path.join(os.tmpdir(), 'hasivu-import-'));
  await emptyTables(db);
  await compromisedCounters(db, { days: DAYS, paymentsPerDay: 80, delayDays: 3 });
  const rows = await replayRows(db, createFold(), {
    fromMs: HISTORY_FROM,
    untilMs: TRAINED_UNTIL,
    knownUntilMs: TRAINED_UNTIL + 5 * DAY_MS,
  });
  const y = await fraudTarget(db, rows, TRAINED_UNTIL + 5 * DAY_MS);
  elsewhere = boostedTrees.fit(rows.frame, y, {
    settings: { ...boostedTrees.defaults, trees: 60 },
    seed: 1,
  });
  const name = path.join(folder, 'fraud.json');
  await writeFile(name, xgboostJson(elsewhere.toJSON()));
  file = await readModelFile(name, BEST);
});

afterAll(async () => {
  db.close();
  await rm(folder, { recursive: true });
});

const BEST = { allTrees: false };
const asked = { fileName: 'fraud.json', trainedUntilMs: TRAINED_UNTIL, asOfMs: AS_OF, seed: 1 };

describe('importing a fraud model', () => {
  it('judges it on newer payments only, calibrates it there and says where it came from', async () => {
    const { artefact, test } = await importFraud(db, { ...asked, file });
    expect(test.rows.occurredAt[0]).toBeGreaterThanOrEqual(MATURE - 28 * DAY_MS);
    expect(test.rows.occurredAt.at(-1)).toBeLessThan(MATURE);
    const { metrics, baseline, protocol } = artefact.evaluation;
    expect(Object.keys(metrics)).toEqual(Object.keys(baseline));
    expect(metrics['averagePrecision']).toBeGreaterThan(2 * baseline['averagePrecision']!);
    expect(protocol).toMatch(
      /imported and, as its importer says, fitted on payments up to 2026-\d\d-\d\d only/,
    );
    expect(artefact.training).toMatchObject({
      importedFrom: 'fraud.json',
      sha256: file.sha256,
      engine: 'XGBoost 1.7.4',
      trees: 60,
      to: new Date(TRAINED_UNTIL - 1).toISOString(),
    });
    const { blockFrom, reviewFrom } = artefact.policy as Record<string, number>;
    expect(blockFrom).toBeGreaterThanOrEqual(reviewFrom!);
    // Calibration keeps the order of the payments, which is the foreign model's; its file holds 32-bit numbers.
    const foreign = elsewhere.predict(test.rows.frame);
    const ascending = [...foreign.keys()].sort((a, b) => foreign[a]! - foreign[b]!);
    const calibrated = ascending.map((row) => test.fraudProbability[row]!);
    expect(Math.max(...calibrated.slice(1).map((p, i) => calibrated[i]! - p))).toBeLessThan(1e-6);
  });

  it('keeps what the payments that judged it looked like, for the watch', async () => {
    const { artefact, test } = await importFraud(db, { ...asked, file });
    const { features, score } = artefact.reference!;
    expect(features.columns.map(({ name }) => name)).toEqual(createFold().featureNames);
    expect(features.rows).toBeGreaterThan(test.y.length);
    expect(score.rows).toBe(test.y.length);
    for (const { counts } of features.columns)
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(features.rows);
  });

  it('uses the weeks that there are when fewer have passed', async () => {
    const { artefact, test } = await importFraud(db, {
      ...asked,
      file,
      trainedUntilMs: MATURE - 20 * DAY_MS,
    });
    expect(test.rows.occurredAt[0]).toBeGreaterThanOrEqual(MATURE - 10 * DAY_MS);
    expect(artefact.training).toMatchObject({ to: new Date(MATURE - 20 * DAY_MS - 1).toISOString() });
  });

  it('saves nothing that newer payments cannot judge', async () => {
    await expect(importFraud(db, { ...asked, file, trainedUntilMs: MATURE })).rejects.toThrow(
      /no payment after .* is old enough to have been reported as fraud; import newer payments and labels, or leave the newest 56 mature days out/,
    );
    await expect(importFraud(db, { ...asked, file, trainedUntilMs: MATURE - DAY_MS })).rejects.toThrow(
      /would calibrate the model, but \d+ of them are known to be fraud and 10 are needed/,
    );
  });

  it('refuses a model of other columns, and one that predicts no probability', async () => {
    const other = await readModelFile(fixture('lightgbm-binary.txt'), BEST);
    await expect(importFraud(db, { ...asked, file: other })).rejects.toThrow(
      /3 columns that are no features here: age, hour, ratio; train it on/,
    );
    const columns = ['amount', 'payerSum1d', 'hourIst', 'kmPerHour', 'weekdayIst', 'payerAmountToMedian'];
    const category = {
      ...(await readModelFile(fixture('xgboost-categories.ubj'), BEST)),
      featureNames: columns,
    };
    await expect(importFraud(db, { ...asked, file: category })).rejects.toThrow(
      /splits payerAmountToMedian as a category, but its values are no whole numbers/,
    );
    const number = await readModelFile(fixture('xgboost-squared.ubj'), BEST);
    await expect(importFraud(db, { ...asked, file: number })).rejects.toThrow(/fraud needs a probability/);
  });
});
